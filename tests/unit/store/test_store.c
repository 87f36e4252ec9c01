#include "store.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "sample.h"

static void a_missing_database_is_made_and_found_again(void **state) {
  (void)state;
  char *path = scratch_path("made.db");
  error err;
  store *s;
  rows all;
  int64_t run;
  s = sample_store_at(path, &run);
  assert_true(sample_add(s, run, 32, 1, sample_record("ok", 5)));
  store_close(s);
  EXPECT_OK(store_read_rows(path, STORE_LATEST_BUILD, NULL, &all, &err), &err);
  assert_int_equal(all.count, 1);
  rows_free(&all);
  EXPECT_OK(store_open(path, &s, &err), &err);
  assert_false(sample_add(s, run, 32, 1, sample_record("ok", 5)));
  store_close(s);
  free(path);
}

static void an_empty_file_becomes_a_database(void **state) {
  (void)state;
  char *path = scratch_path("empty.db");
  error err;
  store *s;
  scratch_write(path, "", 0);
  assert_false(store_open_reader(path, &s, &err));
  EXPECT_SAYS(&err, path, "an empty database; 'linkv sweep' fills one");
  EXPECT_OK(store_open(path, &s, &err), &err);
  store_close(s);
  free(path);
}

static void reading_does_not_make_a_database(void **state) {
  (void)state;
  char *path = scratch_path("missing.db");
  store *s = (store *)1;
  rows all;
  error err;
  assert_false(store_open_reader(path, &s, &err));
  EXPECT_SAYS(&err, path, "no such database", "linkv sweep");
  assert_null(s);
  assert_false(store_read_rows(path, STORE_LATEST_BUILD, NULL, &all, &err));
  assert_int_equal(all.count, 0);
  assert_int_not_equal(access(path, F_OK), 0);
  store_close(NULL);
  free(path);
}

/* Neither way of opening takes the file, each names it, and no byte of it changes. */
static void expect_refused(const char *path, const char *word) {
  error err = {""};
  store *s;
  struct stat before, after;
  assert_int_equal(stat(path, &before), 0);
  assert_false(store_open(path, &s, &err));
  EXPECT_SAYS(&err, path, word);
  assert_null(s);
  assert_false(store_open_reader(path, &s, &err));
  EXPECT_SAYS(&err, path, word);
  assert_null(s);
  assert_int_equal(stat(path, &after), 0);
  assert_int_equal(before.st_size, after.st_size);
  assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof after.st_mtim);
}

static void what_is_no_database_is_refused(void **state) {
  (void)state;
  char *path = scratch_path("notes.txt");
  char text[4096];
  memset(text, 'n', sizeof text);
  scratch_write(path, text, sizeof text);
  expect_refused(path, "not a database; name another file");
  free(path);
}

static void another_programs_database_is_refused_and_left_alone(void **state) {
  (void)state;
  char *path = scratch_path("other.db");
  sample_sql(path, "CREATE TABLE bookmark (url TEXT)");
  expect_refused(path, "not linkv's; name another file");
  assert_int_equal(sample_number(path, "SELECT count(*) FROM sqlite_schema"), 1);
  sample_sql(path, "PRAGMA application_id = 7");
  expect_refused(path, "not linkv's");
  free(path);
}

static void another_versions_database_is_refused(void **state) {
  (void)state;
  char *path = scratch_path("later.db");
  error err;
  store *s;
  EXPECT_OK(store_open(path, &s, &err), &err);
  store_close(s);
  sample_sql(path, "PRAGMA user_version = 99");
  expect_refused(path, "schema 99, this linkv reads");
  free(path);
}

static void what_is_no_file_is_refused(void **state) {
  (void)state;
  error err;
  store *s;
  expect_refused(scratch_folder, "not a regular file; name a database file");
  char *path = scratch_path("pipe");
  assert_int_equal(mkfifo(path, 0600), 0);
  expect_refused(path, "not a regular file");
  free(path);
  assert_false(store_open("", &s, &err));
  EXPECT_SAYS(&err, "empty; name a file");
  path = scratch_path("no/such/folder.db");
  assert_false(store_open(path, &s, &err));
  EXPECT_SAYS(&err, path, "cannot open the database");
  free(path);
}

