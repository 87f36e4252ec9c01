#include "compare_time.h"

#include <math.h>

#include "../check.h"
#include "times.h"

enum { ROUNDS = 8 };
/* Of so many rounds that all lean one way, two-sided. */
#define LEAST_P (2.0 / 256)
/* Of 8 values all larger than 8 others: 2 / (16 over 8). */
#define LEAST_P_APART (2.0 / 12870)

static compare_point timed(rows *base, rows *head, const compare_rule *rule) {
  compare_point p = {.base = base->row, .head = head->row};
  assert_true(compare_time(&p, rule));
  return p;
}

/* Eight rounds of each, of one run or of two. */
static compare_point of_ratio(double ratio, bool paired, const compare_rule *rule) {
  rows base = {0}, head = {0};
  add_timed(&base, "k", 64, ROUNDS, 1000);
  set_times(add_timed(&head, "k", 64, ROUNDS, 1000 * ratio), paired ? 1 : 2, 1, ROUNDS,
            1000 * ratio);
  const compare_point p = timed(&base, &head, rule);
  assert_int_equal(p.paired, paired);
  rows_free(&base);
  rows_free(&head);
  return p;
}

/* Within a thousandth: times differ by less. */
static void expect_near(double got, double wanted) {
  if (!(fabs(got - wanted) <= 1e-3 * fabs(wanted)))
    fail_msg("%.12g is not %.12g", got, wanted);
}

static void rounds_of_one_run_are_pairs(void **state) {
  (void)state;
  const compare_rule rule = compare_rule_default();
  for (int slower = 0; slower < 2; slower++) {
    const double ratio = slower ? 1.1 : 1 / 1.1;
    const compare_point p = of_ratio(ratio, true, &rule);
    expect_near(p.ratio.estimate, ratio);
    expect_near(p.ratio.low, ratio);
    expect_near(p.ratio.high, ratio);
    assert_true(p.ratio.coverage >= 0.95);
    expect_near(p.p_value, LEAST_P);
  }
}

static void a_round_on_one_side_only_leaves_no_pairs(void **state) {
  (void)state;
  const compare_rule rule = compare_rule_default();
  static const struct {
    int64_t run, first;
    size_t count;
  } heads[] = {{1, 2, ROUNDS}, {1, 1, ROUNDS - 1}, {1, 1, ROUNDS + 1}, {2, 1, ROUNDS}};
  for (size_t i = 0; i < COUNT_OF(heads); i++) {
    rows base = {0}, head = {0};
    add_timed(&base, "k", 64, ROUNDS, 1000);
    set_times(add_timed(&head, "k", 64, 1, 1000), heads[i].run, heads[i].first,
              heads[i].count, 1000);
    assert_false(timed(&base, &head, &rule).paired);
    rows_free(&base);
    rows_free(&head);
  }
  /* Runs that are not known are not one. */
  rows base = {0};
  set_times(add_timed(&base, "k", 64, 1, 1000), 0, 1, ROUNDS, 1000);
  assert_false(timed(&base, &base, &rule).paired);
  rows_free(&base);
}

static void pairs_go_by_number_not_by_place(void **state) {
  (void)state;
  const compare_rule rule = compare_rule_default();
  rows base = {0}, head = {0};
  add_timed(&base, "k", 64, ROUNDS, 1000);
  add_timed(&head, "k", 64, ROUNDS, 1000);
  for (size_t i = 0; i < ROUNDS; i++) {
    /* Rounds that differ by far more than the two sides. */
    base.row->sample[i].time_ns = 1000 * (1 + (double)i);
    head.row->sample[ROUNDS - 1 - i] = base.row->sample[i];
    head.row->sample[ROUNDS - 1 - i].time_ns *= 1.05 + 1e-5 * (double)i;
  }
  const compare_point p = timed(&base, &head, &rule);
  assert_true(p.paired);
  expect_near(p.ratio.low, 1.05);
  expect_near(p.ratio.high, 1.05);
  expect_near(p.p_value, LEAST_P);
  rows_free(&base);
  rows_free(&head);
}

static void pairs_are_tested_beyond_the_floor_alone(void **state) {
  (void)state;
  compare_rule rule = compare_rule_default();
  rule.margin = 0.2;
  rule.floor = 0.04;
  expect_near(of_ratio(1.05, true, &rule).p_value, LEAST_P);
  expect_near(of_ratio(1 / 1.05, true, &rule).p_value, LEAST_P);
  rule.floor = 0.06;
  assert_true(of_ratio(1.05, true, &rule).p_value == 1);
  assert_true(of_ratio(1 / 1.05, true, &rule).p_value == 1);
}

