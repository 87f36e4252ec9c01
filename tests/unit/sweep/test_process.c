/* This program is its own child: `test_process child NAME` does what NAME says. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"

enum { RECORD_FD = 3, LENT_FD = 4, MEBIBYTE = 1 << 20 };

static void say(int fd, const char *text) {
  size_t left = strlen(text);
  while (left) {
    const ssize_t n = write(fd, text, left);
    if (n <= 0) _exit(99);
    text += n;
    left -= (size_t)n;
  }
}

static void flood(int fd) {
  char block[4096];
  memset(block, 'y', sizeof block);
  while (write(fd, block, sizeof block) > 0) {
  }
  _exit(0);
}

/* A descendant that ignores what can be ignored, tells its id and then lives on. */
static void leave_behind(bool own_session, bool noisy) {
  int ready[2];
  char byte;
  if (pipe(ready)) _exit(98);
  const pid_t pid = fork();
  if (pid) {
    char text[32];
    snprintf(text, sizeof text, "%d\n", (int)pid);
    if (read(ready[0], &byte, 1) != 1) _exit(97);
    say(RECORD_FD, text);
    return;
  }
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  if (own_session) setsid();
  say(ready[1], "x");
  alarm(60);
  if (noisy) flood(1);
  for (;;) pause();
}

/* Memory that others could share, and that no limit of the system counts; tells when it
 * has it. */
static void hold(size_t mebibytes) {
  const size_t bytes = mebibytes * MEBIBYTE;
  void *block =
      mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) _exit(96);
  memset(block, 1, bytes);
  say(RECORD_FD, "held");
  for (;;) pause();
}

static bool empty_input(void) {
  char byte;
  return read(0, &byte, 1) == 0;
}

static bool only_inherited_descriptors(void) {
  for (int fd = 4; fd < 200; fd++)
    if (fcntl(fd, F_GETFD) >= 0) return false;
  return fcntl(RECORD_FD, F_GETFD) == 0;
}

static int child(const char *what, const char *argument) {
  if (!strcmp(what, "exit")) return atoi(argument);
  if (!strcmp(what, "signal")) raise(atoi(argument));
  if (!strcmp(what, "say")) {
    say(RECORD_FD, argument);
    say(1, "out ");
    say(2, "err");
  }
  if (!strcmp(what, "sleep"))
    for (;;) pause();
  if (!strcmp(what, "stop"))
    for (;;) raise(SIGSTOP);
  if (!strcmp(what, "close")) {
    for (int fd = 0; fd < 200; fd++) close(fd);
    for (;;) pause();
  }
  if (!strcmp(what, "close_and_exit")) {
    for (int fd = 0; fd < 200; fd++) close(fd);
    return 5;
  }
  if (!strcmp(what, "lines"))
    for (int i = 0; i < 100000; i++) printf("line %d\n", i);
  if (!strcmp(what, "flood")) flood(atoi(argument));
  if (!strcmp(what, "huge")) {
    for (int i = 0; i < 4 * PROCESS_RECORD_MAX / 16; i++)
      say(RECORD_FD, "0123456789abcde ");
    say(RECORD_FD, "\n");
  }
  if (!strcmp(what, "grandchild")) leave_behind(false, false);
  if (!strcmp(what, "noisy_grandchild")) leave_behind(false, true);
  if (!strcmp(what, "escaped_grandchild")) leave_behind(true, true);
  if (!strcmp(what, "hanging_grandchild")) {
    leave_behind(false, false);
    for (;;) pause();
  }
  if (!strcmp(what, "hold")) hold((size_t)atoi(argument));
  if (!strcmp(what, "child_holds")) {
    if (fork() == 0) {
      setsid();
      hold((size_t)atoi(argument));
    }
    for (;;) pause();
  }
  if (!strcmp(what, "surroundings")) {
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    return !(empty_input() && only_inherited_descriptors() && getpgrp() == getpid() &&
             !sigismember(&blocked, SIGTERM) &&
             !strcmp(getenv("OPENBLAS_NUM_THREADS"), "1") &&
             !strcmp(getenv("OMP_DYNAMIC"), "false") && !getenv("OMP_THREAD_LIMIT") &&
             !getenv("OPENBLAS_CORETYPE") && !strcmp(getenv("LINKV_TEST_KEPT"), "kept"));
  }
  fflush(stdout);
  return 0;
}

