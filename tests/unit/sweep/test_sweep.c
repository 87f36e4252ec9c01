/* sweep_run with a worker that measures nothing: this program, started again as
 * `test_sweep worker ...`, notes its arguments and does what its --seq-len says. */
#include "sweep.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>

#include "../scratch.h"
#include "estimate.h"
#include "linkv/driver.h"
#include "linkv/registry.h"
#include "worker_words.h"

/* Lengths at which a worker does something else than succeed. */
enum {
  CRASHES = 101,
  SAYS_NOTHING,
  SAYS_NONSENSE,
  SAYS_TWICE,
  FAILS_AFTERWARDS,
  HANGS,
  IS_WRONG,
  IS_SKIPPED,
  DIFFERS,
  IS_UNDECIDED,
  IS_NOISY,
  IS_DISTURBED
};

/* Appends "KERNEL LENGTH JUDGED\n" to the log; the number of lines then in it. */
static int note(int argc, char **argv) {
  char line[128], text[1 << 16];
  const int fd = open(getenv("LINKV_TEST_LOG"), O_RDWR | O_CREAT | O_APPEND, 0600);
  const int n = snprintf(line, sizeof line, "%s %s %d\n", option(argc, argv, "--kernel"),
                         option(argc, argv, "--seq-len"), flag(argc, argv, "--judge"));
  if (fd < 0 || write(fd, line, (size_t)n) != n) _exit(90);
  const ssize_t got = pread(fd, text, sizeof text, 0);
  int lines = 0;
  for (ssize_t i = 0; i < got; i++) lines += text[i] == '\n';
  return lines;
}

/* Ctrl-C, and again: the sweep gives this worker up. */
static void ask_twice(void) {
  kill(getppid(), SIGINT);
  nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
  kill(getppid(), SIGINT);
  for (;;) pause();
}

static int worker(int argc, char **argv) {
  if (flag(argc, argv, "--prepare")) return 0;
  const int call = note(argc, argv), length = atoi(option(argc, argv, "--seq-len"));
  const char *interrupt = getenv("LINKV_TEST_INTERRUPT_AT");
  const char *kill_at = getenv("LINKV_TEST_KILL_AT");
  const char *give_up = getenv("LINKV_TEST_GIVE_UP_AT");
  FILE *out = fdopen(3, "w");
  if (!out) return 91;
  if (kill_at && call == atoi(kill_at)) kill(getppid(), SIGKILL);
  if (interrupt && call == atoi(interrupt)) kill(getppid(), SIGINT);
  if (give_up && call == atoi(give_up)) ask_twice();
  fprintf(stderr, "worker %d\n", call);
  switch (length) {
    case CRASHES:
      abort();
    case SAYS_NOTHING:
      return 0;
    case SAYS_NONSENSE:
      fputs("{\"status\":\"splendid\"}\n", out);
      break;
    case HANGS:
      for (;;) pause();
    case IS_WRONG:
      fputs("{\"status\":\"wrong\",\"reason\":\"NaN\",\"verdict\":\"wrong\"}\n", out);
      break;
    case IS_SKIPPED:
      fputs("{\"status\":\"skipped\",\"reason\":\"no\"}\n", out);
      break;
    case IS_UNDECIDED:
      fputs("{\"status\":\"ill_conditioned\",\"reason\":\"few\",\"time_ns\":5}\n", out);
      break;
    case IS_NOISY:
      fprintf(out, "{\"status\":\"ok\",\"time_ns\":%d,\"output_hash\":\"aa\"}\n",
              100 + 20 * (call % 2));
      break;
    case IS_DISTURBED:
      fputs(
          "{\"status\":\"ok\",\"time_ns\":5,\"disturbed\":\"neighbours\","
          "\"output_hash\":\"aa\"}\n",
          out);
      break;
    case DIFFERS:
      fprintf(out, "{\"status\":\"ok\",\"time_ns\":5,\"output_hash\":\"%d\"}\n", call);
      break;
    default:
      fprintf(out, "{\"status\":\"ok\",\"time_ns\":%d,\"output_hash\":\"aa\"}\n", length);
  }
  if (length == SAYS_TWICE) fputs("{\"status\":\"ok\"}\n", out);
  fclose(out);
  return length == FAILS_AFTERWARDS ? 7 : 0;
}

