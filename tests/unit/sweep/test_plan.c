#include "plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "linkv/driver.h"
#include "linkv/registry.h"

/* These two are in every build; one tiles keys, the other does not tile. */
#define TILED   "scalar_stream_online"
#define UNTILED "scalar_row"

/* The plan of a config with these axes and, where not NULL, this `where`. */
static bool make(const char *axes, const char *where, plan *out, error *err) {
  char text[4096];
  config c;
  snprintf(text, sizeof text, "name: q\n%s%s%saxes: {%s}\n", where ? "where: \"" : "",
           where ? where : "", where ? "\"\n" : "", axes);
  EXPECT_OK(config_parse("f.yaml", text, strlen(text), &c, err), err);
  const bool ok = plan_make(&c, out, err);
  config_free(&c);
  return ok;
}

static plan planned(const char *axes, const char *where) {
  plan p;
  error err;
  EXPECT_OK(make(axes, where, &p, &err), &err);
  assert_true(p.count > 0);
  return p;
}

static size_t count_of(const char *axes, const char *where) {
  plan p = planned(axes, where);
  const size_t count = p.count;
  plan_free(&p);
  return count;
}

static void points_are_the_cross_product(void **state) {
  (void)state;
  plan p = planned("kernel: [" UNTILED
                   "], stage: [attention, block], "
                   "regime: [gaussian, positive], seed: [1, 2, 3], batch: [1, 2], "
                   "seq_len: [2..8], heads: [1, 4], head_dim: [16], threads: [1, 2]",
                   NULL);
  assert_int_equal(p.count, 2 * 2 * 3 * 2 * 3 * 2 * 2);
  for (size_t i = 0; i < p.count; i++) {
    assert_string_equal(p.point[i].kernel->name, UNTILED);
    assert_true(p.point[i].problem.eps == 1e-6);
    assert_int_equal(p.point[i].problem.head_dim, 16);
    for (size_t j = 0; j < i; j++)
      assert_memory_not_equal(&p.point[i], &p.point[j], sizeof(point));
  }
  plan_free(&p);
  assert_null(p.point);
  plan_free(&p);
}

static void one_point_has_every_value(void **state) {
  (void)state;
  plan p = planned("kernel: [" TILED
                   "], stage: [block], regime: [positive], "
                   "seed: [9223372036854775807], batch: [2], seq_len: [4294967296], "
                   "heads: [3], head_dim: [5], tile_q: [7], tile_k: [11], threads: [13]",
                   NULL);
  assert_int_equal(p.count, 1);
  const point *x = p.point;
  const lkv_problem resolved =
      lkv_resolve_tiles(x->kernel, (lkv_problem){.batch = 2,
                                                 .seq_len = 4294967296,
                                                 .heads = 3,
                                                 .head_dim = 5,
                                                 .tile_q = 7,
                                                 .tile_k = 11,
                                                 .eps = 1e-6});
  assert_int_equal(x->stage, LKV_STAGE_BLOCK);
  assert_string_equal(x->regime, "positive");
  assert_int_equal(x->seed, INT64_MAX);
  assert_int_equal(x->threads, 13);
  assert_int_equal(x->problem.tile_k, 11);
  assert_memory_equal(&x->problem, &resolved, sizeof resolved);
  plan_free(&p);
}

/* Tiles a kernel has no use for, and those that are its default, make no new point. */
static void equal_points_are_there_once(void **state) {
  (void)state;
  const lkv_problem base = {.batch = 1, .seq_len = 64, .heads = 1, .head_dim = 8};
  const size_t best = lkv_resolve_tiles(lkv_kernel_find(TILED), base).tile_k;
  char axes[256];
  assert_true(best > 3);
  assert_int_equal(lkv_resolve_tiles(lkv_kernel_find(UNTILED), base).tile_k, 0);
  snprintf(axes, sizeof axes,
           "kernel: [" TILED ", " UNTILED
           "], seq_len: [64, 64], head_dim: [8], "
           "tile_k: [default, 3, %zu, 3]",
           best);
  plan p = planned(axes, NULL);
  assert_int_equal(p.count, 3);
  size_t untiled = 0, three = 0, tiled = 0;
  for (size_t i = 0; i < p.count; i++) {
    const size_t tile = p.point[i].problem.tile_k;
    untiled += tile == 0;
    three += tile == 3;
    tiled += tile == best;
  }
  assert_true(untiled == 1 && three == 1 && tiled == 1);
  plan_free(&p);
  assert_int_equal(count_of(axes, "default_tiles"), 2);
  assert_int_equal(count_of(axes, "NOT default_tiles"), 1);
  assert_int_equal(count_of(axes, "tile_k IS NULL"), 1);
}

