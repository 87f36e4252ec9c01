/* Projections summed in float32 are X W but for rounding, in either gauge; an element
 * that is off by more than that is named, and what is not finite is beyond any bound. */
#include "projection.h"

#include <math.h>
#include <stdlib.h>

#include "../check.h"
#include "inputs.h"

enum { B = 2, T = 9, H = 2, D = 8, DIM = H * D, COUNT = B * T * DIM };

static double made[LKV_OPERANDS][COUNT];
static const double *const view[LKV_OPERANDS] = {made[0], made[1], made[2], made[3],
                                                 made[4], made[5], made[6]};

/* X W in float32, summed backwards where `backwards`. */
static void project(const lin_case *c, bool backwards) {
  const float *x = c->x.data;
  for (int o = 0; o < LKV_OPERANDS; o++) {
    const float *w = c->operand[o].data;
    for (size_t i = 0; i < COUNT; i++) {
      float sum = 0;
      for (size_t k = 0; k < DIM; k++) {
        const size_t at = backwards ? DIM - 1 - k : k;
        sum += x[i / DIM * DIM + at] * w[at * DIM + i % DIM];
      }
      made[o][i] = sum;
    }
  }
}

static projection_verdict judge(const lin_case *c) {
  projection_verdict v;
  error err;
  EXPECT_OK(projection_judge(c, precision_throughout(LKV_FLOAT32), view, &v, &err), &err);
  return v;
}

static void rounding_is_granted_and_no_more(void **state) {
  (void)state;
  const lkv_problem p = {
      .batch = B, .seq_len = T, .heads = H, .head_dim = D, .eps = 1e-6};
  static const char *const regimes[] = {"gaussian", "positive", "cancelling"};
  for (size_t r = 0; r < COUNT_OF(regimes); r++) {
    lin_case c;
    error err;
    EXPECT_OK(inputs_make(regime_find(regimes[r]), 1, LKV_STAGE_BLOCK, &p, &c, &err),
              &err);
    for (int backwards = 0; backwards < 2; backwards++) {
      project(&c, backwards);
      const projection_verdict v = judge(&c);
      assert_true(v.r_stat_max > 1e-3 && v.r_stat_max < 1);
      assert_true(v.r_det_max > 1e-3 && v.r_det_max <= v.r_stat_max);
    }
    made[5][(T + 3) * DIM + 7] += 1e-4;
    const projection_verdict v = judge(&c);
    assert_true(v.r_stat_max > 1 && v.r_det_max > 1);
    assert_int_equal(v.operand, 5);
    assert_int_equal(v.row, T + 3);
    assert_int_equal(v.column, 7);
    made[2][0] = NAN;
    assert_true(isinf(judge(&c).r_stat_max) && judge(&c).operand == 2);
    case_free(&c);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rounding_is_granted_and_no_more)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