/* A plan, a database and the log of one test. */
typedef struct fixture {
  point points[64];
  plan plan;
  sweep_options options;
  char *database, *log;
} fixture;

static void add_point(fixture *f, const char *kernel, size_t seq_len) {
  point *p = &f->points[f->plan.count++];
  *p = (point){
      .kernel = lkv_kernel_find(kernel),
      .regime = "gaussian",
      .seed = 1,
      .problem = {.batch = 1, .seq_len = seq_len, .heads = 1, .head_dim = 8, .eps = 1e-6},
      .threads = 1};
  assert_non_null(p->kernel);
  p->problem = lkv_resolve_tiles(p->kernel, p->problem);
}

static void open_fixture(fixture *f, const char *name) {
  char text[64];
  *f = (fixture){.options = {.label = "default",
                             .repetitions = 3,
                             .min_time_s = 0.05,
                             .timeout_s = 60,
                             .order_seed = 1,
                             .command = "linkv sweep"}};
  f->plan.point = f->points;
  snprintf(text, sizeof text, "%s.db", name);
  f->database = scratch_path(text);
  snprintf(text, sizeof text, "%s.log", name);
  f->log = scratch_path(text);
  setenv("LINKV_TEST_LOG", f->log, 1);
}

static void close_fixture(fixture *f) {
  free(f->database);
  free(f->log);
  unsetenv("LINKV_TEST_INTERRUPT_AT");
  unsetenv("LINKV_TEST_KILL_AT");
  unsetenv("LINKV_TEST_GIVE_UP_AT");
}

/* Three kernels at two lengths. */
static void add_six_points(fixture *f) {
  static const char *const kernels[] = {"scalar_row", "scalar_per_step",
                                        "scalar_stream_online"};
  for (size_t t = 8; t <= 16; t *= 2)
    for (size_t k = 0; k < 3; k++) add_point(f, kernels[k], t);
}

static sweep_summary run(const fixture *f) {
  store *s;
  sweep_summary summary;
  error err;
  EXPECT_OK(store_open(f->database, &s, &err), &err);
  EXPECT_OK(sweep_run(&f->plan, &f->options, s, &summary, &err), &err);
  store_close(s);
  return summary;
}

static rows read_rows(const fixture *f) {
  rows all;
  error err;
  EXPECT_OK(store_read_rows(f->database, STORE_LATEST_BUILD, NULL, &all, &err), &err);
  return all;
}

static char *read_log(const fixture *f) {
  char *text = calloc(1, 1 << 16);
  FILE *in = fopen(f->log, "r");
  assert_non_null(text);
  assert_non_null(in);
  text[fread(text, 1, (1 << 16) - 1, in)] = 0;
  fclose(in);
  return text;
}

static size_t count_lines(const fixture *f, const char *ending) {
  char *text = read_log(f);
  size_t count = 0;
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    const size_t n = strlen(line), m = strlen(ending);
    count += n >= m && !strcmp(line + n - m, ending);
  }
  free(text);
  return count;
}

/* Six rows of three repetitions, all ok. */
static void expect_complete(const fixture *f) {
  rows all = read_rows(f);
  assert_int_equal(all.count, 6);
  for (size_t i = 0; i < all.count; i++) {
    assert_string_equal(all.row[i].field[ROW_status].text, "ok");
    assert_int_equal(all.row[i].field[ROW_repetitions].integer, 3);
    assert_true(all.row[i].field[ROW_time_ns].real ==
                (double)all.row[i].field[ROW_seq_len].integer);
  }
  rows_free(&all);
}

static void every_point_is_measured_and_then_no_more(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, "complete");
  add_six_points(&f);
  sweep_summary s = run(&f);
  assert_int_equal(s.points, 6);
  assert_int_equal(s.complete_before, 0);
  assert_int_equal(s.measured, 18);
  assert_int_equal(s.by_severity[0], 6);
  assert_false(s.interrupted);
  expect_complete(&f);
  assert_int_equal(count_lines(&f, ""), 18);
  assert_int_equal(count_lines(&f, " 1"), 6); /* the first repetition is judged */
  s = run(&f);
  assert_int_equal(s.complete_before, 6);
  assert_int_equal(s.measured, 0);
  assert_int_equal(s.by_severity[0], 6);
  assert_int_equal(count_lines(&f, ""), 18);
  close_fixture(&f);
}