static void a_repetition_is_added_once(void **state) {
  (void)state;
  int64_t run;
  store *s = sample_store(&run);
  rows all;
  error err;
  assert_true(sample_add(s, run, 32, 1, sample_record("ok", 5)));
  assert_false(sample_add(s, run, 32, 1, sample_record("crashed", 7)));
  assert_true(sample_add(s, run, 32, 2, sample_record("ok", 5)));
  assert_true(sample_add(s, run, 64, 1, sample_record("ok", 5)));
  EXPECT_OK(store_rows(s, STORE_LATEST_BUILD, NULL, &all, &err), &err);
  assert_int_equal(all.count, 2);
  assert_string_equal(all.row[0].field[ROW_status].text, "ok");
  assert_int_equal(all.row[0].field[ROW_repetitions].integer, 2);
  rows_free(&all);
  store_close(s);
}

/* A repetition that cannot be added leaves no trace of its point either. */
static void adding_is_all_or_nothing(void **state) {
  (void)state;
  char *path = scratch_path("atomic.db");
  const point p = sample_point(32);
  const point_info info = sample_info(&p);
  error err = {""};
  store *s;
  int64_t run;
  bool added;
  s = sample_store_at(path, &run);
  record r = sample_record("ok", 5);
  static const unsigned impossible[] = {0, 65};
  for (size_t i = 0; i < 2; i++) {
    assert_false(store_add(s, run, &info, impossible[i], &r, &added, &err));
    EXPECT_SAYS(&err, path, "cannot add a repetition");
  }
  record_free(&r);
  r = (record){0};
  assert_false(store_add(s, run, &info, 1, &r, &added, &err));
  assert_true(value_set_text(&r.field[RECORD_status], "splendid"));
  assert_false(store_add(s, run, &info, 1, &r, &added, &err));
  record_free(&r);
  assert_int_equal(sample_number(path, "SELECT count(*) FROM point"), 0);
  assert_true(sample_add(s, run, 32, 64, sample_record("ok", 5)));
  store_close(s);
  assert_int_equal(sample_number(path, "SELECT count(*) FROM point"), 1);
  assert_int_equal(sample_number(path, "SELECT count(*) FROM repetition"), 1);
  free(path);
}

static void every_status_can_be_stored(void **state) {
  (void)state;
  static const char *const statuses[] = {"ok",        "skipped",       "ill_conditioned",
                                         "untrusted", "out_of_memory", "timeout",
                                         "crashed",   "wrong"};
  int64_t run;
  store *s = sample_store(&run);
  for (size_t i = 0; i < COUNT_OF(statuses); i++)
    assert_true(sample_add(s, run, i + 1, 1, sample_record(statuses[i], 0)));
  store_close(s);
}

static void progress_tells_repetitions_and_the_worst_status(void **state) {
  (void)state;
  int64_t run;
  store *s = sample_store(&run);
  const point p = sample_point(32);
  const point_info info = sample_info(&p);
  uint64_t repetitions = 1;
  int severity = 1;
  error err;
  EXPECT_OK(store_progress(s, info.key, &repetitions, &severity, &err), &err);
  assert_true(repetitions == 0 && severity == 0);
  sample_add(s, run, 32, 1, sample_record("ok", 5));
  sample_add(s, run, 32, 3, sample_record("timeout", 0));
  sample_add(s, run, 32, 64, sample_record("skipped", 0));
  sample_add(s, run, 64, 2, sample_record("wrong", 0));
  EXPECT_OK(store_progress(s, info.key, &repetitions, &severity, &err), &err);
  assert_true(repetitions == (UINT64_C(1) << 63 | 5));
  assert_int_equal(severity, status_severity("timeout"));
  store_close(s);
}

/* As its row does. */
static void progress_tells_outputs_that_differ(void **state) {
  (void)state;
  int64_t run;
  store *s = sample_store(&run);
  const point p = sample_point(32);
  const point_info info = sample_info(&p);
  uint64_t repetitions;
  int severity;
  error err;
  sample_add(s, run, 32, 1, sample_record("ok", 5));
  sample_add(s, run, 32, 2, sample_record("ok", 0));
  sample_add(s, run, 32, 3, sample_record("ok", 5));
  EXPECT_OK(store_progress(s, info.key, &repetitions, &severity, &err), &err);
  assert_int_equal(severity, 0);
  record r = sample_record("ok", 5);
  assert_true(value_set_text(&r.field[RECORD_output_hash], "00000000000000ab"));
  sample_add(s, run, 32, 4, r);
  EXPECT_OK(store_progress(s, info.key, &repetitions, &severity, &err), &err);
  assert_int_equal(severity, status_severity("untrusted"));
  sample_add(s, run, 32, 5, sample_record("crashed", 0));
  EXPECT_OK(store_progress(s, info.key, &repetitions, &severity, &err), &err);
  assert_int_equal(severity, status_severity("crashed"));
  store_close(s);
}

