#include "metrics.h"

#include <float.h>
#include <math.h>

#include "../check.h"

/* One row of `columns`. */
static metrics of_row(size_t columns, lkv_dtype type, const double *y,
                      const double *oracle) {
  const lkv_problem shape = {.batch = 1, .seq_len = 1, .heads = 1, .head_dim = columns};
  return metrics_of(&shape, type, y, oracle);
}

static metrics of_one(lkv_dtype type, double y, double oracle) {
  return of_row(1, type, &y, &oracle);
}

static void every_field_by_hand(void **state) {
  (void)state;
  const lkv_problem shape = {.batch = 2, .seq_len = 1, .heads = 2, .head_dim = 2};
  const double oracle[] = {3, -4, 0, 12, 0.5, 0.25, 100, 0};
  const double y[] = {3, -3.5, 0, 12, 0.375, 0.25, 101, 0.25};
  const metrics m = metrics_of(&shape, LKV_FLOAT32, y, oracle);
  assert_true(m.max_abs == 1);
  assert_true(m.max_rel == 0.25); /* 0.125 of 0.5, before 0.5 of 4 and 1 of 100 */
  assert_true(m.max_oracle == 100);
  const double errors = 0.25 + 0.015625 + 1 + 0.0625;
  const double squares = 9 + 16 + 144 + 0.25 + 0.0625 + 10000;
  assert_true(fabs(m.rms_rel - sqrt(errors / squares)) <= 1e-15);
  assert_true(m.max_ulp == 0.25 * 0x1p149); /* of the oracle's 0 */
  assert_int_equal(m.compared, 8);
  assert_int_equal(m.nonfinite, 0);
  assert_int_equal(m.oracle_nonfinite, 0);
  const element worst = {1, 0, 0, 0};
  assert_memory_equal(&m.worst, &worst, sizeof worst);
  assert_true(m.worst_output == 0.375 && m.worst_oracle == 0.5);
}

static void equal_outputs_have_no_error(void **state) {
  (void)state;
  const double y[] = {-0.0, 1, FLT_MAX, 0x1p-149};
  const metrics m = of_row(4, LKV_FLOAT32, y, y);
  assert_true(m.max_abs == 0 && m.max_rel == 0 && m.rms_rel == 0 && m.max_ulp == 0);
  assert_true(m.max_oracle == FLT_MAX);
  assert_true(m.worst_output == 0 && m.worst_oracle == 0);
}

static void signs_of_zero_are_equal(void **state) {
  (void)state;
  const double y[] = {0.0, -0.0}, oracle[] = {-0.0, 0.0};
  const metrics m = of_row(2, LKV_FLOAT32, y, oracle);
  assert_true(m.max_abs == 0 && m.max_rel == 0 && m.rms_rel == 0 && m.max_ulp == 0);
}

static void an_error_in_a_row_of_zeros_is_infinite(void **state) {
  (void)state;
  const metrics m = of_one(LKV_FLOAT32, 0x1p-140, 0);
  assert_true(m.max_abs == 0x1p-140);
  assert_true(isinf(m.max_rel) && isinf(m.rms_rel));
  assert_true(m.max_ulp == 0x1p9);
  assert_int_equal(m.nonfinite, 0);
}

/* {oracle, its last place}: binade by binade, at their edges, below the normal numbers.
 */
static void units_in_the_last_place(void **state) {
  (void)state;
  static const struct {
    double oracle, place;
  } known[] = {
      {1, 0x1p-23},           {-1.5, 0x1p-23},      {0x1.fffffep-1, 0x1p-24},
      {1 - 0x1p-30, 0x1p-23}, /* rounds to 1 */
      {2, 0x1p-22},           {0x1p-126, 0x1p-149}, {0x1.8p-130, 0x1p-149},
      {1e-60, 0x1p-149},      {0, 0x1p-149},        {0x1.fffffep127, 0x1p104},
  };
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    const double step = known[i].oracle > 0 ? -8 : 8;
    const double y = known[i].oracle + step * known[i].place;
    const metrics m = of_one(LKV_FLOAT32, y, known[i].oracle);
    if (m.max_ulp != fabs(y - known[i].oracle) / known[i].place)
      fail_msg("%zu: %a is %g ulp from %a", i, y, m.max_ulp, known[i].oracle);
  }
}

/* float64 is the oracle's own type: it does not know its last place. */
static void no_units_in_the_last_place_of_float64(void **state) {
  (void)state;
  assert_true(isnan(of_one(LKV_FLOAT64, 1.5, 1).max_ulp));
}

/* What is finite in float64 alone is an infinity to a float32 kernel. */
static void an_oracle_beyond_the_type_is_not_compared(void **state) {
  (void)state;
  const double oracle[] = {1e39, 2, -1e200}, y[] = {INFINITY, 2.5, -INFINITY};
  const metrics narrow = of_row(3, LKV_FLOAT32, y, oracle);
  assert_int_equal(narrow.compared, 1);
  assert_int_equal(narrow.oracle_nonfinite, 2);
  assert_int_equal(narrow.nonfinite + narrow.swallowed, 0);
  assert_true(narrow.max_rel == 0.25);
  assert_int_equal(of_row(3, LKV_FLOAT64, y, oracle).nonfinite, 2);
}

static void a_finite_output_for_a_nan_is_counted(void **state) {
  (void)state;
  const double oracle[] = {NAN, NAN, 1}, y[] = {0, NAN, 1};
  assert_int_equal(of_row(3, LKV_FLOAT32, y, oracle).swallowed, 1);
}

