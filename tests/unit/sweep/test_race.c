/* race_run with a worker that measures nothing: this program, started again as `test_race
 * worker ...`, answers by what the --against kernel is. */
#include "race.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "linkv/driver.h"
#include "linkv/registry.h"
#include "worker_words.h"

/* Slower by a tenth, give or take 1 %: the sign of the wobble is who begins. */
static int answer(FILE *out, double ratio, bool head_first) {
  race_round r = {.status = "ok",
                  .same_output = true,
                  .turns = {.ratio = ratio * (head_first ? 1.01 : 1 / 1.01),
                            .call_ns = {100, 100 * ratio},
                            .pairs = 9,
                            .undisturbed = 8}};
  char *line = race_round_to_json(&r);
  fprintf(out, "%s\n", line);
  free(line);
  fclose(out);
  return 0;
}

static int worker(int argc, char **argv) {
  FILE *out = fdopen(3, "w");
  const char *head = option(argc, argv, "--against");
  const bool first = flag(argc, argv, "--against-first");
  if (!out || strcmp(option(argc, argv, "--min-time"), "0.1")) return 90;
  if (!strcmp(head, "scalar_row")) return answer(out, 1.1, first);
  if (!strcmp(head, "scalar_per_step")) return answer(out, 1, first);
  if (!strcmp(head, "scalar_materialized")) abort();
  if (!strcmp(head, "scalar_stream_merge")) return 7;
  /* The tiles that it is told, 32 and 48. */
  const int q = atoi(option(argc, argv, "--against-tile-q"));
  const int k = atoi(option(argc, argv, "--against-tile-k"));
  return answer(out, q + k / 100.0, first);
}

static point a_point(const char *kernel) {
  return (point){.kernel = lkv_kernel_find(kernel),
                 .regime = "gaussian",
                 .seed = 1,
                 .problem = {.batch = 1, .seq_len = 8, .heads = 1, .head_dim = 8},
                 .threads = 1};
}

static race_result race(const point *head) {
  const point base = a_point("scalar_stream_online");
  race_options options = race_options_default();
  race_result r;
  error err;
  options.round_s = 0.1;
  options.budget_s = 1e-3; /* the fewest rounds */
  EXPECT_OK(race_run(&base, head, &options, &r, &err), &err);
  return r;
}

static void verdicts_follow_the_ratio(void **state) {
  (void)state;
  const point slower = a_point("scalar_row"), same = a_point("scalar_per_step");
  race_result r = race(&slower);
  assert_int_equal(r.verdict, SEQUENTIAL_HIGHER);
  assert_int_equal(r.rounds, RACE_ROUNDS_MIN);
  assert_true(fabs(r.ratio.estimate - 1.1) < 1e-6);
  assert_true(r.base_ns == 100 && fabs(r.head_ns - 110) < 1e-9);
  assert_true(r.same_output);
  assert_string_equal(r.status, "ok");
  /* Either begins every other time. */
  for (size_t i = 0; i < r.rounds; i++) assert_true((r.ratios[i] > 1.1) == (i % 2 == 1));
  r = race(&same);
  assert_int_equal(r.verdict, SEQUENTIAL_SAME);
}

static void tiles_are_told(void **state) {
  (void)state;
  point tiled = a_point("scalar_tile");
  tiled.problem.tile_q = 32;
  tiled.problem.tile_k = 48;
  const race_result r = race(&tiled);
  assert_true(fabs(r.ratio.estimate - 32.48) < 1e-3);
}

static void a_round_that_fails_ends_the_race(void **state) {
  (void)state;
  const point dies = a_point("scalar_materialized"),
              fails = a_point("scalar_stream_merge");
  race_result r = race(&dies);
  assert_int_equal(r.verdict, SEQUENTIAL_UNSURE);
  assert_int_equal(r.rounds, 0);
  assert_string_equal(r.status, "crashed");
  assert_non_null(strstr(r.reason, "SIGABRT"));
  r = race(&fails);
  assert_int_equal(r.verdict, SEQUENTIAL_UNSURE);
  assert_string_equal(r.status, "crashed");
  assert_non_null(strstr(r.reason, "code 7"));
}

static void rounds_go_through_json(void **state) {
  (void)state;
  const race_round r = {.status = "crashed",
                        .reason = "kernel \"x\" said no",
                        .turns = {0.1 + 0.2, {1e-300, 3}, 70000, 12},
                        .same_output = true};
  race_round back;
  error err;
  char *line = race_round_to_json(&r);
  EXPECT_OK(race_round_from_json(line, &back, &err), &err);
  assert_string_equal(back.status, r.status);
  assert_string_equal(back.reason, r.reason);
  assert_memory_equal(&back.turns, &r.turns, sizeof r.turns);
  assert_true(back.same_output);
  free(line);
  assert_false(race_round_from_json("{\"status\":\"ok\"}", &back, &err));
  EXPECT_SAYS(&err, "round", "reason");
  assert_false(race_round_from_json("no", &back, &err));
  EXPECT_SAYS(&err, "JSON");
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(verdicts_follow_the_ratio),
      cmocka_unit_test(tiles_are_told),
      cmocka_unit_test(a_round_that_fails_ends_the_race),
      cmocka_unit_test(rounds_go_through_json),
  };
  if (argc > 1 && !strcmp(argv[1], "worker")) return worker(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
