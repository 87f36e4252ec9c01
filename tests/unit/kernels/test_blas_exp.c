/* The exponential of the BLAS kernels. */
#include "fixture.h"

#include "blas/exp.h"

/* In units of the last place of `exact` as a float. */
static double ulps(float got, double exact) {
  const float nearest = (float)exact;
  const double ulp = (double)(nextafterf(nearest, INFINITY) - nearest);
  return fabs((double)got - exact) / ulp;
}

/* Where the compiler does not fuse, each step of the polynomial rounds twice. */
static void exp_is_good_to_two_ulp(void **state) {
  (void)state;
  double worst = 0;
  for (float x = -1e-8F; x > -104.5F; x = nextafterf(x * 1.00001F, -INFINITY)) {
    const double off = ulps(blas_exp(x), exp((double)x));
    if (!(off <= worst)) worst = off;
  }
  if (!(worst <= 2)) fail_msg("off by %g ulp", worst);
}

static void exp_at_its_ends(void **state) {
  (void)state;
  assert_true(blas_exp(0) == 1);
  assert_true(blas_exp(blas_exp_clamp(-INFINITY)) == 0);
  assert_true(blas_exp(blas_exp_clamp(-1e30F)) == 0);
  assert_true(isnan(blas_exp(blas_exp_clamp(NAN))));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exp_is_good_to_two_ulp),
      cmocka_unit_test(exp_at_its_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