static void globs_choose_kernels_in_the_registrys_order(void **state) {
  (void)state;
  plan all = planned("kernel: ['*'], seq_len: [8], head_dim: [8]", NULL);
  assert_int_equal(all.count, lkv_kernel_count());
  for (size_t i = 0; i < all.count; i++)
    assert_ptr_equal(all.point[i].kernel, lkv_kernel_at(i));
  plan_free(&all);
  assert_int_equal(
      count_of("kernel: [scalar_row, 'scalar_r?w', '*_row'], seq_len: [8], head_dim: [8]",
               "kernel = 'scalar_row'"),
      1);
  assert_int_equal(count_of("kernel: ['scalar_[m]*'], seq_len: [8], head_dim: [8]", NULL),
                   1);
}

static void filters_see_every_axis(void **state) {
  (void)state;
  static const char axes[] =
      "kernel: [" UNTILED ", " TILED
      "], stage: [attention, block], "
      "regime: [gaussian, positive], seed: [1, 2], batch: [1, 3], seq_len: [16, 32], "
      "heads: [1, 4], head_dim: [8, 64], threads: [1, 2]";
  static const char *const halves[] = {"kernel = '" UNTILED "'",
                                       "algorithm = 'row'",
                                       "stage = 'block'",
                                       "regime = 'positive'",
                                       "seed = 2",
                                       "batch = 3",
                                       "seq_len > 16",
                                       "heads = 4",
                                       "head_dim < 64",
                                       "threads = 2",
                                       "tile_k IS NULL",
                                       "heads = 1 -- and so on",
                                       "heads = 1 /* and so on"};
  const size_t all = count_of(axes, NULL);
  assert_int_equal(all, 512);
  for (size_t i = 0; i < COUNT_OF(halves); i++)
    if (count_of(axes, halves[i]) != all / 2) fail_msg("%s", halves[i]);
  assert_int_equal(count_of(axes, "isa = 'scalar' AND operand_type = 'float32'"), all);
  assert_int_equal(count_of(axes, "heads * head_dim = 64 AND accum_type = 'float32'"),
                   all / 4);
  assert_int_equal(count_of(axes, "seq_len = (SELECT max(seq_len) FROM axes)"), all / 2);
}

static void bad_filters_are_refused(void **state) {
  (void)state;
  static const char *const bad[] = {
      "length > 3",
      "seq_len >",
      "(1",
      "1)",
      "'open",
      "1; DROP TABLE axes",
      "1); DROP TABLE axes; --",
      "1) ORDER BY number /*",
      "1) LIMIT 1 /*",
      "1) UNION SELECT 999, 'a', 'b', 1, 1, 1, 1, 1, 1, 1, 1 /*",
      "1) UNION SELECT 999, 'a', 'b', 1, 1, 1, 1, 1, 1, 1, 1 FROM axes WHERE (1",
      "count(*) > 1",
      "abs(-9223372036854775808) > 1",
      "load_extension('x')",
      "seq_len, heads"};
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    plan p;
    error err = {""};
    if (make("kernel: ['*'], seq_len: [8], head_dim: [8]", bad[i], &p, &err))
      fail_msg("taken: %s", bad[i]);
    EXPECT_SAYS(&err, "f.yaml:2: where: ");
    assert_null(p.point);
    assert_int_equal(p.count, 0);
  }
}

static void no_point_at_all_is_an_error(void **state) {
  (void)state;
  plan p;
  error err;
  assert_false(make("kernel: ['*'], seq_len: [8], head_dim: [8]", "0", &p, &err));
  EXPECT_SAYS(&err, "f.yaml:2: where: leaves no point");
  assert_false(make("kernel: ['*'], seq_len: [8], head_dim: [8]", "NULL", &p, &err));
  EXPECT_SAYS(&err, "f.yaml:2: where: leaves no point");
}