static const char *key_of(point p, point_info info, double min_time_s) {
  static char key[POINT_KEY_SIZE];
  info.point = &p;
  point_make_key(&info, min_time_s);
  memcpy(key, info.key, sizeof key);
  return key;
}

/* What is told of a row but cannot change it is not in the key; all else is. */
static void keys_change_with_each_ingredient(void **state) {
  (void)state;
  enum { WAYS = 18 };
  const lkv_kernel renamed = {.name = "scalar_other"};
  const point p = sample_point(32);
  const point_info info = sample_info(&p);
  char keys[WAYS][POINT_KEY_SIZE];
  assert_int_equal(strlen(info.key), 16);
  assert_int_equal(strspn(info.key, "0123456789abcdef"), 16);
  for (int way = 0; way < WAYS; way++) {
    point q = p;
    point_info i = info;
    double min_time_s = 0.05;
    switch (way) {
      case 1:
        q.kernel = &renamed;
        break;
      case 2:
        q.stage = LKV_STAGE_BLOCK;
        break;
      case 3:
        strcpy(q.regime, "positive");
        break;
      case 4:
        q.seed = 2;
        break;
      case 5:
        q.problem.batch = 3;
        break;
      case 6:
        q.problem.seq_len = 33;
        break;
      case 7:
        q.problem.heads = 4;
        break;
      case 8:
        q.problem.head_dim = 17;
        break;
      case 9:
        q.problem.tile_q = 8;
        break;
      case 10:
        q.problem.tile_k = 0;
        break;
      case 11:
        q.problem.eps = 1e-5;
        break;
      case 12:
        q.threads = 1;
        break;
      case 13:
        i.kernel_build = "8899aabbccddeef0";
        break;
      case 14:
        i.machine = "00112233445566ab";
        break;
      case 15:
        i.label = "other";
        break;
      case 16:
        min_time_s = 0.06;
        break;
      case 17: /* two neighbours trade a letter */
        i.machine = "00112233445566aad";
        i.label = "efault";
        break;
      default:
        break;
    }
    memcpy(keys[way], key_of(q, i, min_time_s), POINT_KEY_SIZE);
    for (int other = 0; other < way; other++)
      if (!strcmp(keys[way], keys[other])) fail_msg("ways %d and %d", way, other);
  }
  point_info told = info;
  told.commit = NULL;
  told.command = "linkv time";
  assert_string_equal(key_of(p, told, 0.05), info.key);
}

/* However long a text is, all of it counts. */
static void long_texts_are_not_cut_from_keys(void **state) {
  (void)state;
  char build[4096];
  const point p = sample_point(32);
  point_info info = sample_info(&p);
  memset(build, 'a', sizeof build);
  build[sizeof build - 1] = 0;
  info.kernel_build = build;
  char before[POINT_KEY_SIZE];
  memcpy(before, key_of(p, info, 0.05), sizeof before);
  build[sizeof build - 2] = 'b';
  assert_string_not_equal(key_of(p, info, 0.05), before);
}

static void runs_and_machines_are_recorded(void **state) {
  (void)state;
  char *path = scratch_path("runs.db");
  error err;
  store *s;
  int64_t one, two;
  run_info info = {.label = "base",
                   .command = "linkv sweep",
                   .config = "name: x\n",
                   .order_seed = INT64_MAX,
                   .machine = "aa",
                   .machine_facts = "{\"cores\": 1}",
                   .commit = "0123456789ab"};
  EXPECT_OK(store_open(path, &s, &err), &err);
  EXPECT_OK(store_begin_run(s, &info, &one, &err), &err);
  info.machine_facts = "{\"cores\": 2}";
  EXPECT_OK(store_begin_run(s, &info, &two, &err), &err);
  assert_int_not_equal(one, two);
  store_close(s);
  assert_int_equal(sample_number(path,
                                 "SELECT count(*) FROM run WHERE label = 'base' AND "
                                 "config = 'name: x' || char(10) AND machine = 'aa' "
                                 "AND order_seed = 9223372036854775807 AND "
                                 "\"commit\" = '0123456789ab'"),
                   2);
  assert_int_equal(sample_number(path, "SELECT count(*) FROM machine"), 1);
  assert_int_equal(sample_number(path, "SELECT facts ->> 'cores' FROM machine"), 2);
  free(path);
}