static process_outcome outcome;

static const char *const settings[] = {"OPENBLAS_NUM_THREADS=1", "OMP_DYNAMIC=false",
                                       NULL};

static process_options options_for(double timeout_s) {
  return (process_options){
      .record_fd = RECORD_FD, .timeout_s = timeout_s, .settings = settings, .lent = -1};
}

static void run(const char *what, const char *argument, double timeout_s) {
  char *argv[] = {(char *)"linkv", (char *)"child", (char *)what, (char *)argument, NULL};
  error err;
  const process_options options = options_for(timeout_s);
  memset(&outcome, 0x5a, sizeof outcome);
  EXPECT_OK(process_run_self(argv, &options, &outcome, &err), &err);
}

static void count_tick(void *context) {
  ++*(int *)context;
}

static void a_child_that_takes_long_is_ticked_over(void **state) {
  (void)state;
  char *argv[] = {(char *)"linkv", (char *)"child", (char *)"sleep", (char *)"", NULL};
  int ticks = 0;
  error err;
  process_options options = options_for(2.5);
  options.tick = count_tick;
  options.context = &ticks;
  EXPECT_OK(process_run_self(argv, &options, &outcome, &err), &err);
  assert_true(outcome.timed_out);
  assert_in_range(ticks, 1, 2); /* at 1 s and 2 s, where the machine lets us */
}

static void exit_codes_are_told(void **state) {
  (void)state;
  static const char *const codes[] = {"0", "1", "77", "255"};
  for (size_t i = 0; i < COUNT_OF(codes); i++) {
    run("exit", codes[i], 60);
    assert_true(outcome.exited && !outcome.timed_out);
    assert_int_equal(outcome.exit_code, atoi(codes[i]));
    assert_int_equal(outcome.signal, 0);
    assert_string_equal(outcome.record, "");
    assert_string_equal(outcome.output, "");
  }
}

static void signals_are_told(void **state) {
  (void)state;
  static const int signals[] = {SIGKILL, SIGTERM, SIGUSR1};
  for (size_t i = 0; i < COUNT_OF(signals); i++) {
    char text[16];
    snprintf(text, sizeof text, "%d", signals[i]);
    run("signal", text, 60);
    assert_false(outcome.exited);
    assert_false(outcome.timed_out);
    assert_int_equal(outcome.signal, signals[i]);
    assert_int_equal(outcome.exit_code, 0);
  }
}

static void record_and_output_are_apart(void **state) {
  (void)state;
  run("say", "{\"status\":\"ok\"}\n", 60);
  assert_string_equal(outcome.record, "{\"status\":\"ok\"}\n");
  assert_string_equal(outcome.output, "out err");
  run("say", "no line end", 60);
  assert_string_equal(outcome.record, "no line end");
}

static void a_child_that_hangs_is_killed(void **state) {
  (void)state;
  static const char *const hangs[] = {"sleep", "close", "stop"};
  for (size_t i = 0; i < COUNT_OF(hangs); i++) {
    run(hangs[i], "", 0.3);
    assert_true(outcome.timed_out);
    assert_false(outcome.exited);
    assert_int_equal(outcome.signal, SIGKILL);
  }
}

