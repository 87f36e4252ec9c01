#include <math.h>

#include "../check.h"
#include "median.h"

/* n values 1..n, stirred. */
static median_interval of_ranks(size_t n) {
  double values[64];
  for (size_t i = 0; i < n; i++) values[i * 7 % n] = NAN;
  for (size_t i = 0; i < n; i++) values[i] = (double)(n - i);
  for (size_t i = 0; i + 2 < n; i += 3) {
    const double swapped = values[i];
    values[i] = values[i + 2];
    values[i + 2] = swapped;
  }
  return median_of(n, values);
}

static void medians_of_few(void **state) {
  (void)state;
  double one[] = {3}, even[] = {4, 1, 3, 2}, odd[] = {9, -1, 5}, same[] = {2, 2, 2, 2};
  assert_true(median_of(1, one).median == 3);
  assert_true(median_of(4, even).median == 2.5);
  assert_true(median_of(3, odd).median == 5);
  assert_true(median_of(4, same).median == 2);
}

static void values_are_sorted_in_place(void **state) {
  (void)state;
  double values[] = {3, -INFINITY, 0.5, 3, 1e300, -2};
  median_of(6, values);
  const double sorted[] = {-INFINITY, -2, 0.5, 3, 3, 1e300};
  for (size_t i = 0; i < 6; i++) assert_true(values[i] == sorted[i]);
}

static void the_mean_of_the_middle_two_cannot_overflow(void **state) {
  (void)state;
  double values[] = {1.5e308, 1.7e308};
  assert_true(median_of(2, values).median == 1.6e308);
}

/* Published order statistics of the 95 % interval of a median, and exact binomial sums:
 * 1 - 2^(1-n) sum_{i<=k} C(n, i), with low = x(k+1). */
static const struct {
  size_t n, low;
  double coverage;
} known[] = {
    {1, 1, 0},
    {2, 1, 0.5},
    {3, 1, 0.75},
    {4, 1, 0.875},
    {5, 1, 0.9375},
    {6, 1, 0.96875},
    {7, 1, 0.984375},
    {8, 1, 0.9921875},
    {9, 2, 0.9609375},
    {10, 2, 0.978515625},
    {11, 2, 0.98828125},
    {12, 3, 0.96142578125},
    {13, 3, 0.9775390625},
    {14, 3, 0.987060546875},
    {15, 4, 0.96484375},
    {16, 4, 0.978729248046875},
    {17, 5, 0.950958251953125},
    {18, 5, 0.9691162109375},
    {19, 5, 0.9807891845703125},
    {20, 6, 0.9586105346679688},
    {64, 24, 0.9672342409011768},
};

static void intervals_cover_what_the_binomial_says(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    const size_t n = known[i].n;
    const median_interval m = of_ranks(n);
    if (m.low != (double)known[i].low || m.high != (double)(n + 1 - known[i].low))
      fail_msg("n = %zu: [%g, %g]", n, m.low, m.high);
    if (fabs(m.coverage - known[i].coverage) > 1e-12)
      fail_msg("n = %zu: coverage %.15g, not %.15g", n, m.coverage, known[i].coverage);
    assert_true(m.median == (double)(n + 1) / 2);
  }
}

/* The next narrower pair would cover too little, for every count a store may hold. */
static void intervals_are_the_narrowest(void **state) {
  (void)state;
  for (size_t n = 6; n <= 64; n++) {
    const size_t k = (size_t)of_ranks(n).low - 1;
    long double choose = 1, tail = 0;
    for (size_t i = 0; i <= k + 1; i++) {
      tail += choose;
      choose *= (long double)(n - i) / (long double)(i + 1);
      const long double coverage = 1 - tail * exp2l(1 - (long double)n);
      if (i == k) assert_true(coverage >= 0.95L);
      if (i == k + 1) assert_true(coverage < 0.95L);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(medians_of_few),
      cmocka_unit_test(values_are_sorted_in_place),
      cmocka_unit_test(the_mean_of_the_middle_two_cannot_overflow),
      cmocka_unit_test(intervals_cover_what_the_binomial_says),
      cmocka_unit_test(intervals_are_the_narrowest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
