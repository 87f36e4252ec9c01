#include "../check.h"

#include <math.h>
#include <stdlib.h>

#include "judged.h"
#include "pick_between.h"

/* Of `kernel`, or of scalar_tile with tiles of so many tokens, at two lengths. */
typedef struct times {
  const char *kernel;
  int64_t tile;
  double low_ns, high_ns;
} times;

typedef struct expected {
  const char *kernel;
  int64_t tile;
  size_t last;
} expected;

enum { LOW = 16, HIGH = 1024 };

static void add(rows *all, const times *t, int64_t seq_len, double time_ns) {
  row *r = add_judged(all, t->kernel ? t->kernel : "scalar_tile", seq_len, time_ns, 1e-6);
  if (!t->tile) return;
  row_set_integer(r, ROW_tile_q, t->tile);
  row_set_integer(r, ROW_tile_k, t->tile);
}

/* Times are known exactly. */
static void leave_no_noise(rows *all) {
  for (size_t i = 0; i < all->count; i++) {
    value *v = all->row[i].field;
    v[ROW_time_ns_low].real = v[ROW_time_ns_high].real = v[ROW_time_ns].real;
  }
}

static void make_rows(const times *t, size_t count, int64_t low, int64_t high,
                      rows *all) {
  for (size_t i = 0; i < count; i++) add(all, &t[i], low, t[i].low_ns);
  for (size_t i = 0; i < count; i++) add(all, &t[i], high, t[i].high_ns);
}

static void make_path(const rows *all, picks *p, pick_path *path) {
  const pick_limits any = {
      .max_error = INFINITY, .max_bytes = INFINITY, .tie_margin = PICK_TIE_MARGIN};
  error err;
  EXPECT_OK(pick_make(all, &any, p, &err), &err);
  assert_int_equal(p->shapes, 2);
  EXPECT_OK(pick_between(&p->shape[0], &p->shape[1], PICK_TIE_MARGIN, path, &err), &err);
}

static void expect_path(const times *t, size_t count, int64_t low, int64_t high,
                        const expected *e, size_t stretches) {
  rows all = {0};
  picks p;
  pick_path path;
  make_rows(t, count, low, high, &all);
  make_path(&all, &p, &path);
  assert_int_equal(path.count, stretches);
  size_t first = (size_t)low;
  for (size_t i = 0; i < stretches; i++) {
    const pick_stretch *s = &path.stretch[i];
    assert_int_equal(s->first, first);
    assert_int_equal(s->last, e[i].last);
    assert_string_equal(s->low->field[ROW_kernel].text,
                        e[i].kernel ? e[i].kernel : "scalar_tile");
    assert_int_equal(s->low->field[ROW_seq_len].integer, low);
    assert_int_equal(s->high->field[ROW_seq_len].integer, high);
    if (e[i].tile) assert_int_equal(s->low->field[ROW_tile_q].integer, e[i].tile);
    assert_false(s->own_tiles && e[i].tile);
    first = s->last + 1;
  }
  pick_path_free(&path);
  picks_free(&p);
  rows_free(&all);
}

#define EXPECT_PATH(times, low, high, expected) \
  expect_path(times, COUNT_OF(times), low, high, expected, COUNT_OF(expected))
#define EXPECT_NOTHING(times, low, high) \
  expect_path(times, COUNT_OF(times), low, high, NULL, 0)

static void a_third_that_is_faster_in_the_middle_comes_in(void **state) {
  static const times t[] = {{"scalar_row", 0, 100, 4000},
                            {"scalar_per_step", 0, 400, 1000},
                            {"scalar_materialized", 0, 130, 1300}};
  static const times tiles[] = {
      {NULL, 8, 100, 4000}, {NULL, 32, 400, 1000}, {NULL, 24, 130, 1300}};
  static const expected e[] = {{"scalar_row", 0, 27},
                               {"scalar_materialized", 0, 151},
                               {"scalar_per_step", 0, 256}};
  static const expected by_tile[] = {{NULL, 8, 27}, {NULL, 24, 151}, {NULL, 32, 256}};
  (void)state;
  EXPECT_PATH(t, 16, 256, e);
  EXPECT_PATH(tiles, 16, 256, by_tile);
}

/* Tangents of an arch, which meet at 1/6, 1/2 and 5/6 of the way. */
static void many_come_in(void **state) {
  const times t[] = {{NULL, 8, 1000, 1000 * exp(4)},
                     {NULL, 16, 1000 * exp(4. / 9), 1000 * exp(16. / 9)},
                     {NULL, 24, 1000 * exp(16. / 9), 1000 * exp(4. / 9)},
                     {NULL, 32, 1000 * exp(4), 1000}};
  static const expected e[] = {
      {NULL, 8, 32}, {NULL, 16, 128}, {NULL, 24, 513}, {NULL, 32, 1027}};
  (void)state;
  EXPECT_PATH(t, 16, 1027, e);
}