static void ceilings_stay_with_the_machine(void **state) {
  (void)state;
  error err;
  store *s;
  bool has = true;
  EXPECT_OK(store_open(":memory:", &s, &err), &err);
  EXPECT_OK(store_has_ceilings(s, "aa", &has, &err), &err);
  assert_false(has);
  /* %s is the time now. */
  static const struct {
    const char *facts;
    bool has;
  } steps[] = {{NULL, false},
               {"{\"cores\": 1, \"ceilings\": null}", false},
               {"{\"cores\": 1, \"ceilings\": {\"fma\": []}}", false},
               {"{\"ceilings\": {\"measured_at\": \"%s\"}}", true},
               {"{\"cores\": 2}", true},
               {NULL, true},
               {"{\"governor\": \"powersave\"}", false},
               {"{\"ceilings\": {\"governor\": \"powersave\"}}", true},
               {"{\"governor\": \"performance\"}", false},
               {"{\"governor\": null}", false},
               {"{\"ceilings\": {\"governor\": null}}", true},
               {"{\"ceilings\": {\"measured_at\": \"2026-01-01T00:00:00Z\"}}", false},
               {"{\"ceilings\": {\"measured_at\": \"2999-01-01T00:00:00Z\"}}", false},
               {"{\"ceilings\": {\"measured_at\": \"\"}}", false}};
  const time_t now = time(NULL);
  struct tm utc;
  char when[32], facts[160];
  assert_true(strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc)));
  for (size_t i = 0; i < COUNT_OF(steps); i++) {
    const char *given = steps[i].facts, *mark = given ? strstr(given, "%s") : NULL;
    if (mark)
      snprintf(facts, sizeof facts, "%.*s%s%s", (int)(mark - given), given, when,
               mark + 2);
    EXPECT_OK(store_set_machine(s, "aa", mark ? facts : given, &err), &err);
    EXPECT_OK(store_has_ceilings(s, "aa", &has, &err), &err);
    assert_true(has == steps[i].has);
    EXPECT_OK(store_has_ceilings(s, "bb", &has, &err), &err);
    assert_false(has);
  }
  store_close(s);
}

/* Both take rows from the other as they come. */
static void two_writers_share_a_database(void **state) {
  (void)state;
  char *path = scratch_path("shared.db");
  error err;
  store *a, *b;
  int64_t run;
  rows all;
  EXPECT_OK(store_open(path, &a, &err), &err);
  EXPECT_OK(store_open(path, &b, &err), &err);
  EXPECT_OK(store_begin_run(a, &(run_info){.label = "x"}, &run, &err), &err);
  for (unsigned i = 1; i <= 5; i++) {
    assert_true(sample_add(i % 2 ? a : b, run, 32, i, sample_record("ok", 5)));
    assert_false(sample_add(i % 2 ? b : a, run, 32, i, sample_record("ok", 5)));
  }
  EXPECT_OK(store_rows(b, STORE_LATEST_BUILD, NULL, &all, &err), &err);
  assert_int_equal(all.count, 1);
  assert_int_equal(all.row[0].field[ROW_repetitions].integer, 5);
  rows_free(&all);
  store_close(a);
  store_close(b);
  free(path);
}

/* A reader neither waits for a transaction nor sees what it has not committed. */
static void readers_do_not_wait_for_a_writer(void **state) {
  (void)state;
  char *path = scratch_path("busy.db");
  error err;
  store *s, *reader;
  int64_t run;
  rows all;
  sqlite3 *db;
  s = sample_store_at(path, &run);
  sample_add(s, run, 32, 1, sample_record("ok", 5));
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db,
                                "BEGIN IMMEDIATE; INSERT INTO repetition (point, "
                                "repetition, status) VALUES (1, 2, 'wrong')",
                                NULL, NULL, NULL),
                   SQLITE_OK);
  EXPECT_OK(store_open_reader(path, &reader, &err), &err);
  for (int committed = 0; committed < 2; committed++) {
    EXPECT_OK(store_rows(reader, STORE_LATEST_BUILD, "repetitions = 1", &all, &err),
              &err);
    assert_int_equal(all.count, 1);
    assert_string_equal(all.row[0].field[ROW_status].text, committed ? "wrong" : "ok");
    rows_free(&all);
    assert_int_equal(
        sqlite3_exec(db, committed ? "SELECT 1" : "COMMIT", NULL, NULL, NULL), SQLITE_OK);
  }
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
  store_close(reader);
  store_close(s);
  free(path);
}

/* One process of several that open a new database at once and add the same repetitions;
 * exits with how many were its own. */