static void globs_that_match_nothing_are_named(void **state) {
  (void)state;
  plan p;
  error err;
  assert_false(
      make("kernel: ['*', 'scaler_*'], seq_len: [8], head_dim: [8]", NULL, &p, &err));
  EXPECT_SAYS(&err, "f.yaml:2: axes.kernel: 'scaler_*' matches no kernel",
              "linkv kernels");
  assert_false(make("kernel: ['scalar'], seq_len: [8], head_dim: [8]", NULL, &p, &err));
  EXPECT_SAYS(&err, "axes.kernel: 'scalar'");
}

static void too_many_points_are_refused(void **state) {
  (void)state;
  plan p;
  error err;
  assert_false(make("kernel: [" UNTILED "], seq_len: [1..4294967296], "
                    "heads: [1..4294967296], head_dim: [1..4294967296], "
                    "batch: [1..4294967296]",
                    "seq_len = 1", &p, &err));
  EXPECT_SAYS(&err, "f.yaml: axes: 1.19e+06 points before 'where'; the most is 1000000");
}

/* The points of a whole config, each as "kernel T H tile_q tile_k repetitions;", what the
 * command line gives with it: `set` and `filter` may be NULL. */
static char *points_of(const char *text, const char *set, const char *filter) {
  char *out = NULL;
  size_t bytes;
  config c;
  plan p;
  error err;
  FILE *to = open_memstream(&out, &bytes);
  assert_non_null(to);
  EXPECT_OK(config_parse("f.yaml", text, strlen(text), &c, &err), &err);
  if (set) EXPECT_OK(config_set(&c, set, &err), &err);
  if (filter) EXPECT_OK(config_filter_by(&c, filter, &err), &err);
  EXPECT_OK(plan_make(&c, &p, &err), &err);
  for (size_t i = 0; i < p.count; i++) {
    const lkv_problem *q = &p.point[i].problem;
    fprintf(to, "%s %zu %zu %zu %zu %u;", strchr(p.point[i].kernel->name, '_') + 1,
            q->seq_len, q->heads, q->tile_q, q->tile_k,
            p.effort ? p.effort[i].repetitions : c.repetitions);
  }
  fclose(to);
  plan_free(&p);
  config_free(&c);
  return out;
}

static void expect_points(const char *text, const char *set, const char *filter,
                          const char *want) {
  char *got = points_of(text, set, filter);
  assert_string_equal(got, want);
  free(got);
}

#define ROW_AT(axes) "name: q\naxes: {kernel: [scalar_row], head_dim: [8]" axes "}\n"

static void tied_axes_move_together(void **state) {
  (void)state;
  static const char want[] = "row 8 4 0 0 5;row 16 2 0 0 5;row 32 1 0 0 5;";
  expect_points(ROW_AT("") "zip: {seq_len: [8..32], heads: [4, 2, 1]}\n", NULL, NULL,
                want);
  expect_points(ROW_AT("") "zip: [{seq_len: 8, heads: 4}, {heads: 2, seq_len: 16},\n"
                           "      {seq_len: 32, heads: 1}]\n",
                NULL, NULL, want);
  expect_points(
      "name: q\naxes: {head_dim: [8]}\nzip:\n"
      "  - {kernel: [scalar_row, scalar_stream_online], tile_k: [default, 4]}\n"
      "  - {seq_len: [8, 16], heads: [2, 1]}\n",
      NULL, NULL,
      "stream_online 8 2 0 4 5;row 8 2 0 0 5;"
      "stream_online 16 1 0 4 5;row 16 1 0 0 5;");
}

static void tile_presets_set_both_sizes(void **state) {
  (void)state;
  static const char text[] =
      "name: q\ntiles: {small: {tile_q: 3, tile_k: 4}, thin: {tile_q: 2}}\n"
      "axes: {kernel: [scalar_tile, scalar_stream_online, scalar_row], seq_len: [8], "
      "head_dim: [8], tiles: [small, {tile_q: 5, tile_k: 6}]}\n";
  expect_points(text, NULL, NULL,
                "stream_online 8 1 0 4 5;stream_online 8 1 0 6 5;row 8 1 0 0 5;"
                "tile 8 1 3 4 5;tile 8 1 5 6 5;");
  expect_points(text, NULL, "tiles=small", "stream_online 8 1 0 4 5;tile 8 1 3 4 5;");
  expect_points(text, NULL, "tile_k=6", "stream_online 8 1 0 6 5;tile 8 1 5 6 5;");
  expect_points(text, "tile_k=7", "tile_k=7", "stream_online 8 1 0 7 5;tile 8 1 16 7 5;");
}

