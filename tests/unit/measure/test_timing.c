/* Timing and noise: what is counted and what is left out. No wall time is asserted but as
 * a bound that the timed function itself makes sure of. */
#include "timing.h"

#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"
#include "clock.h"

/* Its first calls take longer, ever less so. */
typedef struct warming {
  uint64_t calls, cold;
  double call_s;
} warming;

static void spin(double seconds) {
  const double end = clock_now() + seconds;
  while (clock_now() < end) continue;
}

static void call(void *argument) {
  warming *w = argument;
  const double left = (double)w->cold - (double)w->calls++;
  spin(w->call_s * (left > 0 ? 1 + 9 * left / (double)w->cold : 1));
}

static void calls_are_counted(void **state) {
  (void)state;
  warming w = {.call_s = 50e-6};
  timing t;
  error err;
  EXPECT_OK(timing_take(call, &w, 60e-6, 0.02, &t, &err), &err);
  assert_int_equal(w.calls, t.warmup + t.iterations);
  assert_true(t.warmup >= 1);
  assert_true(t.batches >= 10 && t.iterations % t.batches == 0);
  assert_true(t.undisturbed <= t.batches);
  assert_true(t.min_ns >= 50e3);
  assert_true(t.min_ns <= t.time_ns && t.min_ns <= t.mean_ns);
}

/* Forty calls that take ten times as long at first are not among those that are timed, if
 * there is time enough. */
static void cold_calls_are_warm_up(void **state) {
  (void)state;
  timing t = {0};
  error err;
  /* Where others take the core three times in a row a call does not seem to fall. */
  for (int trial = 0; trial < 20 && t.warmup < 30; trial++) {
    warming w = {.call_s = 100e-6, .cold = 40};
    EXPECT_OK(timing_take(call, &w, 1e-3, 0.5, &t, &err), &err);
  }
  assert_true(t.warmup >= 30);
  warming long_cold = {.call_s = 100e-6, .cold = 100000};
  EXPECT_OK(timing_take(call, &long_cold, 1e-3, 0.01, &t, &err), &err);
  assert_true(t.warmup < 20);
}

static void one_call_that_fills_the_time_is_one(void **state) {
  (void)state;
  warming w = {.call_s = 5e-3};
  timing t;
  error err;
  EXPECT_OK(timing_take(call, &w, 5e-3, 0.004, &t, &err), &err);
  assert_int_equal(w.calls, 1);
  assert_int_equal(t.warmup, 0);
  assert_int_equal(t.batches, 1);
  assert_true(t.time_ns == t.mean_ns && t.time_ns == t.min_ns && t.time_ns >= 5e6);
}

static void a_minimum_that_is_none_is_refused(void **state) {
  (void)state;
  const double bad[] = {0, -1, NAN, INFINITY};
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    warming w = {.call_s = 1e-6};
    timing t;
    error err;
    assert_false(timing_take(call, &w, 1e-6, bad[i], &t, &err));
    EXPECT_SAYS(&err, "greater than 0");
    assert_int_equal(w.calls, 0);
  }
}

static void disturbances_have_a_name(void **state) {
  (void)state;
  char text[128];
  timing t = {.batches = 40, .undisturbed = 5, .noise = {.stolen_share = NAN}};
  assert_null(timing_disturbance(&t, text, sizeof text));
  t.undisturbed = 4;
  assert_string_equal(timing_disturbance(&t, text, sizeof text),
                      "in 36 of 40 batches a thread had to give up its core");
  t.batches = 16;
  assert_null(timing_disturbance(&t, text, sizeof text));
  t.noise.stolen_share = 0.01;
  assert_null(timing_disturbance(&t, text, sizeof text));
  t.noise.stolen_share = 0.25;
  assert_string_equal(timing_disturbance(&t, text, sizeof text),
                      "the hypervisor took 25 % of the processors");
}

/* Two processes that want the same core take it from each other. */
static void a_shared_core_is_seen(void **state) {
  (void)state;
  cpu_set_t all, one;
  assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
  CPU_ZERO(&one);
  for (size_t i = 0; i < CPU_SETSIZE; i++)
    if (CPU_ISSET(i, &all)) {
      CPU_SET(i, &one);
      break;
    }
  assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
  const pid_t rival = fork();
  if (!rival) {
    alarm(20);
    for (;;) continue;
  }
  const noise_counters from = noise_read();
  spin(0.3);
  const noise_counters to = noise_read();
  const double load = noise_load();
  char cores[64];
  noise_cores(cores, sizeof cores);
  kill(rival, SIGKILL);
  waitpid(rival, NULL, 0);
  sched_setaffinity(0, sizeof all, &all);
  const noise n = noise_between(&from, &to);
  assert_true(n.switches >= 1);
  assert_true(isnan(n.waited_share) || n.waited_share > 0.05);
  assert_true(isnan(load) || load >= 2);
  assert_int_equal(strspn(cores, "0123456789"), strlen(cores));
}

static void differences_are_shares_of_the_time(void **state) {
  (void)state;
  const double processors = (double)sysconf(_SC_NPROCESSORS_ONLN);
  const noise_counters from = {.time_s = 5, .stolen_s = 1, .waited_s = 2, .switches = 7};
  const noise_counters to = {.time_s = 7, .stolen_s = 1.5, .waited_s = 3, .switches = 9};
  const noise n = noise_between(&from, &to);
  assert_true(n.stolen_share == 0.25 / processors);
  assert_true(n.waited_share == 0.5);
  assert_true(n.switches == 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(calls_are_counted),
      cmocka_unit_test(cold_calls_are_warm_up),
      cmocka_unit_test(one_call_that_fills_the_time_is_one),
      cmocka_unit_test(a_minimum_that_is_none_is_refused),
      cmocka_unit_test(disturbances_have_a_name),
      cmocka_unit_test(a_shared_core_is_seen),
      cmocka_unit_test(differences_are_shares_of_the_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