/* Runs `what` with that much, a limit and a file lent, all in MiB. */
static void run_limited(const char *what, const char *holds, size_t limit, size_t lent,
                        double timeout_s) {
  char *argv[] = {(char *)"linkv", (char *)"child", (char *)what, (char *)holds, NULL};
  error err;
  process_options options = options_for(timeout_s);
  const int file = memfd_create("lent", MFD_CLOEXEC);
  options.memory_limit = limit * MEBIBYTE;
  options.lent = fcntl(file, F_DUPFD_CLOEXEC, PROCESS_LOW_FD);
  options.lent_as = LENT_FD;
  assert_true(file >= 0 && options.lent >= 0);
  assert_int_equal(ftruncate(file, (off_t)(lent * MEBIBYTE)), 0);
  EXPECT_OK(process_run_self(argv, &options, &outcome, &err), &err);
  close(options.lent);
  close(file);
}

static void a_child_that_holds_too_much_is_killed(void **state) {
  (void)state;
  static const char *const ways[] = {"hold", "child_holds"};
  for (size_t i = 0; i < COUNT_OF(ways); i++) {
    run_limited(ways[i], "192", 128, 1, 60);
    assert_true(outcome.out_of_memory && !outcome.timed_out && !outcome.exited);
    assert_int_equal(outcome.signal, SIGKILL);
    assert_in_range(outcome.held_bytes, (size_t)128 * MEBIBYTE, (size_t)320 * MEBIBYTE);
  }
}

/* Neither of them alone would allow what is held. */
static void what_was_lent_and_the_start_are_no_burden(void **state) {
  (void)state;
  run_limited("hold", "180", 128, 48, 3);
  assert_string_equal(outcome.record, "held");
  assert_true(outcome.timed_out && !outcome.out_of_memory);
}

static void no_time_at_all_is_a_timeout(void **state) {
  (void)state;
  run("sleep", "", 0);
  assert_true(outcome.timed_out);
  run("sleep", "", -1);
  assert_true(outcome.timed_out);
}

static void a_child_that_closes_everything_is_waited_for(void **state) {
  (void)state;
  run("close_and_exit", "", 60);
  assert_true(outcome.exited);
  assert_int_equal(outcome.exit_code, 5);
}

static void of_much_output_the_end_is_kept(void **state) {
  (void)state;
  run("lines", "", 60);
  const size_t length = strlen(outcome.output);
  assert_true(outcome.exited && outcome.exit_code == 0);
  assert_true(length > PROCESS_OUTPUT_MAX / 4 && length < PROCESS_OUTPUT_MAX);
  assert_non_null(strstr(outcome.output, "\nline 99998\nline 99999\n"));
  assert_string_equal(outcome.output + length - 11, "line 99999\n");
}

static void endless_output_ends_with_the_timeout(void **state) {
  (void)state;
  static const char *const descriptors[] = {"1", "2", "3"};
  for (size_t i = 0; i < COUNT_OF(descriptors); i++) {
    run("flood", descriptors[i], 0.3);
    assert_true(outcome.timed_out);
    const bool record = i == 2;
    assert_int_equal(outcome.record[0], record ? 'y' : 0);
    assert_int_equal(outcome.output[0], record ? 0 : 'y');
  }
}

static void a_huge_record_is_cut(void **state) {
  (void)state;
  run("huge", "", 60);
  assert_true(outcome.exited && outcome.exit_code == 0);
  assert_int_equal(strlen(outcome.record), PROCESS_RECORD_MAX - 1);
  assert_int_equal(strncmp(outcome.record, "0123456789abcde 0123", 20), 0);
  assert_null(strchr(outcome.record, '\n'));
}

/* Whether the process is gone, or dead and not yet buried, soon. */
static bool gone(pid_t pid) {
  for (int tries = 0; tries < 1000; tries++) {
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *in = fopen(path, "r");
    if (!in) return true;
    const size_t got = fread(text, 1, sizeof text - 1, in);
    fclose(in);
    const char *after = got ? strrchr(text, ')') : NULL;
    if (!after || after[2] == 'Z' || after[2] == 'X') return true;
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  }
  return false;
}

