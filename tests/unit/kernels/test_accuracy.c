/* Logits that are large or infinite: what every kernel makes of them. The rest of
 * accuracy is the oracle's: `linkv verify`. Arguments: the name of one kernel to test, or
 * none for all. */
#include "fixture.h"

#define TOLERANCE 1e-5

/* Logits of thousands: the weights saturate, and only a shifted softmax stays finite. */
static void test_large_logits(void **state) {
  (void)state;
  fixture f = fixture_make(1, 20, 1, 8, 5);
  for (size_t i = 0; i < f.count; i++) f.operand[LKV_Q][i] *= 3000;
  f.problem.tile_q = f.problem.tile_k = 4;
  for (size_t k = 0; k < lkv_kernel_count(); k++) {
    const lkv_kernel *kernel = lkv_kernel_at(k);
    if (!runs(kernel, &f.problem)) continue;
    double *y = run(kernel, &f, 1);
    for (size_t i = 0; i < f.count; i++)
      if (!isfinite(y[i])) fail_msg("%s: element %zu is %g", kernel->name, i, y[i]);
    free(y);
  }
  fixture_free(&f);
}

/* At t = 1 one token's denominator is exactly 0 and its logit sign * infinity; the
 * other's is finite. */
static fixture infinite_logit(size_t token, float sign) {
  fixture f = fixture_make(1, 2, 1, 2, 9);
  f.problem.eps = 0;
  f.problem.tile_q = f.problem.tile_k = 1;
  const float kk[4] = {2, 1, 1, 2}, vk[4] = {0, 0, 1, 1};
  for (size_t i = 0; i < 4; i++) {
    f.operand[LKV_Q][i] = sign;
    f.operand[LKV_QK][i] = 1;
    f.operand[LKV_KK][i] = kk[i];
    f.operand[LKV_VK][i] = vk[i];
  }
  f.operand[LKV_QK][2 * token + 1] = -1; /* (1, -1) . (3, 3) = 0 */
  return f;
}

/* A weight of exactly 0 leaves the row finite, whichever tile it comes in. */
static void test_minus_infinity(void **state) {
  (void)state;
  for (size_t token = 0; token < 2; token++) {
    fixture f = infinite_logit(token, 1);
    double expected[2];
    naive_effective(&f, LKV_QV, LKV_KV, LKV_VV, 0, 0, 1, 1 - token, expected);
    for (size_t k = 0; k < lkv_kernel_count(); k++) {
      const lkv_kernel *kernel = lkv_kernel_at(k);
      if (!runs(kernel, &f.problem)) continue;
      double *y = run(kernel, &f, 1);
      assert_close(kernel, &f.problem, y + 2, expected, 2, TOLERANCE);
      free(y);
    }
    fixture_free(&f);
  }
}

/* The softmax of a row with +infinity is NaN. */
static void test_plus_infinity(void **state) {
  (void)state;
  for (size_t token = 0; token < 2; token++) {
    fixture f = infinite_logit(token, -1);
    for (size_t k = 0; k < lkv_kernel_count(); k++) {
      const lkv_kernel *kernel = lkv_kernel_at(k);
      if (!runs(kernel, &f.problem)) continue;
      double *y = run(kernel, &f, 1);
      for (size_t c = 2; c < 4; c++)
        if (!isnan(y[c])) fail_msg("%s: token %zu: %g", kernel->name, token, y[c]);
      free(y);
    }
    fixture_free(&f);
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_large_logits),
      cmocka_unit_test(test_minus_infinity),
      cmocka_unit_test(test_plus_infinity),
  };
  const int unfit = select_kernel(argc, argv);
  if (unfit) return unfit;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