static void overrides_change_one_kernel(void **state) {
  (void)state;
  expect_points(
      "name: q\nrepetitions: 3\n"
      "axes: {kernel: [scalar_row, scalar_per_step], seq_len: [8, 16], "
      "head_dim: [8]}\n"
      "overrides:\n  'scalar_*': {repetitions: 4}\n"
      "  '*_per_step': {repetitions: 2, seq_len: 8, heads: [1, 2]}\n",
      NULL, NULL, "per_step 8 1 0 0 2;row 8 1 0 0 4;per_step 8 2 0 0 2;row 16 1 0 0 4;");
}

static void overrides_change_how_long_is_timed_and_waited(void **state) {
  (void)state;
  static const char text[] =
      "name: q\naxes: {kernel: [scalar_row, scalar_per_step], seq_len: [8], "
      "head_dim: [8]}\ntimeout: 7\noverrides:\n"
      "  '*': {min_time: 0.5}\n  '*_row': {timeout: 2, min_time: 0.25}\n";
  config c;
  plan p;
  error err;
  EXPECT_OK(config_parse("f.yaml", text, strlen(text), &c, &err), &err);
  EXPECT_OK(plan_make(&c, &p, &err), &err);
  assert_int_equal(p.count, 2);
  for (size_t i = 0; i < p.count; i++) {
    const bool row = !strcmp(p.point[i].kernel->name, "scalar_row");
    assert_true(p.effort[i].min_time_s == (row ? 0.25 : 0.5));
    assert_true(p.effort[i].timeout_s == (row ? 2 : 7));
  }
  plan_free(&p);
  config_free(&c);
}

static void included_points_come_beside_the_product(void **state) {
  (void)state;
  static const char text[] =
      ROW_AT(", seq_len: [8, 16], heads: [1]")
      "include: [{seq_len: 8, heads: [1, 2]}, {heads: 3, seq_len: 8}]\n"
      "exclude: [{heads: [2, 1], seq_len: 8}]\nwhere: heads < 3\n";
  /* An included point stays, whatever exclude and where say. */
  expect_points(text, NULL, NULL,
                "row 8 1 0 0 5;row 8 2 0 0 5;row 8 3 0 0 5;row 16 1 0 0 5;");
  expect_points(text, NULL, "heads IN (1, 3)",
                "row 8 1 0 0 5;row 8 3 0 0 5;row 16 1 0 0 5;");
  expect_points(text, "seq_len=8..32", NULL,
                "row 8 1 0 0 5;row 8 2 0 0 5;row 8 3 0 0 5;row 16 1 0 0 5;"
                "row 16 2 0 0 5;row 16 3 0 0 5;row 32 1 0 0 5;row 32 2 0 0 5;"
                "row 32 3 0 0 5;");
}

static void excluded_points_match_every_axis_they_name(void **state) {
  (void)state;
  expect_points(
      "name: q\naxes: {kernel: [scalar_row, scalar_stream_online], "
      "seq_len: [8, 16], head_dim: [8], tile_k: [default, 4]}\n"
      "exclude: [{kernel: '*_row', seq_len: 8}, {tile_k: default, kernel: "
      "scalar_s*}]\n",
      NULL, NULL, "stream_online 8 1 0 4 5;stream_online 16 1 0 4 5;row 16 1 0 0 5;");
}

static void mistakes_of_the_command_line_are_named(void **state) {
  (void)state;
  static const struct {
    const char *set, *filter, *says;
  } bad[] = {
      {"colour=3", NULL, "--set 'colour=3': is not AXIS=VALUE,..."},
      {"head_dim", NULL, "--set 'head_dim': is not AXIS=VALUE,..."},
      {"head_dim=8,x", NULL, "--set head_dim: 'x' is not a whole number"},
      {"head_dim=", NULL, "--set head_dim: is empty"},
      {"heads=2", NULL, "--set heads: the config's zip ties it"},
      {"tile_k=2", NULL, "--set tile_k: the config's zip ties it"},
      {"kernel=scaler_*", NULL, "--set kernel: 'scaler_*' matches no kernel"},
      {NULL, "heads=x", "--filter heads: 'x' is not a whole number"},
      {NULL, "heads =", "--filter 'heads =': it ends too early"},
      {NULL, "1); DROP TABLE axes; --", "--filter '1); DROP TABLE axes; --': "},
      {NULL, "heads=9", "--filter: leaves no point"},
      {NULL, "kernel=scaler_*", "--filter kernel: 'scaler_*' matches no kernel"},
  };
  static const char text[] =
      ROW_AT("") "zip: {seq_len: [8], heads: [1], tiles: [default]}\n";
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    config c;
    plan p = {0};
    error err;
    EXPECT_OK(config_parse("f.yaml", text, strlen(text), &c, &err), &err);
    if ((!bad[i].set || config_set(&c, bad[i].set, &err)) &&
        (!bad[i].filter || config_filter_by(&c, bad[i].filter, &err)) &&
        plan_make(&c, &p, &err))
      fail_msg("taken: %zu", i);
    EXPECT_SAYS(&err, bad[i].says);
    config_free(&c);
  }
}

