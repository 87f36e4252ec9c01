/* Wilson's interval against published values, and shares of all rows. */
#include "decided_share.h"

#include <math.h>

#include "../check.h"

/* R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3. */
static void the_interval_is_wilsons(void **state) {
  (void)state;
  static const struct {
    size_t decided, compared;
    double low, high;
  } known[] = {{81, 263, 0.2553, 0.3662},
               {15, 148, 0.0624, 0.1605},
               {0, 20, 0, 0.1611},
               {1, 29, 0.0061, 0.1718}};
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    const share_range r =
        decided_share_range(known[i].decided, known[i].compared, 1000000);
    assert_true(fabs(r.low - known[i].low) <= 5e-5);
    assert_true(fabs(r.high - known[i].high) <= 5e-5);
  }
}

static void all_rows_leave_no_range(void **state) {
  (void)state;
  const share_range r = decided_share_range(9, 10, 0);
  assert_true(r.low == 0.9 && r.high == 0.9);
  assert_true(isnan(decided_share_range(0, 0, 0).high));
  assert_true(isnan(decided_share_range(0, 0, 5).low));
}

/* 30 of 32 rows judged, 26 of them decided: 28 of all are decided at most. */
static void what_is_left_cannot_make_more_of_it(void **state) {
  (void)state;
  const share_range r = decided_share_range(26, 30, 2);
  assert_true(r.high == 28.0 / 32 && r.low == 26.0 / 32);
}

static void few_rows_speak_for_themselves(void **state) {
  (void)state;
  const share_range r = decided_share_range(8, 11, 1000);
  assert_true(r.low == 8.0 / 11 && r.high == 8.0 / 11);
  assert_true(decided_share_range(15, 20, 1000).high > 0.85);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_interval_is_wilsons),
      cmocka_unit_test(all_rows_leave_no_range),
      cmocka_unit_test(what_is_left_cannot_make_more_of_it),
      cmocka_unit_test(few_rows_speak_for_themselves),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
