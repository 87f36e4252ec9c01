#include "shift.h"

#include "mann_whitney.h"
#include "near.h"
#include "signed_rank.h"

/* SciPy's tests, asked in each gap between two estimates, reject nothing inside. */
static void pairs_agree_with_scipys_test(void **state) {
  (void)state;
#include "data/pairs.inc"
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    interval s;
    assert_true(shift_of_pairs(known[i].n, known[i].d, known[i].level, &s));
    expect_near("estimate", i, s.estimate, known[i].estimate, 1e-12);
    expect_near("low", i, s.low, known[i].low, 1e-12);
    expect_near("high", i, s.high, known[i].high, 1e-12);
    assert_true(s.coverage >= known[i].level && s.coverage < 1);
  }
}

static void samples_agree_with_scipys_test(void **state) {
  (void)state;
#include "data/samples.inc"
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    interval s;
    assert_true(shift_of_samples(known[i].n, known[i].x, known[i].m, known[i].y,
                                 known[i].level, &s));
    expect_near("estimate", i, s.estimate, known[i].estimate, 1e-12);
    expect_near("low", i, s.low, known[i].low, 1e-12);
    expect_near("high", i, s.high, known[i].high, 1e-12);
    assert_true(s.coverage >= known[i].level && s.coverage < 1);
  }
}

/* Three pairs cannot tell at 95 %: the range, which holds the centre but for 2 of 8. */
static void too_few_give_their_range(void **state) {
  (void)state;
  const double d[] = {1, 4, 2}, one[] = {5};
  interval s;
  assert_true(shift_of_pairs(3, d, 0.95, &s));
  assert_true(s.low == 1 && s.high == 4 && s.coverage == 0.75);
  assert_true(s.estimate == 2.25);
  assert_true(shift_of_pairs(1, one, 0.95, &s));
  assert_true(s.low == 5 && s.high == 5 && s.coverage == 0);
  assert_true(shift_of_samples(1, one, 3, d, 0.95, &s));
  assert_true(s.estimate == 3 && s.low == 1 && s.high == 4 && s.coverage == 0.5);
}

static void ratios_are_shifts_of_logarithms(void **state) {
  (void)state;
  const double ratios[] = {2, 2, 8, 2, 2, 2}, x[] = {6, 6, 6, 6}, y[] = {3, 3, 3, 3};
  interval s;
  assert_true(ratio_of_pairs(6, ratios, 0.9, &s));
  expect_near("estimate", 0, s.estimate, 2, 1e-15);
  expect_near("low", 0, s.low, 2, 1e-15);
  assert_true(ratio_of_samples(4, x, 4, y, 0.9, &s));
  expect_near("estimate", 1, s.estimate, 2, 1e-15);
  expect_near("high", 1, s.high, 2, 1e-15);
}

/* Past the exact tables the normal takes over: the interval changes but little. */
static void the_normal_continues_the_exact(void **state) {
  (void)state;
  enum { N = SIGNED_RANK_EXACT_MAX + 1, M = MANN_WHITNEY_EXACT_MAX + 1 };
  double d[N];
  interval exact, normal;
  for (int i = 0; i < N; i++) d[i] = (i * 29 % N) / (double)N;
  assert_true(shift_of_pairs(N - 1, d, 0.95, &exact));
  assert_true(shift_of_pairs(N, d, 0.95, &normal));
  expect_near("low", 0, normal.low, exact.low, 0.03);
  expect_near("high", 0, normal.high, exact.high, 0.03);
  assert_true(shift_of_samples(M - 1, d, M - 1, d, 0.95, &exact));
  assert_true(shift_of_samples(M, d, M, d, 0.95, &normal));
  expect_near("low", 1, normal.low, exact.low, 0.05);
  expect_near("high", 1, normal.high, exact.high, 0.05);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pairs_agree_with_scipys_test),
      cmocka_unit_test(samples_agree_with_scipys_test),
      cmocka_unit_test(too_few_give_their_range),
      cmocka_unit_test(ratios_are_shifts_of_logarithms),
      cmocka_unit_test(the_normal_continues_the_exact),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
