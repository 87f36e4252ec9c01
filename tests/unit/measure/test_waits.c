#include "waits.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "clock.h"

static void spin(double seconds) {
  const double end = clock_now() + seconds;
  while (clock_now() < end) continue;
}

/* To one core. */
static void stay_on(size_t core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  assert_int_equal(sched_setaffinity(0, sizeof set, &set), 0);
}

/* Two processes on one core: each waits while the other computes. */
static void what_others_take_is_waited_for(void **state) {
  (void)state;
  waits w;
  stay_on((size_t)sched_getcpu());
  const pid_t other = fork();
  if (!other) {
    spin(0.5);
    _exit(0);
  }
  assert_true(other > 0);
  waits_open(&w);
  if (w.threads) {
    assert_int_equal(w.threads, 1);
    const double start = clock_now();
    spin(0.3);
    const double elapsed = 1e9 * (clock_now() - start), waited = waits_longest(&w);
    assert_true(waited > 0 && waited < elapsed);
  }
  waits_close(&w);
  assert_int_equal(waitpid(other, NULL, 0), other);
}

static void sleeping_is_no_waiting(void **state) {
  (void)state;
  waits w;
  waits_open(&w);
  usleep(100000);
  assert_true(waits_longest(&w) < 1e8);
  waits_close(&w);
  assert_true(waits_longest(&w) == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_others_take_is_waited_for),
      cmocka_unit_test(sleeping_is_no_waiting),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
