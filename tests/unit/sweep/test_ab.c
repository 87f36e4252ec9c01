/* Sessions of two builds that are made of descriptors alone, with a worker that measures
 * nothing: this program, started again as `test_ab worker ...`, answers by the kernel's
 * name. */
#include "ab.h"

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>

#include "../scratch.h"
#include "linkv/driver.h"
#include "machine.h"
#include "median.h"
#include "registry_add.h"
#include "worker_words.h"

enum { BASE, HEAD, KEPT = 64 };

/* How many rounds were there before. */
static int count_round(void) {
  struct stat log;
  const int fd = open(getenv("LINKV_TEST_LOG"), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (fd < 0 || write(fd, "+", 1) != 1 || fstat(fd, &log) != 0) _exit(91);
  close(fd);
  return (int)log.st_size - 1;
}

/* Head takes a tenth longer; of "wild" kernels it is up to 9 % to either side, which
 * takes many rounds to call the same. */
static void answer_round(FILE *out, const char *base, bool head_first) {
  const bool wild = !strcmp(base, "base_wild");
  const int round = wild ? count_round() : 0;
  const double off = 0.09 * (round * 37 % 89) / 89;
  const double call_ns = 100 + round * 53 % 89;
  race_round r = {.status = "ok",
                  .same_output = true,
                  .turns = {.ratio = wild ? exp(head_first ? off : -off) : 1.1,
                            .call_ns = {call_ns, 1.1 * call_ns},
                            .pairs = 9,
                            .undisturbed = 9}};
  if (!strcmp(base, "base_stops"))
    r = (race_round){.status = "timeout", .reason = "it hung"};
  char *line = race_round_to_json(&r);
  fprintf(out, "%s\n", line);
  free(line);
}

static int worker(int argc, char **argv) {
  FILE *out = fdopen(3, "w");
  const char *kernel = option(argc, argv, "--kernel");
  if (!out || strcmp(option(argc, argv, "--base-library"), "old.so") ||
      strcmp(option(argc, argv, "--head-library"), "new.so"))
    return 90;
  if (!flag(argc, argv, "--judge"))
    answer_round(out, kernel, flag(argc, argv, "--against-first"));
  else if (!strcmp(kernel, "head_bad"))
    fputs("{\"status\":\"wrong\",\"reason\":\"NaN\",\"verdict\":\"wrong\"}\n", out);
  else if (strcmp(kernel, "head_mute") != 0)
    fputs(
        "{\"status\":\"ok\",\"verdict\":\"ok\",\"time_ns\":7,\"max_rel_err\":1e-7,"
        "\"output_hash\":\"aa\"}\n",
        out);
  fclose(out);
  return 0;
}

static lkv_tiles tiles_before(const lkv_problem *problem) {
  (void)problem;
  return (lkv_tiles){.k = 16};
}

static lkv_tiles tiles_now(const lkv_problem *problem) {
  (void)problem;
  return (lkv_tiles){.k = 32};
}

/* "tiled" is in both builds and has other default tiles in head; "gone" and "new" are in
 * one. What is left of the names tells the worker what to do. */
static const lkv_kernel named[] = {{.name = "tiled", .default_tiles = tiles_before},
                                   {.name = "gone"},
                                   {.name = "new"},
                                   {.name = "neither"},
                                   {.name = "bad"},
                                   {.name = "mute"},
                                   {.name = "stops"},
                                   {.name = "wild"}};

static const lkv_kernel *kernel_named(const char *name) {
  for (size_t i = 0; i < COUNT_OF(named); i++)
    if (!strcmp(named[i].name, name)) return &named[i];
  fail_msg("no kernel '%s'", name);
  return NULL;
}

static int set_up(void **state) {
  static lkv_kernel builds[2][COUNT_OF(named)];
  static char names[2][COUNT_OF(named)][POINT_NAME_SIZE];
  if (scratch_make(state)) return -1;
  for (int s = 0; s < 2; s++) {
    const lkv_kernel *list[COUNT_OF(named)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(named); i++) {
      const char *name = named[i].name;
      lkv_kernel *k = &builds[s][i];
      if (!strcmp(name, s ? "gone" : "new") || !strcmp(name, "neither")) continue;
      *k = named[i];
      snprintf(names[s][i], sizeof names[s][i], "%s%s", s ? "head_" : "base_", name);
      k->name = names[s][i];
      if (k->default_tiles && s == HEAD) k->default_tiles = tiles_now;
      list[count++] = k;
    }
    if (!lkv_registry_add(list, count, s ? "00000000000000bb" : "00000000000000aa"))
      return -1;
  }
  return 0;
}

static point a_point(const char *kernel, size_t tile_k) {
  point p = {.kernel = kernel_named(kernel),
             .regime = "positive",
             .seed = 1,
             .problem = {.batch = 1,
                         .seq_len = 8,
                         .heads = 1,
                         .head_dim = 8,
                         .tile_k = tile_k,
                         .eps = 1e-6},
             .threads = 1};
  p.problem = lkv_resolve_tiles(p.kernel, p.problem);
  return p;
}

static ab made(point *points, size_t count) {
  ab a;
  error err;
  EXPECT_OK(ab_make(&(plan){.point = points, .count = count}, &a, &err), &err);
  return a;
}

static void kernels_of_either_build_are_raced(void **state) {
  (void)state;
  point points[] = {a_point("neither", 0), a_point("gone", 0), a_point("bad", 0),
                    a_point("new", 0)};
  ab a = made(points, COUNT_OF(points));
  assert_int_equal(a.count, 3);
  assert_string_equal(a.point[0].name, "gone");
  assert_string_equal(a.point[0].side[BASE].kernel->name, "base_gone");
  assert_null(a.point[0].side[HEAD].kernel);
  assert_string_equal(a.point[1].side[BASE].kernel->name, "base_bad");
  assert_string_equal(a.point[1].side[HEAD].kernel->name, "head_bad");
  for (int s = 0; s < 2; s++) assert_string_equal(a.point[1].as_named[s].name, "bad");
  assert_null(a.point[2].side[BASE].kernel);
  assert_string_equal(a.point[2].side[HEAD].kernel->name, "head_new");
  assert_string_equal(a.point[2].side[HEAD].regime, "positive");
  ab_free(&a);
}

static void default_tiles_are_those_of_each_build(void **state) {
  (void)state;
  /* Of the linkv at hand: its own, and others. */
  point points[] = {a_point("tiled", 0), a_point("tiled", 24)};
  assert_int_equal(points[0].problem.tile_k, 16);
  ab a = made(points, COUNT_OF(points));
  assert_int_equal(a.point[0].side[BASE].problem.tile_k, 16);
  assert_int_equal(a.point[0].side[HEAD].problem.tile_k, 32);
  for (int s = 0; s < 2; s++) assert_int_equal(a.point[1].side[s].problem.tile_k, 24);
  ab_free(&a);
}

/* A session of one point, and the rows it left. */
typedef struct outcome {
  ab a;
  rows all;
} outcome;

static outcome session_of(const char *kernel, double budget_s) {
  point p = a_point(kernel, 0);
  outcome o = {.a = made(&p, 1)};
  ab_options options = {.build = {"old.so", "new.so"},
                        .label = {"then", "now"},
                        .commit = {"0123456789ab", NULL},
                        .race = race_options_default(),
                        .budget_s = budget_s,
                        .command = "linkv ab c.yaml"};
  store *s;
  error err;
  EXPECT_OK(store_open(":memory:", &s, &err), &err);
  EXPECT_OK(ab_run(&o.a, &options, false, s, &err), &err);
  EXPECT_OK(store_rows(s, STORE_LATEST_BUILD, NULL, &o.all, &err), &err);
  store_close(s);
  return o;
}

static void end(outcome *o) {
  rows_free(&o->all);
  ab_free(&o->a);
}

/* The row of a side, which is there once. */
static const row *side_of(const outcome *o, const char *label) {
  const row *found = NULL;
  for (size_t i = 0; i < o->all.count; i++)
    if (!strcmp(o->all.row[i].field[ROW_label].text, label)) {
      assert_null(found);
      found = &o->all.row[i];
    }
  assert_non_null(found);
  return found;
}

static void expect_text(const row *r, int field, const char *wanted) {
  assert_true(r->field[field].known);
  assert_string_equal(r->field[field].text, wanted);
}

static void both_sides_are_kept_under_the_kernels_name(void **state) {
  (void)state;
  outcome o = session_of("tiled", 1e-3);
  const char *const builds[] = {"00000000000000aa", "00000000000000bb"};
  assert_int_equal(o.all.count, 2);
  assert_true(o.a.point->raced);
  assert_int_equal(o.a.point->race.verdict, SEQUENTIAL_HIGHER);
  for (int s = 0; s < 2; s++) {
    const row *r = side_of(&o, s ? "now" : "then");
    expect_text(r, ROW_kernel, "tiled");
    expect_text(r, ROW_status, "ok");
    expect_text(r, ROW_kernel_build, builds[s]);
    expect_text(r, ROW_machine, machine_id());
    expect_text(r, ROW_command, "linkv ab c.yaml");
    assert_int_equal(r->field[ROW_commit].known, s == BASE);
    assert_int_equal(r->field[ROW_tile_k].integer, s ? 32 : 16);
    assert_true(r->field[ROW_max_rel_err].real == 1e-7);
    /* The race's times, the judged repetition's own time among none of them. */
    assert_int_equal(r->samples, RACE_ROUNDS_MIN);
    for (size_t i = 0; i < r->samples; i++) {
      assert_true(r->sample[i].time_ns == o.a.point->race.round_ns[s][i]);
      assert_int_equal(r->sample[i].run, o.all.row->sample[0].run);
      assert_int_equal(r->sample[i].repetition, i + 1);
    }
  }
  expect_text(side_of(&o, "then"), ROW_commit, "0123456789ab");
  end(&o);
}

static void many_rounds_are_kept_as_medians(void **state) {
  (void)state;
  char *log = scratch_path("rounds");
  assert_int_equal(setenv("LINKV_TEST_LOG", log, 1), 0);
  outcome o = session_of("wild", 3600);
  const race_result *race = &o.a.point->race;
  assert_true(race->rounds > 2 * KEPT);
  for (int s = 0; s < 2; s++) {
    const row *r = side_of(&o, s ? "now" : "then");
    size_t taken = 0;
    assert_int_equal(r->samples, KEPT);
    for (size_t i = 0; i < KEPT; i++) {
      /* As many rounds each as can be, all of them in turn. */
      double group[RACE_ROUNDS_MAX];
      const size_t count = (i + 1) * race->rounds / KEPT - taken;
      assert_in_range(count, race->rounds / KEPT, race->rounds / KEPT + 1);
      memcpy(group, race->round_ns[s] + taken, count * sizeof *group);
      assert_true(r->sample[i].time_ns == median_of(count, group).median);
      taken += count;
    }
    assert_int_equal(taken, race->rounds);
  }
  end(&o);
  free(log);
}

static void what_is_not_ok_is_not_raced(void **state) {
  (void)state;
  outcome o = session_of("bad", 1e-3);
  assert_false(o.a.point->raced);
  expect_text(side_of(&o, "then"), ROW_status, "ok");
  expect_text(side_of(&o, "now"), ROW_status, "wrong");
  assert_int_equal(side_of(&o, "now")->samples, 0);
  end(&o);
  o = session_of("mute", 1e-3);
  assert_false(o.a.point->raced);
  expect_text(side_of(&o, "now"), ROW_status, "crashed");
  assert_non_null(strstr(side_of(&o, "now")->field[ROW_reason].text, "whole record"));
  end(&o);
}

static void a_kernel_of_one_side_is_judged_alone(void **state) {
  (void)state;
  for (int s = 0; s < 2; s++) {
    outcome o = session_of(s ? "new" : "gone", 1e-3);
    assert_false(o.a.point->raced);
    assert_int_equal(o.all.count, 1);
    expect_text(o.all.row, ROW_label, s ? "now" : "then");
    expect_text(o.all.row, ROW_kernel, s ? "new" : "gone");
    expect_text(o.all.row, ROW_status, "ok");
    end(&o);
  }
}

static void a_race_that_fails_is_told_of_both(void **state) {
  (void)state;
  outcome o = session_of("stops", 1e-3);
  assert_true(o.a.point->raced);
  assert_int_equal(o.a.point->race.verdict, SEQUENTIAL_UNSURE);
  for (int s = 0; s < 2; s++) {
    expect_text(side_of(&o, s ? "now" : "then"), ROW_status, "timeout");
    expect_text(side_of(&o, s ? "now" : "then"), ROW_reason, "it hung");
  }
  end(&o);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kernels_of_either_build_are_raced),
      cmocka_unit_test(default_tiles_are_those_of_each_build),
      cmocka_unit_test(both_sides_are_kept_under_the_kernels_name),
      cmocka_unit_test(many_rounds_are_kept_as_medians),
      cmocka_unit_test(what_is_not_ok_is_not_raced),
      cmocka_unit_test(a_kernel_of_one_side_is_judged_alone),
      cmocka_unit_test(a_race_that_fails_is_told_of_both),
  };
  if (argc > 1 && !strcmp(argv[1], "worker")) return worker(argc, argv);
  return cmocka_run_group_tests(tests, set_up, scratch_remove);
}