static void grandchildren_are_killed(void **state) {
  (void)state;
  static const struct {
    const char *what;
    double timeout_s;
  } ways[] = {{"grandchild", 60}, {"noisy_grandchild", 60}, {"hanging_grandchild", 1}};
  for (size_t i = 0; i < COUNT_OF(ways); i++) {
    run(ways[i].what, "", ways[i].timeout_s);
    assert_true(outcome.timed_out == (ways[i].timeout_s < 60));
    const pid_t pid = (pid_t)atoi(outcome.record);
    assert_true(pid > 0);
    if (!gone(pid)) fail_msg("%s lives on", ways[i].what);
  }
}

/* It writes for ever into a pipe of ours, but its parent has ended. */
static void a_grandchild_that_escapes_holds_nobody_up(void **state) {
  (void)state;
  run("escaped_grandchild", "", 60);
  const pid_t pid = (pid_t)atoi(outcome.record);
  assert_true(pid > 0);
  kill(pid, SIGKILL);
  assert_true(outcome.exited && !outcome.timed_out);
  assert_int_equal(outcome.exit_code, 0);
}

static void children_start_in_clean_surroundings(void **state) {
  (void)state;
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  for (int fd = 4; fd < 200; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC); /* this test's own */
  setenv("OPENBLAS_NUM_THREADS", "64", 1);
  setenv("OMP_DYNAMIC", "true", 1);
  setenv("OMP_THREAD_LIMIT", "1", 1);
  setenv("OPENBLAS_CORETYPE", "Prescott", 1);
  setenv("LINKV_TEST_KEPT", "kept", 1);
  run("surroundings", "", 60);
  sigprocmask(SIG_SETMASK, &before, NULL);
  assert_true(outcome.exited);
  assert_int_equal(outcome.exit_code, 0);
}

static size_t open_descriptors(void) {
  size_t count = 0;
  for (int fd = 0; fd < 1024; fd++) count += fcntl(fd, F_GETFD) >= 0;
  return count;
}

static void no_descriptor_leaks(void **state) {
  (void)state;
  const size_t before = open_descriptors();
  for (int i = 0; i < 5; i++) run("say", "x\n", 60);
  run("sleep", "", 0.05);
  assert_int_equal(open_descriptors(), before);
}

/* Where the parent ignores SIGCHLD nobody can tell a crash from an exit. */
static void an_unknown_end_is_an_error(void **state) {
  (void)state;
  char *argv[] = {(char *)"linkv", (char *)"child", (char *)"exit", (char *)"0", NULL};
  error err;
  const process_options options = options_for(60);
  signal(SIGCHLD, SIG_IGN);
  const bool ok = process_run_self(argv, &options, &outcome, &err);
  signal(SIGCHLD, SIG_DFL);
  assert_false(ok);
  EXPECT_SAYS(&err, "a worker", "is SIGCHLD ignored?");
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exit_codes_are_told),
      cmocka_unit_test(signals_are_told),
      cmocka_unit_test(a_child_that_takes_long_is_ticked_over),
      cmocka_unit_test(record_and_output_are_apart),
      cmocka_unit_test(a_child_that_hangs_is_killed),
      cmocka_unit_test(a_child_that_holds_too_much_is_killed),
      cmocka_unit_test(what_was_lent_and_the_start_are_no_burden),
      cmocka_unit_test(no_time_at_all_is_a_timeout),
      cmocka_unit_test(a_child_that_closes_everything_is_waited_for),
      cmocka_unit_test(of_much_output_the_end_is_kept),
      cmocka_unit_test(endless_output_ends_with_the_timeout),
      cmocka_unit_test(a_huge_record_is_cut),
      cmocka_unit_test(grandchildren_are_killed),
      cmocka_unit_test(a_grandchild_that_escapes_holds_nobody_up),
      cmocka_unit_test(children_start_in_clean_surroundings),
      cmocka_unit_test(no_descriptor_leaks),
      cmocka_unit_test(an_unknown_end_is_an_error),
  };
  if (argc == 4 && !strcmp(argv[1], "child")) return child(argv[2], argv[3]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
