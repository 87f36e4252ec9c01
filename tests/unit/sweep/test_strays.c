#include "strays.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "sleeper.h"

static bool alive(pid_t pid) {
  return kill(pid, 0) == 0;
}

/* A child that leaves a sleeper in a session of its own behind; the sleeper's id. */
static pid_t leave_orphan(void) {
  int ends[2];
  pid_t orphan = 0;
  assert_int_equal(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const pid_t own = fork();
    if (own == 0) {
      setsid();
      for (;;) pause();
    }
    const ssize_t wrote = write(ends[1], &own, sizeof own);
    _exit(wrote == sizeof own ? 0 : 1);
  }
  assert_int_equal(read(ends[0], &orphan, sizeof orphan), sizeof orphan);
  assert_int_equal(waitpid(child, NULL, 0), child);
  close(ends[0]);
  close(ends[1]);
  return orphan;
}

static void an_orphan_is_killed(void **state) {
  (void)state;
  const strays before = strays_before();
  const pid_t orphan = leave_orphan();
  assert_true(alive(orphan));
  strays_kill(&before);
  assert_false(alive(orphan));
  assert_int_equal(errno, ESRCH);
}

static void children_from_before_are_spared(void **state) {
  (void)state;
  const pid_t earlier = start_sleeper();
  const strays before = strays_before();
  assert_int_equal(before.count, 1);
  assert_int_equal(before.other[0], earlier);
  const pid_t orphan = leave_orphan();
  strays_kill(&before);
  assert_true(alive(earlier));
  assert_false(alive(orphan));
  kill(earlier, SIGKILL);
  waitpid(earlier, NULL, 0);
}

static void no_stray_is_no_matter(void **state) {
  (void)state;
  const strays before = strays_before();
  assert_int_equal(before.count, 0);
  strays_kill(&before);
  assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_orphan_is_killed),
      cmocka_unit_test(children_from_before_are_spared),
      cmocka_unit_test(no_stray_is_no_matter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