static void what_changes_the_key_is_measured_again(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, "keys");
  add_point(&f, "scalar_row", 8);
  assert_int_equal(run(&f).measured, 3);
  f.options.label = "other";
  assert_int_equal(run(&f).measured, 3);
  f.options.min_time_s = 0.1;
  assert_int_equal(run(&f).measured, 3);
  f.options.order_seed = 9;
  f.options.timeout_s = 50;
  assert_int_equal(run(&f).measured, 0);
  f.options.repetitions = 5;
  assert_int_equal(run(&f).measured, 2);
  close_fixture(&f);
}

static void an_interrupted_sweep_resumes(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, "interrupted");
  add_six_points(&f);
  setenv("LINKV_TEST_INTERRUPT_AT", "5", 1);
  sweep_summary s = run(&f);
  assert_true(s.interrupted);
  assert_int_equal(s.measured, 5);
  assert_int_equal(s.by_severity[0], 0); /* all have some of their repetitions */
  assert_int_equal(s.unfinished, 3);
  unsetenv("LINKV_TEST_INTERRUPT_AT");
  s = run(&f);
  assert_false(s.interrupted);
  assert_int_equal(s.measured, 13);
  assert_int_equal(count_lines(&f, ""), 18);
  assert_int_equal(count_lines(&f, " 1"), 6);
  expect_complete(&f);
  close_fixture(&f);
}

/* Killed outright in its nth repetition: that one alone is done again. */
static void a_killed_sweep_loses_and_doubles_nothing(void **state) {
  (void)state;
  for (int at = 1; at <= 18; at += 4) {
    fixture f;
    char name[32], text[16];
    int status;
    snprintf(name, sizeof name, "killed_%d", at);
    snprintf(text, sizeof text, "%d", at);
    open_fixture(&f, name);
    add_six_points(&f);
    setenv("LINKV_TEST_KILL_AT", text, 1);
    const pid_t child = fork();
    if (!child) {
      run(&f);
      _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    unsetenv("LINKV_TEST_KILL_AT");
    assert_int_equal(run(&f).measured, 18 - (at - 1));
    assert_int_equal(count_lines(&f, ""), 19);
    expect_complete(&f);
    close_fixture(&f);
  }
}

static void workers_that_fail_cost_a_row(void **state) {
  (void)state;
  static const struct {
    size_t length;
    const char *status, *reason;
    int64_t timed;
  } known[] = {
      {CRASHES, "crashed", "killed by SIGABRT (Aborted): worker ", 0},
      {SAYS_NOTHING, "crashed", "code 0, without a whole record: worker ", 0},
      {SAYS_NONSENSE, "crashed", "code 0, record has no valid status: worker ", 0},
      {SAYS_TWICE, "crashed", "code 0, without a whole record: worker ", 0},
      {FAILS_AFTERWARDS, "crashed", "code 7, without a whole record: worker ", 0},
      {HANGS, "timeout", "killed after 0.5 s (timeout)", 0},
      {IS_WRONG, "wrong", "NaN", 0},
      {IS_SKIPPED, "skipped", "no", 0},
      {DIFFERS, "untrusted", "differs between repetitions", 2},
      {IS_UNDECIDED, "ill_conditioned", "few", 3},
  };
  fixture f;
  open_fixture(&f, "failures");
  f.options.timeout_s = 0.5;
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    add_point(&f, "scalar_row", known[i].length);
    f.points[i].seed = i + 1; /* or those longer than one that hangs would be skipped */
  }
  const sweep_summary s = run(&f);
  assert_int_equal(s.measured, COUNT_OF(known) + 3);
  assert_int_equal(s.by_severity[status_severity("crashed")], 5);
  assert_int_equal(s.by_severity[status_severity("timeout")], 1);
  assert_int_equal(s.by_severity[status_severity("wrong")], 1);
  assert_int_equal(s.by_severity[status_severity("skipped")], 1);
  assert_int_equal(s.by_severity[status_severity("untrusted")], 1);
  assert_int_equal(s.by_severity[status_severity("ok")], 0);
  rows all = read_rows(&f);
  assert_int_equal(all.count, COUNT_OF(known));
  for (size_t i = 0; i < all.count; i++) {
    const value *v = all.row[i].field;
    assert_int_equal(v[ROW_seq_len].integer, known[i].length);
    assert_string_equal(v[ROW_status].text, known[i].status);
    if (!strstr(v[ROW_reason].text, known[i].reason)) fail_msg("%s", v[ROW_reason].text);
    assert_int_equal(v[ROW_repetitions].integer, known[i].timed);
  }
  rows_free(&all);
  assert_int_equal(run(&f).measured, 0);
  close_fixture(&f);
}

