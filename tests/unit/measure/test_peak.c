/* Ceilings: which there are, and how they stand to each other in one run. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the above */
#include <cmocka.h>

#include "peak.h"

#define SECONDS 0.05

static void available_where_the_cpu_runs_it(void **state) {
  (void)state;
  for (int dtype = LKV_FLOAT32; dtype <= LKV_FLOAT64; dtype++) {
    assert_true(peak_available(LKV_ISA_SCALAR, (lkv_dtype)dtype));
#ifdef __x86_64__
    assert_int_equal(peak_available(LKV_ISA_AVX2, (lkv_dtype)dtype),
                     lkv_cpu_supports(LKV_ISA_AVX2, NULL));
    assert_int_equal(peak_available(LKV_ISA_AVX512, (lkv_dtype)dtype),
                     lkv_cpu_supports(LKV_ISA_AVX512, NULL));
#endif
    assert_false(peak_available(LKV_ISA_AVX512_BF16, (lkv_dtype)dtype));
  }
}

static void measured_exactly_where_available(void **state) {
  (void)state;
  for (int isa = 0; isa < LKV_ISA_COUNT; isa++)
    for (int dtype = LKV_FLOAT32; dtype <= LKV_FLOAT64; dtype++) {
      const double flops = peak_fma((lkv_isa)isa, (lkv_dtype)dtype, 0.005);
      assert_int_equal(flops > 0, peak_available((lkv_isa)isa, (lkv_dtype)dtype));
    }
}

/* Whoever shares the core may slow either side of a ratio: a claim must hold once. */
static void assert_holds(bool (*claim)(void)) {
  enum { TRIES = 6 };
  for (int i = 0; i < TRIES; i++)
    if (claim()) return;
  fail_msg("does not hold in any of %d tries", TRIES);
}

static bool float32_is_about_twice_float64(void) {
  for (int isa = 0; isa < LKV_ISA_COUNT; isa++) {
    if (!peak_available((lkv_isa)isa, LKV_FLOAT32)) continue;
    const double ratio = peak_fma((lkv_isa)isa, LKV_FLOAT32, SECONDS) /
                         peak_fma((lkv_isa)isa, LKV_FLOAT64, SECONDS);
    if (ratio < 1.7 || ratio > 2.3) return false;
  }
  return true;
}

static void float32_is_twice_float64(void **state) {
  (void)state;
  assert_holds(float32_is_about_twice_float64);
}

static bool no_isa_is_above_the_ceiling(void) {
  for (int dtype = LKV_FLOAT32; dtype <= LKV_FLOAT64; dtype++) {
    const double ceiling = peak_ceiling((lkv_dtype)dtype, SECONDS);
    double highest = 0;
    for (int isa = 0; isa < LKV_ISA_COUNT; isa++)
      highest = fmax(highest, peak_fma((lkv_isa)isa, (lkv_dtype)dtype, SECONDS));
    if (highest > 1.2 * ceiling || ceiling > 1.2 * highest) return false;
  }
  return true;
}

static void the_ceiling_is_the_highest_peak(void **state) {
  (void)state;
  assert_holds(no_isa_is_above_the_ceiling);
}

/* Twice the width, and on some cores half as many instructions a cycle for the rest. */
static bool avx2_is_well_above_scalar(void) {
  return peak_fma(LKV_ISA_AVX2, LKV_FLOAT32, SECONDS) >
         1.7 * peak_fma(LKV_ISA_SCALAR, LKV_FLOAT32, SECONDS);
}

static void an_fma_beats_a_multiply_and_an_add(void **state) {
  (void)state;
#ifdef __FMA__ /* the baseline is no less */
  skip();
#endif
  if (!peak_available(LKV_ISA_AVX2, LKV_FLOAT32)) skip();
  assert_holds(avx2_is_well_above_scalar);
}

/* A core reads less than 8 bytes of memory for every flop it can do, and no machine is a
 * thousand times worse. */
static bool bandwidth_is_plausible(void) {
  const double bytes = peak_bandwidth(SECONDS);
  const double flops = peak_ceiling(LKV_FLOAT64, SECONDS);
  return bytes > flops / 1000 && bytes < flops * 8;
}

static void bandwidth_is_of_the_right_order(void **state) {
  (void)state;
  assert_holds(bandwidth_is_plausible);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(available_where_the_cpu_runs_it),
      cmocka_unit_test(measured_exactly_where_available),
      cmocka_unit_test(float32_is_twice_float64),
      cmocka_unit_test(the_ceiling_is_the_highest_peak),
      cmocka_unit_test(an_fma_beats_a_multiply_and_an_add),
      cmocka_unit_test(bandwidth_is_of_the_right_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
