#include "mann_whitney.h"

#include <stdlib.h>

#include "near.h"

#include "data/mann_whitney.inc"

static void agrees_with_scipy(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    mann_whitney_result r;
    assert_true(mann_whitney_test(known[i].n, known[i].x, known[i].m, known[i].y, &r));
    expect_near("U", i, r.u, known[i].u, 0);
    expect_near("p", i, r.p, known[i].p, 1e-11);
  }
}

static void samples_may_change_places(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    mann_whitney_result r;
    assert_true(mann_whitney_test(known[i].m, known[i].y, known[i].n, known[i].x, &r));
    expect_near("U", i, r.u, (double)(known[i].n * known[i].m) - known[i].u, 0);
    expect_near("p", i, r.p, known[i].p, 1e-11);
  }
}

/* All of one value: nothing can be told. */
static void equal_values_do_not_differ(void **state) {
  (void)state;
  const double same[] = {2, 2, 2, 2, 2, 2, 2};
  mann_whitney_result r;
  assert_true(mann_whitney_test(4, same, 3, same, &r));
  assert_true(r.u == 6 && r.p == 1);
}

/* 1 of (6 choose 3) orders has U = 0; they are symmetric and sum to 1. */
static void chances_are_those_of_equal_orders(void **state) {
  (void)state;
  static const double orders[] = {1, 1, 2, 3, 3, 3, 3, 2, 1, 1};
  double *chance = mann_whitney_chances(3, 3);
  assert_non_null(chance);
  for (size_t u = 0; u <= 9; u++)
    expect_near("chance", u, chance[u], orders[u] / 20, 1e-15);
  free(chance);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agrees_with_scipy),
      cmocka_unit_test(samples_may_change_places),
      cmocka_unit_test(equal_values_do_not_differ),
      cmocka_unit_test(chances_are_those_of_equal_orders),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
