#include "noise_floor.h"

#include <math.h>

#include "sample.h"

static const char *const machine = "00112233445566aa";

static store *store_of_machine(const char *path) {
  store *s;
  error err;
  EXPECT_OK(store_open(path, &s, &err), &err);
  EXPECT_OK(store_set_machine(s, machine, NULL, &err), &err);
  return s;
}

static noise_test test_of(size_t seq_len, size_t threads, double call_ns, double floor) {
  noise_test t = {.point = sample_point(seq_len),
                  .call_ns = call_ns,
                  .seconds = 6,
                  .level = 0.99,
                  .rounds = 12,
                  .floor = floor};
  t.point.threads = threads;
  return t;
}

static void add(store *s, noise_test t) {
  error err;
  EXPECT_OK(noise_floor_add(s, machine, &t, &err), &err);
}

static double near(store *s, size_t threads, double call_ns) {
  error err;
  double floor = -1;
  EXPECT_OK(noise_floor_near(s, machine, threads, call_ns, &floor, &err), &err);
  return floor;
}

static void the_nearest_call_time_of_as_many_threads_counts(void **state) {
  (void)state;
  store *s = store_of_machine(":memory:");
  add(s, test_of(32, 1, 1e4, 0.01));
  add(s, test_of(64, 1, 1e6, 0.02));
  add(s, test_of(32, 2, 1e4, 0.03));
  assert_true(near(s, 1, 1e4) == 0.01);
  assert_true(near(s, 1, 9e4) == 0.01);
  assert_true(near(s, 1, 1.1e5) == 0.02);
  assert_true(near(s, 2, 9e4) == 0.03);
  store_close(s);
}

static void what_is_far_or_of_another_machine_tells_nothing(void **state) {
  (void)state;
  store *s = store_of_machine(":memory:");
  double floor = 0;
  error err;
  assert_true(isnan(near(s, 1, 1e4)));
  add(s, test_of(32, 1, 1e4, 0.01));
  assert_true(near(s, 1, 0.9e5) == 0.01);
  assert_true(near(s, 1, 1.1e3) == 0.01);
  assert_true(isnan(near(s, 1, 1.1e5)));
  assert_true(isnan(near(s, 1, 0.9e3)));
  assert_true(isnan(near(s, 2, 1e4)));
  EXPECT_OK(noise_floor_near(s, "other", 1, 1e4, &floor, &err), &err);
  assert_true(isnan(floor));
  store_close(s);
}

static void the_newest_test_of_a_point_counts(void **state) {
  (void)state;
  char *path = scratch_path("noise.db");
  store *s = store_of_machine(path);
  add(s, test_of(32, 1, 1e4, 0.01));
  add(s, test_of(32, 1, 1.5e4, 0.04));
  assert_true(near(s, 1, 1e4) == 0.04);
  store_close(s);
  assert_int_equal(
      sample_number(path,
                    "SELECT count(*) FROM noise WHERE kernel = 'scalar_sample' AND "
                    "stage = 'attention' AND batch = 2 AND seq_len = 32 AND heads = 3 "
                    "AND head_dim = 16 AND threads = 1 AND seconds = 6 AND level = 0.99 "
                    "AND rounds = 12 AND recorded_at LIKE '2%Z'"),
      2);
  free(path);
}

static void what_is_no_floor_is_refused(void **state) {
  (void)state;
  char *path = scratch_path("refused.db");
  store *s = store_of_machine(path);
  error err;
  const noise_test negative = test_of(32, 1, 1e4, -0.01),
                   unknown = test_of(32, 1, 1e4, NAN), timeless = test_of(32, 1, 0, 0.01),
                   good = test_of(32, 1, 1e4, 0.01);
  assert_false(noise_floor_add(s, machine, &negative, &err));
  EXPECT_SAYS(&err, path, "cannot add a test of noise");
  assert_false(noise_floor_add(s, machine, &unknown, &err));
  assert_false(noise_floor_add(s, machine, &timeless, &err));
  assert_false(noise_floor_add(s, "nobody", &good, &err));
  assert_true(isnan(near(s, 1, 1e4)));
  store_close(s);
  free(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_nearest_call_time_of_as_many_threads_counts),
      cmocka_unit_test(what_is_far_or_of_another_machine_tells_nothing),
      cmocka_unit_test(the_newest_test_of_a_point_counts),
      cmocka_unit_test(what_is_no_floor_is_refused),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
