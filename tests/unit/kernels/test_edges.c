/* What kernels of one algorithm promise at its edges; the laws that hold for every kernel
 * are those of `linkv verify --laws`. Arguments: the name of one kernel to test, or none
 * for all. */
#include "fixture.h"

#define TOLERANCE 1e-5

/* Nearly one-hot weights: what a sparse kernel leaves out changes no bit. */
static void check_sparse(const char *sparse_name, const char *dense_name, float scale) {
  const lkv_kernel *sparse = lkv_kernel_find(sparse_name);
  const lkv_kernel *dense = lkv_kernel_find(dense_name);
  fixture f = fixture_make(1, 200, 1, 24, 41);
  for (size_t e = 0; e < f.count; e++) f.operand[LKV_Q][e] *= scale;
  if (runs(sparse, &f.problem)) {
    double *expected = run(dense, &f, 1), *y = run(sparse, &f, 1);
    assert_same_bits(sparse, y, expected, f.count);
    free(expected);
    free(y);
  }
  fixture_free(&f);
}

static void test_sparse_is_dense(void **state) {
  static const float scale[] = {0, 1, 30, 300, 3000, 1e6F};
  (void)state;
  for (size_t i = 0; i < sizeof scale / sizeof scale[0]; i++) {
    check_sparse("avx2_tile_sparse", "avx2_tile", scale[i]);
    check_sparse("avx512_tile_sparse", "avx512_tile", scale[i]);
  }
}

/* Values near the largest number: each y_t is about their mean and stays finite. */
static void test_values_near_the_largest(void **state) {
  (void)state;
  fixture f = fixture_make(1, 40, 1, 8, 51);
  f.problem.tile_q = f.problem.tile_k = 16;
  for (size_t e = 0; e < f.count; e++) {
    f.operand[LKV_Q][e] = 0;
    f.operand[LKV_QV][e] = f.operand[LKV_KV][e] = 0x1p-8F;
    f.operand[LKV_VV][e] = 0x1.8p126F;
  }
  f.problem.eps = 0;
  for (size_t k = 0; k < lkv_kernel_count(); k++) {
    const lkv_kernel *kernel = lkv_kernel_at(k);
    if (!kernel->blocks || !runs(kernel, &f.problem)) continue;
    const double tolerance =
        kernel->operand_type == LKV_BFLOAT16 ? BFLOAT16_TOLERANCE : TOLERANCE;
    double *y = run(kernel, &f, 1);
    for (size_t e = 0; e < f.count; e++)
      if (!(fabs(y[e] / 0x1.8p126 - 1) < tolerance))
        fail_msg("%s: element %zu is %g", kernel->name, e, y[e]);
    free(y);
  }
  fixture_free(&f);
}

/* A head among so many that its rows lie pages apart has the bits of one alone. */
static void test_rows_pages_apart(void **state) {
  enum { HEADS = 72, HEAD = 5 };
  (void)state;
  fixture f = fixture_make(1, 70, HEADS, 17, 61), one = fixture_make(1, 70, 1, 17, 1);
  f.problem.tile_q = one.problem.tile_q = 16;
  f.problem.tile_k = one.problem.tile_k = 24;
  const size_t d = f.problem.head_dim, rows = f.problem.seq_len;
  for (int o = 0; o < LKV_OPERANDS; o++)
    for (size_t t = 0; t < rows; t++)
      memcpy(one.operand[o] + t * d, f.operand[o] + index_of(&f.problem, 0, t, HEAD, 0),
             d * sizeof(float));
  for (size_t k = 0; k < lkv_kernel_count(); k++) {
    const lkv_kernel *kernel = lkv_kernel_at(k);
    if (!kernel->blocks || !runs(kernel, &f.problem)) continue;
    double *y = run(kernel, &f, 1), *alone = run(kernel, &one, 1);
    for (size_t t = 0; t < rows; t++)
      assert_same_bits(kernel, y + index_of(&f.problem, 0, t, HEAD, 0), alone + t * d, d);
    free(y);
    free(alone);
  }
  fixture_free(&f);
  fixture_free(&one);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sparse_is_dense),
      cmocka_unit_test(test_values_near_the_largest),
      cmocka_unit_test(test_rows_pages_apart),
  };
  const int unfit = select_kernel(argc, argv);
  if (unfit) return unfit;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
