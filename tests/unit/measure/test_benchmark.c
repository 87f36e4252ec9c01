/* Google Benchmark reports what happened: times are held against clocks read by the timed
 * function itself, in the same run, and iterations against its own count. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
/* cmocka needs the above */
#include <cmocka.h>

#include "benchmark.h"

static double clock_ns(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static void spin(clockid_t id, double ns) {
  const double end = clock_ns(id) + ns;
  while (clock_ns(id) < end) continue;
}

enum { CALLS_MAX = 4096 };

typedef struct record {
  uint64_t calls;
  double ns[CALLS_MAX]; /* of each call, as seen from inside */
} record;

static void spin_and_record(void *argument) {
  record *r = argument;
  const double start = clock_ns(CLOCK_MONOTONIC);
  spin(CLOCK_MONOTONIC, 200e3);
  assert_true(r->calls < CALLS_MAX);
  r->ns[r->calls++] = clock_ns(CLOCK_MONOTONIC) - start;
}

static void check_against_record(double min_time_s) {
  static record r;
  r.calls = 0;
  benchmark_time time;
  error err;
  assert_true(benchmark_run(spin_and_record, &r, min_time_s, &time, &err));
  assert_true(time.iterations >= 1);
  assert_true(r.calls >= time.iterations);

  double seen = 0;
  for (uint64_t i = r.calls - time.iterations; i < r.calls; i++) seen += r.ns[i];
  const double ratio = time.real_ns * (double)time.iterations / seen;
  assert_true(ratio > 0.95);
  assert_true(ratio < 1.3);
  assert_true(time.real_ns * (double)time.iterations >= min_time_s * 1e9);
  assert_true(time.cpu_ns > 0);
}

static void real_time_is_that_of_the_last_iterations(void **state) {
  (void)state;
  check_against_record(0.02);
}

static void may_be_called_again(void **state) {
  (void)state;
  check_against_record(0.01);
  check_against_record(0.03);
}

static void count_call(void *argument) {
  ++*(uint64_t *)argument;
  spin(CLOCK_MONOTONIC, 2e6);
}

static void calls_at_least_once(void **state) {
  (void)state;
  uint64_t calls = 0;
  benchmark_time time;
  error err;
  assert_true(benchmark_run(count_call, &calls, 1e-9, &time, &err));
  assert_int_equal(calls, 1);
  assert_int_equal(time.iterations, 1);
  assert_true(time.real_ns >= 2e6);
}

static void earlier_functions_are_not_called_again(void **state) {
  (void)state;
  uint64_t first = 0, second = 0;
  benchmark_time time;
  error err;
  assert_true(benchmark_run(count_call, &first, 1e-9, &time, &err));
  assert_true(benchmark_run(count_call, &second, 1e-9, &time, &err));
  assert_int_equal(first, 1);
  assert_int_equal(second, 1);
}

static void sleep_2ms(void *argument) {
  (void)argument;
  nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

/* Were processor time what fills the minimum, a sleeper would be called thousands of
 * times: each call sleeps 2 ms or more, and the library overshoots by 1.4. */
static void real_time_fills_the_minimum(void **state) {
  (void)state;
  benchmark_time time;
  error err;
  assert_true(benchmark_run(sleep_2ms, NULL, 0.02, &time, &err));
  assert_true(time.real_ns >= 2e6);
  assert_true(time.iterations <= 15);
  assert_true(time.cpu_ns < time.real_ns / 2);
}

static void *spin_1ms_of_cpu(void *argument) {
  spin(CLOCK_THREAD_CPUTIME_ID, 1e6);
  return argument;
}

static void spin_on_two_threads(void *argument) {
  (void)argument;
  pthread_t thread[2];
  for (int i = 0; i < 2; i++)
    assert_int_equal(pthread_create(&thread[i], NULL, spin_1ms_of_cpu, NULL), 0);
  for (int i = 0; i < 2; i++) pthread_join(thread[i], NULL);
}

static void cpu_time_is_of_all_threads(void **state) {
  (void)state;
  benchmark_time time;
  error err;
  assert_true(benchmark_run(spin_on_two_threads, NULL, 0.02, &time, &err));
  assert_true(time.cpu_ns >= 1.95e6);
}

static void refuses_a_minimum_that_is_none(void **state) {
  (void)state;
  const double bad[] = {0, -1, NAN, INFINITY};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    uint64_t calls = 0;
    benchmark_time time;
    error err = {""};
    assert_false(benchmark_run(count_call, &calls, bad[i], &time, &err));
    assert_int_equal(calls, 0);
    assert_non_null(strstr(err.text, "greater than 0"));
  }
}

static void prints_nothing(void **state) {
  (void)state;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  const int out = dup(STDOUT_FILENO), errors = dup(STDERR_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  dup2(ends[1], STDERR_FILENO);
  uint64_t calls = 0;
  benchmark_time time;
  error err;
  const bool ran = benchmark_run(count_call, &calls, 0.005, &time, &err);
  fflush(NULL);
  dup2(out, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  close(out);
  close(errors);
  close(ends[1]);
  char text[16];
  const ssize_t printed = read(ends[0], text, sizeof text);
  close(ends[0]);
  assert_true(ran);
  assert_int_equal(printed, 0);
}

static void tells_its_version(void **state) {
  (void)state;
  const char *version = benchmark_library_version();
  assert_true((*version >= '0' && *version <= '9') || !strcmp(version, "unknown"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(prints_nothing),
      cmocka_unit_test(real_time_is_that_of_the_last_iterations),
      cmocka_unit_test(may_be_called_again),
      cmocka_unit_test(calls_at_least_once),
      cmocka_unit_test(earlier_functions_are_not_called_again),
      cmocka_unit_test(real_time_fills_the_minimum),
      cmocka_unit_test(cpu_time_is_of_all_threads),
      cmocka_unit_test(refuses_a_minimum_that_is_none),
      cmocka_unit_test(tells_its_version),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
