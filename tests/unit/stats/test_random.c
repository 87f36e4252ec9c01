#include "random.h"

#include <math.h>

#include "../check.h"

/* Whole k + 1/2 over 2^52. */
static void uniforms_are_inside_the_unit_interval(void **state) {
  (void)state;
  for (uint64_t i = 0; i < 100000; i++) {
    const double u = random_uniform(11, 3, i), k = u * 0x1p52 - 0.5;
    assert_true(u > 0 && u < 1 && k == floor(k));
  }
}

/* The first is Philox's known answer for counter 0 and key 0. */
static void uniforms_are_philox(void **state) {
  (void)state;
  const uint64_t word = UINT64_C(0xe169c58d6627e8d5);
  assert_true(random_uniform(0, 0, 0) == ((double)(word >> 12) + 0.5) * 0x1p-52);
}

static void each_of_seed_stream_and_index_matters(void **state) {
  (void)state;
  const double u = random_uniform(5, 6, 7);
  assert_true(u == random_uniform(5, 6, 7));
  assert_true(u != random_uniform(6, 6, 7));
  assert_true(u != random_uniform(5, 7, 7));
  assert_true(u != random_uniform(5, 6, 8));
  assert_true(u != random_uniform(5 + (UINT64_C(1) << 32), 6, 7));
  assert_true(u != random_uniform(5, 6, 7 + (UINT64_C(1) << 32)));
}

/* Five standard errors of each moment; the draws are fixed. */
static void normals_have_the_moments_of_normals(void **state) {
  (void)state;
  enum { DRAWS = 200000 };
  double sum[5] = {0}, covariance = 0;
  for (uint64_t i = 0; i < DRAWS; i++) {
    const double x = random_normal(42, 0, i);
    double power = 1;
    for (int m = 1; m <= 4; m++) sum[m] += power *= x;
    covariance += x * random_normal(42, 1, i);
  }
  const double slack = 5 / sqrt(DRAWS);
  assert_true(fabs(sum[1] / DRAWS) < slack);
  assert_true(fabs(sum[2] / DRAWS - 1) < slack * sqrt(2));
  assert_true(fabs(sum[3] / DRAWS) < slack * sqrt(15));
  assert_true(fabs(sum[4] / DRAWS - 3) < slack * sqrt(96));
  assert_true(fabs(covariance / DRAWS) < slack);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(uniforms_are_inside_the_unit_interval),
      cmocka_unit_test(uniforms_are_philox),
      cmocka_unit_test(each_of_seed_stream_and_index_matters),
      cmocka_unit_test(normals_have_the_moments_of_normals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
