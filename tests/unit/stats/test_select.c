/* Quantiles are those of the sorted values. */
#include "select.h"

#include <math.h>
#include <stdlib.h>

#include "../check.h"

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void nearest_ranks_by_hand(void **state) {
  (void)state;
  static const struct {
    double share, want;
  } known[] = {{0.1, 1}, {0.5, 5}, {0.51, 6}, {0.9, 9}, {0.91, 10}, {0.999, 10}, {1, 10}};
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    double values[] = {7, 2, 10, 1, 9, 5, 3, 8, 6, 4};
    assert_true(select_quantile(10, values, known[i].share) == known[i].want);
  }
  double one[] = {3};
  assert_true(select_quantile(1, one, 0.001) == 3 && select_quantile(1, one, 1) == 3);
}

static void infinities_come_last(void **state) {
  (void)state;
  double values[] = {INFINITY, 1, INFINITY, 0};
  assert_true(select_quantile(4, values, 0.5) == 1);
  assert_true(select_quantile(4, values, 0.75) == INFINITY);
}

/* Random, sorted, reversed, constant and two-valued, of every length. */
static void as_sorting_has_it(void **state) {
  (void)state;
  enum { LONGEST = 130 };
  double values[LONGEST], sorted[LONGEST];
  srand(1);
  for (size_t n = 1; n <= LONGEST; n++)
    for (int kind = 0; kind < 5; kind++)
      for (size_t k = 1; k <= n; k++) {
        for (size_t i = 0; i < n; i++) {
          const double made[] = {rand(), (double)i, (double)(n - i), 4, rand() % 2};
          values[i] = sorted[i] = made[kind];
        }
        qsort(sorted, n, sizeof *sorted, ascending);
        const double share = ((double)k - 0.5) / (double)n;
        assert_true(select_quantile(n, values, share) == sorted[k - 1]);
      }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nearest_ranks_by_hand),
      cmocka_unit_test(infinities_come_last),
      cmocka_unit_test(as_sorting_has_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