static void a_non_finite_output_makes_every_error_infinite(void **state) {
  (void)state;
  static const double bad[] = {NAN, INFINITY, -INFINITY};
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    const double oracle[] = {1, 2, 3, 4}, y[] = {9, 2, bad[i], bad[(i + 1) % 3]};
    const metrics m = of_row(4, LKV_FLOAT32, y, oracle);
    assert_int_equal(m.nonfinite, 2);
    assert_true(m.max_abs == INFINITY && m.max_rel == INFINITY);
    assert_true(m.rms_rel == INFINITY && m.max_ulp == INFINITY);
    assert_int_equal(m.worst.column, 2);
    assert_true(!isfinite(m.worst_output) && m.worst_oracle == 3);
  }
}

/* Even after an error that is infinite by division. */
static void the_first_non_finite_output_is_the_worst(void **state) {
  (void)state;
  const lkv_problem shape = {.batch = 1, .seq_len = 3, .heads = 1, .head_dim = 1};
  const double oracle[] = {0, 5, 0}, y[] = {1, NAN, 1};
  const metrics m = metrics_of(&shape, LKV_FLOAT32, y, oracle);
  assert_int_equal(m.worst.token, 1);
  assert_int_equal(m.nonfinite, 1);
}

static void where_the_oracle_is_not_finite_nothing_is_compared(void **state) {
  (void)state;
  const double oracle[] = {NAN, INFINITY, -INFINITY, 2}, y[] = {1, NAN, INFINITY, 2.5};
  const metrics m = of_row(4, LKV_FLOAT32, y, oracle);
  assert_int_equal(m.oracle_nonfinite, 3);
  assert_int_equal(m.compared, 1);
  assert_int_equal(m.nonfinite, 0);
  assert_true(m.max_abs == 0.5 && m.max_rel == 0.25 && m.rms_rel == 0.25);
  assert_int_equal(m.worst.column, 3);
}

static void nothing_compared_is_nothing_known(void **state) {
  (void)state;
  char text[96];
  const metrics m = of_one(LKV_FLOAT32, 1, NAN);
  assert_true(isnan(m.max_abs) && isnan(m.max_rel));
  assert_true(isnan(m.rms_rel) && isnan(m.max_ulp));
  assert_int_equal(m.nonfinite, 0);
  assert_string_equal(metrics_worst_text(&m, text, sizeof text),
                      "none: the oracle is finite nowhere");
}

/* Where squares would over- or underflow in float64. */
static void extreme_scales_keep_their_rms(void **state) {
  (void)state;
  static const double scales[] = {1e250, 1e-250, 0x1p-1000};
  for (size_t i = 0; i < COUNT_OF(scales); i++) {
    const double oracle[] = {scales[i], scales[i]};
    const double y[] = {scales[i] * 1.5, scales[i] * 1.5};
    const metrics m = of_row(2, LKV_FLOAT64, y, oracle);
    assert_true(fabs(m.rms_rel - 0.5) <= 1e-12);
  }
  assert_true(of_one(LKV_FLOAT64, -DBL_MAX, DBL_MAX).max_abs == INFINITY);
  assert_true(of_one(LKV_FLOAT64, -DBL_MAX, DBL_MAX).rms_rel == 2);
}

static void the_worst_element_is_where_the_relative_error_is(void **state) {
  (void)state;
  const lkv_problem shape = {.batch = 2, .seq_len = 3, .heads = 4, .head_dim = 5};
  double oracle[120], y[120];
  for (size_t at = 0; at < 120; at++) {
    for (size_t i = 0; i < 120; i++) {
      oracle[i] = 1;
      y[i] = i == at ? 1.25 : i == (at + 60) % 120 ? 0.8125 : 1;
    }
    const metrics m = metrics_of(&shape, LKV_FLOAT32, y, oracle);
    const element worst = {at / 60, at / 20 % 3, at / 5 % 4, at % 5};
    assert_memory_equal(&m.worst, &worst, sizeof worst);
  }
}

static void of_equal_errors_the_first_is_the_worst(void **state) {
  (void)state;
  const double oracle[] = {2, 2, 2}, y[] = {2, 3, 1};
  assert_int_equal(of_row(3, LKV_FLOAT32, y, oracle).worst.column, 1);
}

static void worst_elements_print(void **state) {
  (void)state;
  char text[96];
  const metrics m = {.compared = 1,
                     .worst = {.batch = 0, .token = 3, .head = 1, .column = 7},
                     .worst_output = 1.5,
                     .worst_oracle = -2.5};
  assert_string_equal(metrics_worst_text(&m, text, sizeof text),
                      "y[b=0, t=3, h=1, c=7] = 1.5, oracle -2.5");
  assert_string_equal(metrics_worst_text(&m, text, 6), "y[b=0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_field_by_hand),
      cmocka_unit_test(equal_outputs_have_no_error),
      cmocka_unit_test(signs_of_zero_are_equal),
      cmocka_unit_test(an_error_in_a_row_of_zeros_is_infinite),
      cmocka_unit_test(units_in_the_last_place),
      cmocka_unit_test(no_units_in_the_last_place_of_float64),
      cmocka_unit_test(an_oracle_beyond_the_type_is_not_compared),
      cmocka_unit_test(a_finite_output_for_a_nan_is_counted),
      cmocka_unit_test(a_non_finite_output_makes_every_error_infinite),
      cmocka_unit_test(the_first_non_finite_output_is_the_worst),
      cmocka_unit_test(where_the_oracle_is_not_finite_nothing_is_compared),
      cmocka_unit_test(nothing_compared_is_nothing_known),
      cmocka_unit_test(extreme_scales_keep_their_rms),
      cmocka_unit_test(the_worst_element_is_where_the_relative_error_is),
      cmocka_unit_test(of_equal_errors_the_first_is_the_worst),
      cmocka_unit_test(worst_elements_print),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
