/* Results are finite wherever the oracle's are: products of four operands that float32
 * has no room for, in quotients that it has. Arguments: the name of one kernel to test,
 * or none for all. */
#include "fixture.h"

#define TOLERANCE 1e-4

static bool is_finite(const double *y, size_t count) {
  double sum = 0;
  for (size_t e = 0; e < count; e++) sum += y[e] * 0;
  return sum == 0;
}

/* y is near the definition's in float64. */
static void check(const fixture *f, const char *what) {
  double *expected = naive(f);
  assert_true(is_finite(expected, f->count));
  for (size_t k = 0; k < lkv_kernel_count(); k++) {
    const lkv_kernel *kernel = lkv_kernel_at(k);
    if (!runs(kernel, &f->problem) || kernel->factor_type == LKV_BFLOAT16 ||
        strncmp(kernel->name, "blas_", 5) == 0)
      continue;
    double *y = run(kernel, f, 1);
    if (!is_finite(y, f->count)) fail_msg("%s: %s: not finite", kernel->name, what);
    assert_close(kernel, &f->problem, y, expected, f->count, TOLERANCE);
    free(y);
  }
  free(expected);
}

/* Numerators over the largest number, moderate logits. */
static void test_large_numerators(void **state) {
  (void)state;
  fixture f = fixture_make(1, 50, 1, 17, 71);
  f.problem.tile_q = f.problem.tile_k = 16;
  for (size_t e = 0; e < f.count; e++) {
    f.operand[LKV_QK][e] *= 0x1p60F;
    f.operand[LKV_KK][e] *= 0x1p60F;
    f.operand[LKV_Q][e] *= 4;
  }
  check(&f, "QK and KK times 2^60");
  fixture_free(&f);
}

/* Logits of 2^62 and more: one-hot weights. */
static void test_large_logits(void **state) {
  (void)state;
  fixture f = fixture_make(1, 50, 1, 17, 72);
  f.problem.tile_q = f.problem.tile_k = 16;
  for (int o = 0; o < LKV_OPERANDS; o++)
    for (size_t e = 0; e < f.count; e++) f.operand[o][e] *= 0x1p31F;
  check(&f, "operands times 2^31");
  fixture_free(&f);
}

/* Q times log2 e is over the largest number. */
static void test_largest_queries(void **state) {
  (void)state;
  fixture f = fixture_make(1, 50, 1, 17, 73);
  f.problem.tile_q = f.problem.tile_k = 16;
  for (size_t e = 0; e < f.count; e++) {
    f.operand[LKV_Q][e] = copysignf(0x1.fp127F, f.operand[LKV_Q][e]);
    f.operand[LKV_VK][e] *= 0x1p-126F;
  }
  check(&f, "the largest queries");
  fixture_free(&f);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_large_numerators),
      cmocka_unit_test(test_large_logits),
      cmocka_unit_test(test_largest_queries),
  };
  const int unfit = select_kernel(argc, argv);
  if (unfit) return unfit;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
