/* body/row_panel.h at 16 lanes, as in avx512_row, but on any CPU; and its exponential. */
#include "fixture.h"
#include "row_lanes_emulated.h"

#include "body/row_panel.h"

static const lkv_kernel emulated = {
    .abi = LKV_KERNEL_ABI,
    .name = "emulated_row",
    .algorithm = "row",
    .isa = LKV_ISA_SCALAR,
    .operand_type = LKV_FLOAT32,
    .output_type = LKV_FLOAT32,
    .accum_type = LKV_FLOAT32,
    .factor_type = LKV_FLOAT32,
    .family = LKV_REASSOCIATED,
    .summary = "body/row_panel.h over 16 lanes in plain C",
    .source = "this test",
    .workspace_bytes = row_workspace_bytes,
    .attention = row_attention,
};

static void check_shape(size_t seq_len, size_t head_dim) {
  fixture f = fixture_make(1, seq_len, 1, head_dim, 7 * seq_len + head_dim);
  double *reference = naive(&f), *y = run(&emulated, &f, 1);
  assert_close(&emulated, &f.problem, y, reference, f.count, 1e-5);
  free(reference);
  free(y);
  fixture_free(&f);
}

static void agrees_with_the_definition(void **state) {
  static const size_t seq_len[] = {1, 2, 15, 16, 17, 33};
  static const size_t head_dim[] = {1, 7, 16, 17, 64};
  (void)state;
  for (size_t i = 0; i < sizeof seq_len / sizeof seq_len[0]; i++)
    for (size_t j = 0; j < sizeof head_dim / sizeof head_dim[0]; j++)
      check_shape(seq_len[i], head_dim[j]);
}

/* Up to, at and beyond the ends of chunks, where the prefix states come in. */
static void agrees_across_chunks(void **state) {
  (void)state;
  check_shape(ROW_CHUNK, 5);
  check_shape(ROW_CHUNK + 1, 17);
  check_shape(2 * ROW_CHUNK + 19, 3);
}

/* NaN in a later token leaves no trace, in its own panel or after the chunk's end. */
static void later_tokens_leave_no_trace(void **state) {
  (void)state;
  static const size_t seen[] = {1, 15, 16, ROW_CHUNK - 1, ROW_CHUNK, ROW_CHUNK + 3};
  const size_t d = 9;
  fixture f = fixture_make(1, ROW_CHUNK + 20, 1, d, 4);
  double *clean = run(&emulated, &f, 1);
  for (size_t s = 0; s < sizeof seen / sizeof seen[0]; s++) {
    fixture planted = fixture_copy(&f);
    for (int o = 0; o < LKV_OPERANDS; o++)
      for (size_t e = seen[s] * d; e < f.count; e++) planted.operand[o][e] = NAN;
    double *y = run(&emulated, &planted, 1);
    assert_same_bits(&emulated, y, clean, seen[s] * d);
    for (size_t e = seen[s] * d; e < f.count; e++) assert_true(isnan(y[e]));
    free(y);
    fixture_free(&planted);
  }
  free(clean);
  fixture_free(&f);
}

/* In units of the last place of `exact` as a float. */
static double ulps(float got, double exact) {
  const float nearest = (float)exact;
  const double ulp = (double)(nextafterf(nearest, INFINITY) - nearest);
  return fabs((double)got - exact) / ulp;
}

static void exp_is_good_to_one_ulp(void **state) {
  (void)state;
  double worst = 0;
  for (float x = -1e-8F; x > -104.5F; x = nextafterf(x * 1.00001F, -INFINITY)) {
    const double off = ulps(row_exp(row_set(x)).lane[3], exp((double)x));
    if (!(off <= worst)) worst = off;
  }
  if (!(worst <= 1)) fail_msg("off by %g ulp", worst);
}

static void exp_at_its_ends(void **state) {
  (void)state;
  assert_true(row_exp(row_zero()).lane[0] == 1);
  assert_true(row_exp(row_set(-INFINITY)).lane[0] == 0);
  assert_true(row_exp(row_set(-1e30F)).lane[0] == 0);
  assert_true(isnan(row_exp(row_set(NAN)).lane[0]));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agrees_with_the_definition),
      cmocka_unit_test(agrees_across_chunks),
      cmocka_unit_test(later_tokens_leave_no_trace),
      cmocka_unit_test(exp_is_good_to_one_ulp),
      cmocka_unit_test(exp_at_its_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
