/* Rounding to bfloat16. */
#include <math.h>

#include "fixture.h"
#include "linkv/bfloat16.h"

static float rounded(float x) {
  return lkv_bfloat16_widen(lkv_bfloat16_round(x));
}

static void test_nearest_even(void **state) {
  (void)state;
  assert_true(rounded(1) == 1 && rounded(-0x1.fep7F) == -0x1.fep7F);
  assert_true(rounded(0x1.008p0F) == 0x1.00p0F); /* below the tie */
  assert_true(rounded(0x1.01p0F) == 0x1.00p0F);  /* ties to even */
  assert_true(rounded(0x1.03p0F) == 0x1.04p0F);
  assert_true(rounded(0x1.010002p0F) == 0x1.02p0F); /* above the tie */
  assert_true(rounded(0x1.ffp0F) == 2);
  assert_true(rounded(0x1p-133F) == 0x1p-133F && rounded(0x1p-149F) == 0);
  assert_true(signbit(rounded(-0.0F)));
}

static void test_what_is_not_finite(void **state) {
  (void)state;
  const uint32_t low_payload = 0x7f800001;
  float nan;
  memcpy(&nan, &low_payload, sizeof nan);
  assert_true(isnan(rounded(nan)) && isnan(rounded(NAN)) && isnan(rounded(-NAN)));
  assert_true(rounded(INFINITY) == INFINITY && rounded(-INFINITY) == -INFINITY);
  assert_true(rounded(0x1.fffffep127F) == INFINITY);
  assert_true(rounded(0x1.fep127F) == 0x1.fep127F);
  assert_true(isnan(lkv_bfloat16_widen(lkv_bfloat16_round_f64((double)NAN))));
}

static float rounded_f64(double x) {
  return lkv_bfloat16_widen(lkv_bfloat16_round_f64(x));
}

/* By way of a float32 to nearest these would end on the other side of a tie. */
static void test_float64_is_rounded_once(void **state) {
  (void)state;
  assert_true(rounded_f64(0x1.01p0) == 0x1.00p0F);
  assert_true(rounded_f64(0x1.0100000001p0) == 0x1.02p0F);
  assert_true(rounded_f64(0x1.02fffffffp0) == 0x1.02p0F);
  assert_true(rounded_f64(-0x1.0100000001p0) == -0x1.02p0F);
  assert_true(rounded_f64(-0x1.02fffffffp0) == -0x1.02p0F);
  assert_true(rounded_f64(1e300) == INFINITY && rounded_f64(-1e-300) == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nearest_even),
      cmocka_unit_test(test_what_is_not_finite),
      cmocka_unit_test(test_float64_is_rounded_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