static double cost_of(const point *p) {
  const lkv_problem *q = &p->problem;
  return (double)q->batch * (double)q->heads * (double)q->seq_len * (double)q->seq_len *
         (double)q->head_dim;
}

/* Cheap shapes first; once a shape is left, it does not come back. */
static void shapes_stand_together_cheap_first(void **state) {
  (void)state;
  plan p = planned("kernel: [" UNTILED ", " TILED
                   "], stage: [block, attention], "
                   "regime: [positive, gaussian], seed: [2, 1], batch: [2, 1], "
                   "seq_len: [64, 16, 32], heads: [1, 4], head_dim: [64, 16], "
                   "threads: [2, 1], tile_k: [default, 4]",
                   NULL);
  size_t shapes = 1;
  for (size_t i = 1; i < p.count; i++) {
    assert_true(cost_of(&p.point[i - 1]) <= cost_of(&p.point[i]));
    if (plan_same_shape(&p.point[i - 1], &p.point[i])) continue;
    shapes++;
    for (size_t j = 0; j < i; j++)
      assert_false(plan_same_shape(&p.point[j], &p.point[i]));
  }
  assert_int_equal(shapes, 2 * 2 * 2 * 2 * 3 * 2 * 2);
  assert_int_equal(p.count, shapes * 2 * 3);
  plan_free(&p);
}

static void shapes_differ_in_all_but_kernel_tiles_and_threads(void **state) {
  (void)state;
  const point a = {.kernel = lkv_kernel_find(TILED),
                   .regime = "gaussian",
                   .seed = 1,
                   .problem = {.batch = 1, .seq_len = 2, .heads = 3, .head_dim = 4},
                   .threads = 1};
  point b = a;
  b.kernel = lkv_kernel_find(UNTILED);
  b.problem.tile_q = b.problem.tile_k = b.threads = 9;
  assert_true(plan_same_shape(&a, &b));
  for (int way = 0; way < 7; way++) {
    b = a;
    switch (way) {
      case 0:
        b.stage = LKV_STAGE_BLOCK;
        break;
      case 1:
        strcpy(b.regime, "positive");
        break;
      case 2:
        b.seed++;
        break;
      case 3:
        b.problem.batch++;
        break;
      case 4:
        b.problem.seq_len++;
        break;
      case 5:
        b.problem.heads++;
        break;
      default:
        b.problem.head_dim++;
        break;
    }
    assert_false(plan_same_shape(&a, &b));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(points_are_the_cross_product),
      cmocka_unit_test(one_point_has_every_value),
      cmocka_unit_test(equal_points_are_there_once),
      cmocka_unit_test(globs_choose_kernels_in_the_registrys_order),
      cmocka_unit_test(filters_see_every_axis),
      cmocka_unit_test(bad_filters_are_refused),
      cmocka_unit_test(no_point_at_all_is_an_error),
      cmocka_unit_test(globs_that_match_nothing_are_named),
      cmocka_unit_test(too_many_points_are_refused),
      cmocka_unit_test(tied_axes_move_together),
      cmocka_unit_test(tile_presets_set_both_sizes),
      cmocka_unit_test(overrides_change_one_kernel),
      cmocka_unit_test(overrides_change_how_long_is_timed_and_waited),
      cmocka_unit_test(included_points_come_beside_the_product),
      cmocka_unit_test(excluded_points_match_every_axis_they_name),
      cmocka_unit_test(mistakes_of_the_command_line_are_named),
      cmocka_unit_test(shapes_stand_together_cheap_first),
      cmocka_unit_test(shapes_differ_in_all_but_kernel_tiles_and_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
