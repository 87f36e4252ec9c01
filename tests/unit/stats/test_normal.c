#include <math.h>

#include "../check.h"
#include "normal.h"

/* Quantiles to 20 digits, by Newton's method on the series of the distribution function.
 */
static const struct {
  double p, x;
} quantiles[] = {
    {0x1.ffffffffffffep-2, -2.7829164246717669222e-16},
    {0x1.0000000000002p-1, 5.5658328493435338445e-16},
    {0x1.ffe5c91d14e3cp-2, -2.5066283008800749239e-4},
    {0x1.0000000000000p-2, -6.7448975019608174320e-1},
    {0x1.8000000000000p-1, 6.7448975019608174320e-1},
    {0x1.3333333333333p-4, -1.4395314709384559349e+0},
    {0x1.33334e0b25cdfp-4, -1.4395307645017296865e+0},
    {0x1.d99999999999ap-1, 1.4395314709384562291e+0},
    {0x1.d99999ef7fd52p-1, 1.4395315415821679347e+0},
    {0x1.999999999999ap-4, -1.2815515655446004353e+0},
    {0x1.ccccccccccccdp-1, 1.2815515655446005935e+0},
    {0x1.47ae147ae147bp-7, -2.3263478740408410931e+0},
    {0x1.fae147ae147aep-1, 2.3263478740408407676e+0},
    {0x1.0624dd2f1a9fcp-10, -3.0902323061678135354e+0},
    {0x1.ff7ced916872bp-1, 3.0902323061678132778e+0},
    {0x1.0c6f7a0b5ed8dp-20, -4.7534243088228989573e+0},
    {0x1.ffffe00000000p-1, 4.7630010342678139570e+0},
    {0x1.b7cdfd9d7bdbbp-34, -6.3613409024040561991e+0},
    {0x1.0000000000000p-35, -6.5482693678317307554e+0},
    {0x1.e8a37a45fc321p-37, -6.6579046435011038061e+0},
    {0x1.5fd7fe1796495p-37, -6.7060231554951362961e+0},
    {0x1.c25c268497682p-44, -7.3487961028006775135e+0},
    {0x1.0000000000000p-53, -8.2095361516013868556e+0},
    {0x1.fffffffffffffp-1, 8.2095361516013868556e+0},
    {0x1.cd2b297d889bcp-54, -8.2220822161304356152e+0},
};

static void quantiles_are_good_to_1e_14(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(quantiles); i++) {
    const double x = normal_quantile(quantiles[i].p);
    if (!(fabs(x - quantiles[i].x) <= 1e-14 * fabs(quantiles[i].x)))
      fail_msg("p = %a: %.17g, not %.17g", quantiles[i].p, x, quantiles[i].x);
  }
  assert_true(normal_quantile(0.5) == 0);
}

/* p and 1 - p are both exact for these. */
static void quantiles_are_odd(void **state) {
  (void)state;
  for (int i = 1; i < 4096; i++) {
    const double p = (double)i * 0x1p-13;
    assert_true(normal_quantile(p) == -normal_quantile(1 - p));
  }
}

/* Across the seams between AS 241's three ranges too. */
static void quantiles_rise(void **state) {
  (void)state;
  static const double seams[] = {0.075, 1.3887943864964021e-11, 0.25, 1e-3};
  double last = -INFINITY;
  for (int i = 1; i < 1 << 16; i++) {
    const double x = normal_quantile((double)i * 0x1p-16);
    assert_true(x > last);
    last = x;
  }
  for (size_t s = 0; s < COUNT_OF(seams); s++) {
    last = -INFINITY;
    for (int i = -50; i <= 50; i++) {
      const double x = normal_quantile(seams[s] * (1 + i * 1e-13));
      assert_true(x > last);
      last = x;
    }
  }
}

/* Twice the chance above each quantile is what is left of the two tails. */
static void tails_are_those_of_the_quantiles(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(quantiles); i++) {
    const double p = quantiles[i].p, wanted = 2 * fmin(p, 1 - p);
    const double got = normal_two_sided(quantiles[i].x);
    if (!(fabs(got - wanted) <= 1e-12 * wanted))
      fail_msg("p = %a: %.17g, not %.17g", p, got, wanted);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(quantiles_are_good_to_1e_14),
      cmocka_unit_test(quantiles_are_odd),
      cmocka_unit_test(quantiles_rise),
      cmocka_unit_test(tails_are_those_of_the_quantiles),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