static void near_ties_do_not_scatter(void **state) {
  /* 1 % faster than both where they cross, and 3 %. */
  static const times little[] = {{"scalar_row", 0, 100, 4000},
                                 {"scalar_per_step", 0, 400, 1000},
                                 {"scalar_materialized", 0, 250, 1568}};
  static const times more[] = {{"scalar_row", 0, 100, 4000},
                               {"scalar_per_step", 0, 400, 1000},
                               {"scalar_materialized", 0, 250, 1506}};
  static const expected e[] = {{"scalar_row", 0, 63}, {"scalar_per_step", 0, 255}};
  static const expected with[] = {
      {"scalar_row", 0, 61}, {"scalar_materialized", 0, 70}, {"scalar_per_step", 0, 256}};
  /* Two that tie with each other: the simpler one. */
  static const times twins[] = {{"scalar_row", 0, 100, 4000},
                                {"scalar_per_step", 0, 400, 1000},
                                {"scalar_stream_merge", 0, 129, 1295},
                                {"scalar_materialized", 0, 130, 1300}};
  static const expected simpler[] = {{"scalar_row", 0, 27},
                                     {"scalar_materialized", 0, 151},
                                     {"scalar_per_step", 0, 256}};
  /* The simpler of ties at both ends is so in between. */
  static const times tied[] = {{"scalar_row", 0, 100, 1001},
                               {"scalar_per_step", 0, 101, 1010},
                               {"scalar_stream_merge", 0, 101, 1000}};
  (void)state;
  EXPECT_PATH(little, 16, 255, e);
  EXPECT_PATH(more, 16, 256, with);
  EXPECT_PATH(twins, 16, 256, simpler);
  EXPECT_NOTHING(tied, 16, 256);
}

/* 60 % faster where the others cross, by times that are known to +-1 %, then to a third.
 */
static void what_ties_within_noise_stays_out(void **state) {
  static const times t[] = {{"scalar_row", 0, 100, 4000},
                            {"scalar_per_step", 0, 400, 1000},
                            {"scalar_materialized", 0, 130, 1300}};
  (void)state;
  for (int noisy = 0; noisy < 2; noisy++) {
    rows all = {0};
    picks p;
    pick_path path;
    make_rows(t, COUNT_OF(t), 16, 256, &all);
    for (size_t i = 0; noisy && i < all.count; i++) {
      value *v = all.row[i].field;
      v[ROW_time_ns_low].real = v[ROW_time_ns].real / 1.33;
      v[ROW_time_ns_high].real = v[ROW_time_ns].real * 1.33;
    }
    make_path(&all, &p, &path);
    assert_int_equal(path.count, noisy ? 2 : 3);
    pick_path_free(&path);
    picks_free(&p);
    rows_free(&all);
  }
}

/* Per step is the simpler one. */
static void what_won_as_the_simpler_holds_for_the_margin(void **state) {
  static const times at_low[] = {{"scalar_row", 0, 100, 2000},
                                 {"scalar_per_step", 0, 101, 2120}};
  static const times at_high[] = {{"scalar_row", 0, 100, 2000},
                                  {"scalar_per_step", 0, 106, 2020}};
  static const expected low_first[] = {{"scalar_per_step", 0, 28},
                                       {"scalar_row", 0, 256}};
  static const expected high_last[] = {{"scalar_row", 0, 145},
                                       {"scalar_per_step", 0, 256}};
  (void)state;
  EXPECT_PATH(at_low, 16, 256, low_first);
  EXPECT_PATH(at_high, 16, 256, high_last);
}

/* Within the margin all along, and at the high end slower for sure. */
static void what_won_as_the_simpler_gives_way_at_the_end(void **state) {
  static const times t[] = {{"scalar_row", 0, 100, 2000},
                            {"scalar_per_step", 0, 101, 2030}};
  (void)state;
  rows all = {0};
  picks p;
  pick_path path;
  make_rows(t, COUNT_OF(t), 16, 256, &all);
  for (size_t i = COUNT_OF(t); i < all.count; i++) {
    value *v = all.row[i].field;
    v[ROW_time_ns_low].real = v[ROW_time_ns_high].real = v[ROW_time_ns].real;
  }
  make_path(&all, &p, &path);
  assert_int_equal(path.count, 2);
  assert_string_equal(path.stretch[0].low->field[ROW_kernel].text, "scalar_per_step");
  assert_int_equal(path.stretch[0].last, 255);
  assert_int_equal(path.stretch[1].first, 256);
  assert_int_equal(path.stretch[1].last, 256);
  pick_path_free(&path);
  picks_free(&p);
  rows_free(&all);
}

