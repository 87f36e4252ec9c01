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

static void nothing(void *watcher) {
  (void)watcher;
}

static bool run_batches(void (*function)(void *), void *argument, uint64_t calls,
                        size_t batches, double *batch_ns, benchmark_time *out,
                        error *err) {
  const benchmark_task task = {.function = function,
                               .argument = argument,
                               .calls = calls,
                               .batches = batches,
                               .before = nothing,
                               .after = nothing};
  return benchmark_run(&task, batch_ns, out, err);
}

static void check_against_record(uint64_t calls, size_t batches) {
  static record r;
  double batch_ns[64], sum = 0;
  benchmark_time time;
  error err;
  r.calls = 0;
  assert_true(run_batches(spin_and_record, &r, calls, batches, batch_ns, &time, &err));
  assert_int_equal(r.calls, calls * batches);
  assert_int_equal(time.iterations, calls * batches);
  for (size_t b = 0; b < batches; b++) {
    double seen = 0;
    for (uint64_t i = 0; i < calls; i++) seen += r.ns[b * calls + i];
    const double ratio = batch_ns[b] * (double)calls / seen;
    assert_true(ratio > 0.95);
    assert_true(ratio < 1.3);
    sum += batch_ns[b];
  }
  assert_true(fabs(time.real_ns * (double)batches - sum) < 1e-9 * sum);
  assert_true(time.cpu_ns > 0);
}

static void real_time_is_that_of_each_batch(void **state) {
  (void)state;
  check_against_record(10, 5);
}

static void may_be_called_again(void **state) {
  (void)state;
  check_against_record(10, 1);
  check_against_record(1, 20);
}

static void count_call(void *argument) {
  ++*(uint64_t *)argument;
  spin(CLOCK_MONOTONIC, 2e6);
}

static void earlier_functions_are_not_called_again(void **state) {
  (void)state;
  uint64_t first = 0, second = 0;
  double batch_ns[1];
  benchmark_time time;
  error err;
  assert_true(run_batches(count_call, &first, 1, 1, batch_ns, &time, &err));
  assert_true(time.real_ns >= 2e6);
  assert_true(run_batches(count_call, &second, 1, 1, batch_ns, &time, &err));
  assert_int_equal(first, 1);
  assert_int_equal(second, 1);
}

/* Before and after each batch, outside its time. */
typedef struct surroundings {
  uint64_t calls;
  int before, after;
} surroundings;

static void note_before(void *watcher) {
  surroundings *s = watcher;
  assert_int_equal(s->calls, 3 * s->before++);
  spin(CLOCK_MONOTONIC, 20e6);
}

static void note_after(void *watcher) {
  surroundings *s = watcher;
  assert_int_equal(s->calls, 3 * ++s->after);
}

static void count_quickly(void *argument) {
  ((surroundings *)argument)->calls++;
}

static void watchers_surround_batches(void **state) {
  (void)state;
  surroundings s = {0};
  double batch_ns[4];
  benchmark_time time;
  error err;
  const benchmark_task task = {count_quickly, &s, 3, 4, note_before, note_after, &s};
  assert_true(benchmark_run(&task, batch_ns, &time, &err));
  assert_int_equal(s.before, 4);
  assert_int_equal(s.after, 4);
  assert_true(time.real_ns < 20e6 / 3);
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
  double batch_ns[2];
  benchmark_time time;
  error err;
  assert_true(run_batches(spin_on_two_threads, NULL, 5, 2, batch_ns, &time, &err));
  assert_true(time.cpu_ns >= 1.95e6);
}

static void prints_nothing(void **state) {
  (void)state;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  const int out = dup(STDOUT_FILENO), errors = dup(STDERR_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  dup2(ends[1], STDERR_FILENO);
  uint64_t calls = 0;
  double batch_ns[2];
  benchmark_time time;
  error err;
  const bool ran = run_batches(count_call, &calls, 1, 2, batch_ns, &time, &err);
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
      cmocka_unit_test(real_time_is_that_of_each_batch),
      cmocka_unit_test(may_be_called_again),
      cmocka_unit_test(earlier_functions_are_not_called_again),
      cmocka_unit_test(watchers_surround_batches),
      cmocka_unit_test(cpu_time_is_of_all_threads),
      cmocka_unit_test(tells_its_version),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
