#include "crash_report.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"

static char said[4096];

/* A child that installs the report and raises the signal; what it ended with. */
static int end_of(int number) {
  int ends[2], status;
  size_t used = 0;
  ssize_t n;
  assert_int_equal(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const struct rlimit none = {0};
    setrlimit(RLIMIT_CORE, &none);
    dup2(ends[1], STDERR_FILENO);
    crash_report_install();
    raise(number);
    _exit(0);
  }
  close(ends[1]);
  while (used < sizeof said - 1 &&
         (n = read(ends[0], said + used, sizeof said - 1 - used)) > 0)
    used += (size_t)n;
  said[used] = 0;
  close(ends[0]);
  assert_int_equal(waitpid(child, &status, 0), child);
  return status;
}

/* It is the signal that ends the process, and one line tells the place: a function of a
 * program that exports none has no name, but its file and offset. */
static void signals_tell_a_place_and_end_it(void **state) {
  (void)state;
  static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
  for (size_t i = 0; i < COUNT_OF(signals); i++) {
    const int status = end_of(signals[i]);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), signals[i]);
    assert_true(!strncmp(said, "in ", 3) || !strncmp(said, "at ", 3));
    assert_non_null(strstr(said, "unit_sweep_crash_report+0x"));
    assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
  }
}

static void other_signals_tell_nothing(void **state) {
  (void)state;
  const int status = end_of(SIGTERM);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  assert_string_equal(said, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(signals_tell_a_place_and_end_it),
      cmocka_unit_test(other_signals_tell_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