static int compete(const char *path, int start) {
  char byte;
  store *s;
  error err;
  int64_t run;
  int added = 0;
  if (read(start, &byte, 1) < 0) return 100;
  if (!store_open(path, &s, &err) ||
      !store_begin_run(s, &(run_info){.label = "x"}, &run, &err)) {
    fprintf(stderr, "%s\n", err.text);
    return 101;
  }
  for (unsigned i = 1; i <= 8; i++)
    added += sample_add(s, run, 32, i, sample_record("ok", 5));
  store_close(s);
  return added;
}

static void processes_that_start_at_once_add_each_repetition_once(void **state) {
  (void)state;
  enum { PROCESSES = 6 };
  char *path = scratch_path("race.db");
  int start[2], added = 0, status;
  pid_t child[PROCESSES];
  assert_int_equal(pipe(start), 0);
  for (int i = 0; i < PROCESSES; i++)
    if (!(child[i] = fork())) {
      close(start[1]);
      _exit(compete(path, start[0]));
    }
  close(start[1]);
  for (int i = 0; i < PROCESSES; i++) {
    assert_int_equal(waitpid(child[i], &status, 0), child[i]);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 8);
    added += WEXITSTATUS(status);
  }
  close(start[0]);
  assert_int_equal(added, 8);
  assert_int_equal(sample_number(path, "SELECT count(*) FROM repetition"), 8);
  assert_int_equal(sample_number(path, "SELECT count(*) FROM point"), 1);
  free(path);
}

/* Whatever a killed writer had committed is there, and the next one goes on. */
static void a_killed_writer_loses_nothing_it_committed(void **state) {
  (void)state;
  char *path = scratch_path("killed.db");
  int said[2], status;
  char byte;
  rows all;
  error err;
  store *s;
  int64_t run;
  assert_int_equal(pipe(said), 0);
  const pid_t child = fork();
  if (!child) {
    if (!store_open(path, &s, &err) ||
        !store_begin_run(s, &(run_info){.label = "x"}, &run, &err))
      _exit(1);
    for (unsigned i = 1; i <= 3; i++) sample_add(s, run, 32, i, sample_record("ok", 5));
    sqlite3 *db;
    sqlite3_open(path, &db);
    sqlite3_exec(db, "BEGIN IMMEDIATE; DELETE FROM repetition", NULL, NULL, NULL);
    if (write(said[1], "x", 1) == 1) pause();
    _exit(1);
  }
  assert_int_equal(read(said[0], &byte, 1), 1);
  assert_int_equal(kill(child, SIGKILL), 0);
  assert_int_equal(waitpid(child, &status, 0), child);
  EXPECT_OK(store_read_rows(path, STORE_LATEST_BUILD, NULL, &all, &err), &err);
  assert_int_equal(all.count, 1);
  assert_int_equal(all.row[0].field[ROW_repetitions].integer, 3);
  rows_free(&all);
  EXPECT_OK(store_open(path, &s, &err), &err);
  assert_false(sample_add(s, 1, 32, 3, sample_record("ok", 5)));
  assert_true(sample_add(s, 1, 32, 4, sample_record("ok", 5)));
  store_close(s);
  close(said[0]);
  close(said[1]);
  free(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_missing_database_is_made_and_found_again),
      cmocka_unit_test(an_empty_file_becomes_a_database),
      cmocka_unit_test(reading_does_not_make_a_database),
      cmocka_unit_test(what_is_no_database_is_refused),
      cmocka_unit_test(another_programs_database_is_refused_and_left_alone),
      cmocka_unit_test(another_versions_database_is_refused),
      cmocka_unit_test(what_is_no_file_is_refused),
      cmocka_unit_test(a_repetition_is_added_once),
      cmocka_unit_test(adding_is_all_or_nothing),
      cmocka_unit_test(every_status_can_be_stored),
      cmocka_unit_test(progress_tells_repetitions_and_the_worst_status),
      cmocka_unit_test(progress_tells_outputs_that_differ),
      cmocka_unit_test(keys_change_with_each_ingredient),
      cmocka_unit_test(long_texts_are_not_cut_from_keys),
      cmocka_unit_test(runs_and_machines_are_recorded),
      cmocka_unit_test(ceilings_stay_with_the_machine),
      cmocka_unit_test(two_writers_share_a_database),
      cmocka_unit_test(readers_do_not_wait_for_a_writer),
      cmocka_unit_test(processes_that_start_at_once_add_each_repetition_once),
      cmocka_unit_test(a_killed_writer_loses_nothing_it_committed),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
