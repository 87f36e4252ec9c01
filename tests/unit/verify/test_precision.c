/* Kernels of bfloat16: what the bound allows them, and what it does not. */
#include "precision.h"

#include <math.h>
#include <stdlib.h>

#include "../check.h"
#include "bounds_set.h"
#include "inputs.h"
#include "linkv/bfloat16.h"
#include "reference.h"
#include "verdict.h"

static lin_case positive_case(lkv_stage stage) {
  const lkv_problem shape = {
      .batch = 1, .seq_len = 40, .heads = 2, .head_dim = 16, .eps = 1e-6};
  lin_case c;
  error err;
  EXPECT_OK(inputs_make(regime_find("positive"), 3, stage, &shape, &c, &err), &err);
  return c;
}

/* The verdict on the oracle's output times 1 + `error`, every other element 1 - `error`.
 */
static verdict verdict_on(const lin_case *c, const bounds *b, double relative) {
  const size_t count = b->rows * b->head_dim;
  double *y = calloc(count, sizeof *y);
  verdict v;
  error err;
  assert_non_null(y);
  for (size_t e = 0; e < count; e++)
    y[e] = b->y[e] * (1 + (e % 2 ? relative : -relative));
  EXPECT_OK(verdict_of(&c->problem, LKV_FLOAT32, b, y, NULL, &v, &err), &err);
  free(y);
  return v;
}

static void bfloat16_is_allowed_its_roundings_and_no_more(void **state) {
  (void)state;
  lin_case c = positive_case(LKV_STAGE_ATTENTION);
  bounds_set set = {.given = &c};
  error err;
  const bounds *b = bounds_set_get(&set, precision_throughout(LKV_BFLOAT16), &err);
  assert_non_null(b);
  assert_int_equal(verdict_on(&c, b, 0).kind, VERDICT_OK);
  assert_int_equal(verdict_on(&c, b, 0x1p-9).kind, VERDICT_OK);
  const verdict wrong = verdict_on(&c, b, 0.03);
  assert_int_equal(wrong.kind, VERDICT_WRONG);
  assert_true(wrong.count[JUDGED_WRONG] + wrong.count[JUDGED_WRONG_STATISTICAL] > 70);
  const bounds *narrow = bounds_set_get(&set, precision_throughout(LKV_FLOAT32), &err);
  assert_non_null(narrow);
  assert_int_equal(verdict_on(&c, narrow, 0x1p-9).kind, VERDICT_WRONG);
  assert_ptr_equal(bounds_set_get(&set, precision_throughout(LKV_BFLOAT16), &err), b);
  bounds_set_free(&set);
  case_free(&c);
}

static double rounded(double x) {
  return (double)lkv_bfloat16_widen(lkv_bfloat16_round_f64(x));
}

/* One token of one component: y is a quotient of two rounded states, rounded as a value.
 * det grants each rounding all it may err by, so that no operand brings a kernel beyond
 * it; some bring one beyond what half of it would grant. */
static void det_holds_the_worst_rounding_of_factors(void **state) {
  (void)state;
  enum { CASES = 4096 };
  const lkv_problem shape = {
      .batch = CASES, .seq_len = 1, .heads = 1, .head_dim = 1, .eps = 0};
  const precision of = {LKV_FLOAT32, LKV_FLOAT32, LKV_BFLOAT16};
  lin_case c;
  bounds b;
  error err;
  double worst = 0;
  EXPECT_OK(
      inputs_make(regime_find("positive"), 1, LKV_STAGE_ATTENTION, &shape, &c, &err),
      &err);
  float *qv = c.operand[LKV_QV].data, *kv = c.operand[LKV_KV].data;
  float *vv = c.operand[LKV_VV].data;
  for (size_t i = 0; i < CASES; i++) {
    qv[i] = 1;
    kv[i] = 1 + (float)(i % 64) * 0x1p-9F;
    vv[i] = 1 + (float)(i / 64) * 0x1p-9F;
  }
  EXPECT_OK(reference_bounds(&c, of, SAMPLE_ALL, &b, &err), &err);
  for (size_t i = 0; i < CASES; i++) {
    const double s_v = rounded((double)kv[i] * (double)vv[i]),
                 z_v = rounded((double)kv[i]);
    const double moved = fabs(rounded(s_v / z_v) - b.y[i]);
    assert_true(moved <= b.det[i]);
    worst = fmax(worst, moved / fabs(b.y[i]));
  }
  assert_true(worst > 4 * 0x1.01p-9);
  bounds_free(&b);
  case_free(&c);
}

/* Operands that are bfloat16, with and without factors that are. */
static void rounding_factors_widens_the_bound(void **state) {
  (void)state;
  lin_case c = positive_case(LKV_STAGE_ATTENTION);
  bounds_set set = {.given = &c};
  error err;
  const precision exact = {LKV_BFLOAT16, LKV_FLOAT32, LKV_FLOAT32};
  const bounds *a = bounds_set_get(&set, exact, &err);
  const bounds *b = bounds_set_get(&set, precision_throughout(LKV_BFLOAT16), &err);
  assert_non_null(a);
  assert_non_null(b);
  for (size_t e = 0; e < a->rows * a->head_dim; e++) {
    assert_true(a->y[e] == b->y[e]); /* of the same rounded operands */
    assert_true(a->stat[e] < b->stat[e] && a->det[e] < b->det[e]);
  }
  bounds_set_free(&set);
  case_free(&c);
}

/* The block stage's operands are rounded after they are projected. */
static void rounding_projections_widens_the_bound(void **state) {
  (void)state;
  lin_case c = positive_case(LKV_STAGE_BLOCK);
  bounds_set set = {.given = &c};
  error err;
  const precision stored = {LKV_BFLOAT16, LKV_FLOAT32, LKV_FLOAT32};
  const bounds *a = bounds_set_get(&set, precision_throughout(LKV_FLOAT32), &err);
  const bounds *b = bounds_set_get(&set, stored, &err);
  assert_non_null(a);
  assert_non_null(b);
  for (size_t e = 0; e < a->rows * a->head_dim; e++) {
    assert_true(a->y[e] == b->y[e]);
    assert_true(a->stat[e] < b->stat[e]);
  }
  bounds_set_free(&set);
  case_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bfloat16_is_allowed_its_roundings_and_no_more),
      cmocka_unit_test(det_holds_the_worst_rounding_of_factors),
      cmocka_unit_test(rounding_factors_widens_the_bound),
      cmocka_unit_test(rounding_projections_widens_the_bound),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