static int64_t repetitions_of(const fixture *f, size_t length, int field) {
  rows all = read_rows(f);
  int64_t found = -1;
  for (size_t i = 0; i < all.count; i++)
    if (all.row[i].field[ROW_seq_len].integer == (int64_t)length)
      found = all.row[i].field[field].integer;
  rows_free(&all);
  return found;
}

/* Six equal times have an interval of 95 %, and no width; times that swing by a fifth
 * never come within 1 %. What was enough before is enough again. */
static void repetitions_go_on_until_precise(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, "precise");
  add_point(&f, "scalar_row", 8);
  add_point(&f, "scalar_row", IS_NOISY);
  f.options.precision = 0.01;
  f.options.max_repetitions = 17;
  assert_int_equal(run(&f).measured, 6 + 17);
  assert_int_equal(repetitions_of(&f, 8, ROW_repetitions), 6);
  assert_int_equal(repetitions_of(&f, IS_NOISY, ROW_repetitions), 17);
  assert_int_equal(run(&f).measured, 0);
  f.options.max_repetitions = 20;
  assert_int_equal(run(&f).measured, 3);
  close_fixture(&f);
}

/* Its repetitions come first, whatever the budget; then the least precise get more. */
static void a_budget_goes_to_the_least_precise(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, "budget");
  add_point(&f, "scalar_row", 8);
  add_point(&f, "scalar_row", IS_NOISY);
  f.options.max_repetitions = 12;
  f.options.budget_s = 1e-9;
  assert_int_equal(run(&f).measured, 2 * 3);
  f.options.budget_s = 60;
  assert_int_equal(run(&f).measured, 3 + 9);
  assert_int_equal(repetitions_of(&f, 8, ROW_repetitions), 6);
  assert_int_equal(repetitions_of(&f, IS_NOISY, ROW_repetitions), 12);
  assert_int_equal(run(&f).measured, 0);
  close_fixture(&f);
}

/* Twice more at most, and not for ever where the machine is always busy. */
static void disturbed_repetitions_are_measured_again(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, "disturbed");
  f.options.repetitions = 12;
  add_point(&f, "scalar_row", IS_DISTURBED);
  assert_int_equal(run(&f).measured, 12);
  assert_int_equal(repetitions_of(&f, IS_DISTURBED, ROW_disturbed), 12);
  const int64_t discarded = repetitions_of(&f, IS_DISTURBED, ROW_discarded);
  assert_in_range(discarded, 3, 5);
  assert_int_equal(count_lines(&f, ""), 12 + discarded);
  close_fixture(&f);
}

/* What was measured is not lost where measuring it again is given up. */
static void a_disturbed_repetition_outlives_its_replacement(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, "outlives");
  f.options.repetitions = 1;
  add_point(&f, "scalar_row", IS_DISTURBED);
  setenv("LINKV_TEST_GIVE_UP_AT", "2", 1);
  assert_int_equal(run(&f).measured, 1);
  assert_int_equal(count_lines(&f, ""), 2);
  assert_int_equal(repetitions_of(&f, IS_DISTURBED, ROW_disturbed), 1);
  assert_int_equal(repetitions_of(&f, IS_DISTURBED, ROW_discarded), 0);
  close_fixture(&f);
}

/* A round of all the points of a shape comes before the next; the order within a round is
 * the seed's. */