static void two_runs_are_tested_beyond_floor_and_margin(void **state) {
  (void)state;
  compare_rule rule = compare_rule_default();
  rule.margin = 0.04;
  const compare_point p = of_ratio(1.05, false, &rule);
  expect_near(p.p_value, LEAST_P_APART);
  expect_near(of_ratio(1 / 1.05, false, &rule).p_value, LEAST_P_APART);
  assert_true(p.ratio.low > 1.049 && p.ratio.low < p.ratio.estimate);
  assert_true(p.ratio.high < 1.051 && p.ratio.high > p.ratio.estimate);
  expect_near(p.ratio.estimate, 1.05);
  rule.margin = 0.06;
  assert_true(of_ratio(1.05, false, &rule).p_value == 1);
  rule.margin = 0.04;
  rule.floor = 0.06;
  assert_true(of_ratio(1.05, false, &rule).p_value == 1);
  assert_true(of_ratio(1 / 1.05, false, &rule).p_value == 1);
}

static void shares_take_each_machines_peak(void **state) {
  (void)state;
  compare_rule rule = compare_rule_default();
  rows base = {0}, head = {0};
  row *b = add_timed(&base, "k", 64, ROUNDS, 1000);
  row *h = add_timed(&head, "k", 64, ROUNDS, 2000);
  row_set_real(b, ROW_share_of_peak, 0.6);
  row_set_real(h, ROW_share_of_peak, 0.5);
  expect_near(timed(&base, &head, &rule).ratio.estimate, 2);
  rule.shares = true;
  expect_near(timed(&base, &head, &rule).ratio.estimate, 0.6 / 0.5);
  rows_free(&base);
  rows_free(&head);
}

/* Four against four make 70 orders: equal times make none of them less likely. */
static void equal_times_tell_no_more_than_others(void **state) {
  (void)state;
  const compare_rule rule = compare_rule_default();
  rows base = {0}, head = {0};
  set_times(add_timed(&base, "k", 64, 1, 1), 1, 1, 4, 1000);
  set_times(add_timed(&head, "k", 64, 1, 1), 2, 1, 4, 2000);
  for (size_t i = 0; i < 4; i++) {
    base.row->sample[i].time_ns = 1000;
    head.row->sample[i].time_ns = 2000;
  }
  compare_point p = timed(&base, &head, &rule);
  expect_near(p.p_value, 2.0 / 70);
  assert_int_equal(compare_judge(&p.ratio, p.p_value, &rule), COMPARE_UNSURE);
  rows_free(&base);
  rows_free(&head);
}

static void verdicts_follow_interval_and_p(void **state) {
  (void)state;
  const compare_rule rule = {.margin = 0.03, .level = 0.02};
  static const struct {
    interval ratio;
    double p;
    compare_verdict wanted;
  } cases[] = {
      {{1, 0.98, 1.03, 0.95}, 1, COMPARE_SAME},
      {{1, 1 / 1.03, 1.03, 0.95}, 1, COMPARE_SAME},
      /* Within the margin it is the same, however sure that it is not 1. */
      {{1.02, 1.01, 1.029, 0.95}, 1e-9, COMPARE_SAME},
      {{1, 0.97, 1.03, 0.95}, 1, COMPARE_UNSURE},
      {{1, 0.98, 1.031, 0.95}, 1, COMPARE_UNSURE},
      /* Too few for an interval. */
      {{1, 0.99, 1.01, 0.94}, 1, COMPARE_UNSURE},
      {{1.1, 1.05, 1.15, 0.95}, 0.02, COMPARE_SLOWER},
      {{0.9, 0.85, 0.95, 0.95}, 0.02, COMPARE_FASTER},
      {{1.1, 1.05, 1.15, 0.95}, 0.0201, COMPARE_UNSURE},
      {{1.1, 1.05, 1.15, 0.95}, NAN, COMPARE_UNSURE},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++)
    if (compare_judge(&cases[i].ratio, cases[i].p, &rule) != cases[i].wanted)
      fail_msg("case %zu is not %s", i, compare_verdict_names[cases[i].wanted]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rounds_of_one_run_are_pairs),
      cmocka_unit_test(a_round_on_one_side_only_leaves_no_pairs),
      cmocka_unit_test(pairs_go_by_number_not_by_place),
      cmocka_unit_test(pairs_are_tested_beyond_the_floor_alone),
      cmocka_unit_test(two_runs_are_tested_beyond_floor_and_margin),
      cmocka_unit_test(shares_take_each_machines_peak),
      cmocka_unit_test(equal_times_tell_no_more_than_others),
      cmocka_unit_test(verdicts_follow_interval_and_p),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
