/* What SciPy and statsmodels make of the same numbers, for what needs but one check. */
#include "bootstrap.h"
#include "geometric.h"
#include "holm.h"
#include "near.h"
#include "spread.h"
#include "student.h"

static void bootstrap_intervals(void **state) {
  (void)state;
#include "data/bootstrap.inc"
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    interval b;
    assert_true(bootstrap_median(known[i].n, known[i].values, known[i].level,
                                 known[i].resamples, known[i].seed, &b));
    expect_near("median", i, b.estimate, known[i].median, 1e-14);
    expect_near("low", i, b.low, known[i].low, 1e-13);
    expect_near("high", i, b.high, known[i].high, 1e-13);
  }
}

static void holm_adjusted(void **state) {
  (void)state;
#include "data/holm.inc"
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    double adjusted[COUNT_OF(known[0].p)];
    assert_true(holm_adjust(known[i].n, known[i].p, adjusted));
    for (size_t k = 0; k < known[i].n; k++)
      expect_near("p", i, adjusted[k], known[i].adjusted[k], 1e-13);
  }
}

static void spreads(void **state) {
  (void)state;
#include "data/spread.inc"
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    spread s;
    assert_true(spread_of(known[i].n, known[i].values, &s));
    expect_near("median", i, s.median, known[i].median, 1e-14);
    expect_near("MAD", i, s.mad, known[i].mad, 1e-12);
    expect_near("scale", i, s.scale, known[i].scale, 1e-12);
  }
}

/* One of five runs was disturbed; where most are equal any other stands out. */
static void outliers_score_high(void **state) {
  (void)state;
  const double times[] = {1.00, 1.01, 1.02, 0.99, 1.30}, same[] = {5, 5, 5, 5, 5};
  spread s;
  assert_true(spread_of(5, times, &s));
  assert_true(spread_score(&s, 1.30) > SPREAD_OUTLIER);
  assert_true(spread_score(&s, 1.02) < SPREAD_OUTLIER);
  assert_true(spread_score(&s, 0.70) < -SPREAD_OUTLIER);
  assert_true(spread_of(5, same, &s));
  assert_true(spread_score(&s, 5) == 0);
  assert_true(spread_score(&s, 5.1) > SPREAD_OUTLIER);
}

static void student_bounds(void **state) {
  (void)state;
#include "data/student.inc"
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    expect_near("t", i, student_bound(known[i].p, known[i].freedom), known[i].t, 1e-9);
    expect_near("p", i, student_two_sided(known[i].t, known[i].freedom), known[i].p,
                1e-9);
  }
}

static void geometric_means(void **state) {
  (void)state;
#include "data/geometric.inc"
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    const interval g = geometric_mean(known[i].n, known[i].values, known[i].level);
    expect_near("mean", i, g.estimate, known[i].mean, 1e-13);
    expect_near("low", i, g.low, known[i].low, 1e-11);
    expect_near("high", i, g.high, known[i].high, 1e-11);
  }
  const interval one = geometric_mean(1, (const double[]){2}, 0.95);
  expect_near("mean", 0, one.estimate, 2, 1e-15);
  assert_true(one.low == 0 && isinf(one.high));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bootstrap_intervals),
      cmocka_unit_test(holm_adjusted),
      cmocka_unit_test(spreads),
      cmocka_unit_test(outliers_score_high),
      cmocka_unit_test(student_bounds),
      cmocka_unit_test(geometric_means),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