static void points_of_a_shape_are_interleaved(void **state) {
  (void)state;
  static char *logs[4];
  static const uint64_t seeds[] = {1, 2, 3, 1};
  for (size_t i = 0; i < 4; i++) {
    fixture f;
    char name[32];
    snprintf(name, sizeof name, "order_%zu", i);
    open_fixture(&f, name);
    add_six_points(&f);
    f.options.order_seed = seeds[i];
    run(&f);
    logs[i] = read_log(&f);
    close_fixture(&f);
  }
  assert_string_equal(logs[0], logs[3]);
  assert_true(strcmp(logs[0], logs[1]) != 0 || strcmp(logs[0], logs[2]) != 0);
  size_t line = 0;
  unsigned seen = 0;
  const char *lines[18];
  for (char *text = strtok(logs[0], "\n"); text; text = strtok(NULL, "\n"), line++) {
    assert_true(line < 18);
    lines[line] = text;
    assert_non_null(strstr(text, line < 9 ? " 8 " : " 16 "));
    seen |= strstr(text, "_row ") ? 1 : strstr(text, "_per_step ") ? 2 : 4;
    if (line % 3 == 2) {
      assert_int_equal(seen, 7);
      seen = 0;
    }
  }
  assert_int_equal(line, 18);
  /* Round 2 of a shape is round 1 backwards, but that nothing is judged again. */
  for (size_t i = 0; i < 3; i++)
    assert_memory_equal(lines[i], lines[5 - i], strlen(lines[i]) - 1);
  for (size_t i = 0; i < 4; i++) free(logs[i]);
}

static void forecasts_count_what_is_left(void **state) {
  (void)state;
  fixture f;
  sweep_forecast before, after;
  error err;
  store *s;
  open_fixture(&f, "forecast");
  add_six_points(&f);
  EXPECT_OK(store_open(f.database, &s, &err), &err);
  EXPECT_OK(sweep_forecast_of(&f.plan, &f.options, s, &before, &err), &err);
  assert_int_equal(before.points, 6);
  assert_int_equal(before.complete, 0);
  assert_int_equal(before.repetitions, 18);
  assert_int_equal(before.guessed, 18);
  assert_true(before.seconds > 18 * 0.05 && before.seconds < 60);
  double seconds = 0;
  for (size_t i = 0; i < 6; i++) {
    assert_int_equal(before.each[i].repetitions, 3);
    assert_true(before.each[i].guessed && !*before.each[i].skipped);
    seconds += before.each[i].seconds;
  }
  assert_true(seconds <= before.seconds);
  sweep_forecast_free(&before);
  store_close(s);
  setenv("LINKV_TEST_INTERRUPT_AT", "10", 1);
  run(&f);
  EXPECT_OK(store_open(f.database, &s, &err), &err);
  EXPECT_OK(sweep_forecast_of(&f.plan, &f.options, s, &after, &err), &err);
  assert_int_equal(after.complete, 3);
  assert_int_equal(after.repetitions, 8);
  assert_int_equal(after.guessed, 0);
  assert_true(after.seconds > 0 && after.seconds < seconds);
  sweep_forecast_free(&after);
  store_close(s);
  close_fixture(&f);
}

/* Two sweeps of the same plan share the work's rows, whoever was first. */
static void sweeps_at_once_double_nothing(void **state) {
  (void)state;
  fixture f;
  int status;
  open_fixture(&f, "at_once");
  add_six_points(&f);
  const pid_t child = fork();
  run(&f);
  if (!child) _exit(0);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  expect_complete(&f);
  close_fixture(&f);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_point_is_measured_and_then_no_more),
      cmocka_unit_test(what_changes_the_key_is_measured_again),
      cmocka_unit_test(an_interrupted_sweep_resumes),
      cmocka_unit_test(a_killed_sweep_loses_and_doubles_nothing),
      cmocka_unit_test(workers_that_fail_cost_a_row),
      cmocka_unit_test(repetitions_go_on_until_precise),
      cmocka_unit_test(a_budget_goes_to_the_least_precise),
      cmocka_unit_test(disturbed_repetitions_are_measured_again),
      cmocka_unit_test(a_disturbed_repetition_outlives_its_replacement),
      cmocka_unit_test(points_of_a_shape_are_interleaved),
      cmocka_unit_test(forecasts_count_what_is_left),
      cmocka_unit_test(sweeps_at_once_double_nothing),
  };
  if (argc > 1 && !strcmp(argv[1], "worker")) return worker(argc, argv);
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