static void crossings_round_to_an_end(void **state) {
  static const times at_once[] = {{"scalar_row", 0, 100, 200},
                                  {"scalar_per_step", 0, 103, 100}};
  static const times late[] = {{"scalar_row", 0, 100, 103},
                               {"scalar_per_step", 0, 200, 100}};
  static const times third[] = {{"scalar_row", 0, 100, 400},
                                {"scalar_per_step", 0, 400, 100},
                                {"scalar_materialized", 0, 110, 110}};
  static const expected first_only[] = {{"scalar_row", 0, 16},
                                        {"scalar_per_step", 0, 18}};
  static const expected all_but_last[] = {{"scalar_row", 0, 17},
                                          {"scalar_per_step", 0, 18}};
  static const expected one_length[] = {
      {"scalar_row", 0, 16}, {"scalar_materialized", 0, 17}, {"scalar_per_step", 0, 18}};
  static const expected no_length[] = {{"scalar_row", 0, 16}, {"scalar_per_step", 0, 17}};
  (void)state;
  EXPECT_PATH(at_once, 16, 18, first_only);
  EXPECT_PATH(late, 16, 18, all_but_last);
  EXPECT_PATH(third, 16, 18, one_length);
  EXPECT_PATH(third, 16, 17, no_length);
}

static void other_shapes_and_candidates_are_not_compared(void **state) {
  static const times row_first = {"scalar_row", 0, 100, 4000};
  static const times other = {"scalar_per_step", 0, 400, 1000};
  static const int axes[] = {ROW_batch, ROW_heads, ROW_head_dim, ROW_threads};
  (void)state;
  for (size_t i = 0; i <= COUNT_OF(axes); i++) {
    rows all = {0};
    picks p;
    pick_path path;
    add(&all, &row_first, 16, 100);
    add(&all, &row_first, 256, 4000);
    if (i < COUNT_OF(axes)) add(&all, &other, 16, 400);
    add(&all, &other, 256, 1000);
    for (size_t r = 0; i < COUNT_OF(axes) && r < all.count; r++)
      if (all.row[r].field[ROW_seq_len].integer == 256)
        row_set_integer(&all.row[r], axes[i], 77);
    make_path(&all, &p, &path);
    assert_int_equal(path.count, 0);
    pick_path_free(&path);
    picks_free(&p);
    rows_free(&all);
  }
}

static double on_the_line(const times *t, size_t seq_len) {
  const double w = log((double)seq_len / LOW) / log((double)HIGH / LOW);
  return t->low_ns * pow(t->high_ns / t->low_ns, w);
}

/* Each candidate once, and none slower than the fastest by more than the margin. */
static void expect_held(const pick_path *path, const times *t, size_t count) {
  size_t next = LOW;
  for (size_t s = 0; s < path->count; s++) {
    const size_t own = (size_t)path->stretch[s].low->field[ROW_tile_q].integer - 1;
    assert_int_equal(path->stretch[s].first, next);
    for (size_t before = 0; before < s; before++)
      assert_ptr_not_equal(path->stretch[before].low, path->stretch[s].low);
    for (; next <= path->stretch[s].last; next++)
      for (size_t i = 0; i < count; i++)
        assert_true(on_the_line(&t[own], next) <=
                    (1 + 1e-9 + PICK_TIE_MARGIN) * on_the_line(&t[i], next));
  }
  assert_true(path->count == 0 || next == HIGH + 1);
}

static void no_choice_is_slower_than_the_margin(void **state) {
  enum { TRIALS = 20, CANDIDATES = 40 };
  size_t longest = 0;
  uint64_t dice = 1;
  (void)state;
  for (size_t trial = 0; trial < TRIALS; trial++) {
    times t[CANDIDATES];
    rows all = {0};
    picks p;
    pick_path path;
    for (size_t i = 0; i < CANDIDATES; i++) {
      dice = dice * 6364136223846793005u + 1442695040888963407u;
      const double at = (double)(dice >> 40) / (1 << 24);
      dice = dice * 6364136223846793005u + 1442695040888963407u;
      const double above = 0.05 * (double)(dice >> 40) / (1 << 24);
      /* Near a tangent of an arch. */
      t[i] = (times){.tile = (int64_t)i + 1,
                     .low_ns = 1000 * exp(at * at + above),
                     .high_ns = 1000 * exp((1 - at) * (1 - at) + above)};
    }
    make_rows(t, CANDIDATES, LOW, HIGH, &all);
    leave_no_noise(&all);
    make_path(&all, &p, &path);
    expect_held(&path, t, CANDIDATES);
    if (path.count > longest) longest = path.count;
    pick_path_free(&path);
    picks_free(&p);
    rows_free(&all);
  }
  assert_in_range(longest, 3, CANDIDATES);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_third_that_is_faster_in_the_middle_comes_in),
      cmocka_unit_test(many_come_in),
      cmocka_unit_test(near_ties_do_not_scatter),
      cmocka_unit_test(what_ties_within_noise_stays_out),
      cmocka_unit_test(what_won_as_the_simpler_holds_for_the_margin),
      cmocka_unit_test(what_won_as_the_simpler_gives_way_at_the_end),
      cmocka_unit_test(crossings_round_to_an_end),
      cmocka_unit_test(other_shapes_and_candidates_are_not_compared),
      cmocka_unit_test(no_choice_is_slower_than_the_margin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
