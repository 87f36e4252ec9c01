#include "signed_rank.h"

#include <stdlib.h>

#include "near.h"

#include "data/signed_rank.inc"

static void agrees_with_scipy(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    signed_rank_result r;
    assert_true(signed_rank_test(known[i].n, known[i].d, &r));
    assert_int_equal(r.used, known[i].used);
    expect_near("W", i, r.sum, known[i].sum, 0);
    expect_near("p", i, r.p, known[i].p, 1e-11);
  }
}

static void signs_may_change(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    double d[COUNT_OF(known[0].d)];
    signed_rank_result r;
    for (size_t k = 0; k < known[i].n; k++) d[k] = -known[i].d[k];
    assert_true(signed_rank_test(known[i].n, d, &r));
    expect_near("p", i, r.p, known[i].p, 1e-11);
  }
}

static void nothing_is_told_of_no_difference(void **state) {
  (void)state;
  const double none[] = {0, 0, 0};
  signed_rank_result r;
  assert_true(signed_rank_test(3, none, &r));
  assert_true(r.used == 0 && r.sum == 0 && r.p == 1);
  assert_true(signed_rank_test(0, none, &r));
  assert_true(r.p == 1);
}

/* Subsets of {1, 2, 3, 4} by their sum. */
static void chances_are_those_of_subsets(void **state) {
  (void)state;
  static const double subsets[] = {1, 1, 1, 2, 2, 2, 2, 2, 1, 1, 1};
  double *chance = signed_rank_chances(4);
  assert_non_null(chance);
  for (size_t w = 0; w <= 10; w++) assert_true(chance[w] == subsets[w] / 16);
  free(chance);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agrees_with_scipy),
      cmocka_unit_test(signs_may_change),
      cmocka_unit_test(nothing_is_told_of_no_difference),
      cmocka_unit_test(chances_are_those_of_subsets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
