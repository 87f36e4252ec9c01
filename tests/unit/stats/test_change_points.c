#include "../check.h"

#include <math.h>
#include <stdio.h>

#include "change_points.h"
#include "random.h"

enum { LENGTH = 60, LONG = 1000, SERIES = 500 };

/* Noise of standard deviation 1, and `size` more from `at` on. */
static void make_series(uint64_t seed, size_t at, double size, double *values) {
  for (size_t i = 0; i < LENGTH; i++)
    values[i] = random_normal(seed, 7, i) + (i >= at ? size : 0);
}

static size_t found(size_t n, const double *values, change_point *out) {
  size_t count = 99;
  assert_true(change_points_find(n, values, 0, 1, out, &count));
  return count;
}

static void quiet_series_have_none(void **state) {
  (void)state;
  double values[LENGTH];
  change_point at[LENGTH];
  size_t alarms = 0;
  for (uint64_t seed = 0; seed < SERIES; seed++) {
    make_series(seed, LENGTH, 0, values);
    alarms += found(LENGTH, values, at) > 0;
  }
  printf("quiet series of %d: %zu of %d alarm\n", LENGTH, alarms, SERIES);
  assert_true(alarms * 100 < SERIES);
}

/* More places to be wrong at: these would alarm at the level of a short series. */
static void long_quiet_series_have_none(void **state) {
  (void)state;
  static double values[LONG];
  static change_point at[LONG];
  static const uint64_t seeds[] = {9, 48};
  for (size_t s = 0; s < COUNT_OF(seeds); s++) {
    for (size_t i = 0; i < LONG; i++) values[i] = random_normal(seeds[s], 7, i);
    assert_int_equal(found(LONG, values, at), 0);
  }
}

static void steps_of_three_sigma_are_found(void **state) {
  (void)state;
  double values[LENGTH];
  change_point at[LENGTH];
  size_t hits = 0, others = 0;
  for (uint64_t seed = 0; seed < SERIES; seed++) {
    const size_t step = 6 + (size_t)(random_uniform(seed, 8, 0) * (LENGTH - 12));
    make_series(SERIES + seed, step, seed % 2 ? 3 : -3, values);
    bool hit = false;
    const size_t count = found(LENGTH, values, at);
    for (size_t i = 0; i < count; i++) {
      const bool near = at[i].at + 2 >= step && at[i].at <= step + 2;
      hit = hit || near;
      others += !near;
    }
    hits += hit;
  }
  printf("steps of 3 sigma: %zu of %d found within 2, %zu others\n", hits, SERIES,
         others);
  assert_true(hits * 100 >= 95 * SERIES);
  assert_true(others * 100 < 5 * SERIES);
}

static void up_and_down_are_two(void **state) {
  (void)state;
  double values[LENGTH];
  change_point at[LENGTH];
  for (size_t i = 0; i < LENGTH; i++)
    values[i] = 100 + random_normal(3, 7, i) + (i >= 20 && i < 40 ? 6 : 0);
  assert_int_equal(found(LENGTH, values, at), 2);
  assert_int_equal(at[0].at, 20);
  assert_int_equal(at[1].at, 40);
  assert_true(fabs(at[0].after - at[0].before - 6) < 1.5);
  assert_true(at[1].before == at[0].after && at[1].after < at[1].before);
  assert_true(at[0].p_value <= CHANGE_POINTS_ALPHA);
}

/* Three steps of 5 where 8 is the least: two levels, and steps of a level's own size. */
static void small_steps_give_way_to_their_sum(void **state) {
  (void)state;
  double values[LENGTH];
  change_point at[LENGTH];
  size_t count = 0;
  for (size_t i = 0; i < LENGTH; i++)
    values[i] = random_normal(4, 7, i) + 5 * (double)(i / 15);
  assert_int_equal(found(LENGTH, values, at), 3);
  assert_true(change_points_find(LENGTH, values, 8, 1, at, &count));
  assert_int_equal(count, 1);
  assert_true(at[0].at % 15 == 0 && at[0].after - at[0].before >= 8);
  assert_true(change_points_find(LENGTH, values, 30, 1, at, &count));
  assert_int_equal(count, 0);
}

static void outliers_are_no_steps(void **state) {
  (void)state;
  double values[LENGTH];
  change_point at[LENGTH];
  make_series(5, LENGTH, 0, values);
  values[10] += 1000;
  values[11] += 50;
  values[40] -= 1000;
  assert_int_equal(found(LENGTH, values, at), 0);
}

static void constant_and_short_series_have_none(void **state) {
  (void)state;
  double values[LENGTH];
  change_point at[LENGTH];
  for (size_t i = 0; i < LENGTH; i++) values[i] = 3;
  for (size_t n = 0; n <= LENGTH; n++) assert_int_equal(found(n, values, at), 0);
  /* Noise that is mostly nothing. */
  values[7] = 4;
  assert_int_equal(found(LENGTH, values, at), 0);
  for (size_t i = 30; i < LENGTH; i++) values[i] = 5;
  assert_int_equal(found(LENGTH, values, at), 1);
  assert_int_equal(at[0].at, 30);
  assert_true(at[0].before == 3 && at[0].after == 5);
}

static void a_seed_gives_the_same_answer(void **state) {
  (void)state;
  double values[LENGTH];
  change_point a[LENGTH], b[LENGTH];
  make_series(1, 30, 3, values);
  const size_t count = found(LENGTH, values, a);
  assert_int_equal(found(LENGTH, values, b), count);
  for (size_t i = 0; i < count; i++)
    assert_true(a[i].at == b[i].at && a[i].p_value == b[i].p_value);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(quiet_series_have_none),
      cmocka_unit_test(long_quiet_series_have_none),
      cmocka_unit_test(steps_of_three_sigma_are_found),
      cmocka_unit_test(up_and_down_are_two),
      cmocka_unit_test(small_steps_give_way_to_their_sum),
      cmocka_unit_test(outliers_are_no_steps),
      cmocka_unit_test(constant_and_short_series_have_none),
      cmocka_unit_test(a_seed_gives_the_same_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
