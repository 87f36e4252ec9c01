#include "history.h"

#include <stdio.h>

#include "../check.h"
#include "../report/sample.h"
#include "random.h"

enum { NIGHTS = 40, NEWEST = 20 };
#define MIN_STEP 0.02

/* A row of kernel "k" in night `at`, which is its label too. */
static row *add_night(rows *all, size_t at, double time_ns) {
  char when[80], label[32];
  row *r = sample_row(all, "k", 64, time_ns, 1e-7);
  snprintf(when, sizeof when, "2026-01-%02zuT%02zu:00:00.000Z", 1 + at / 24, at % 24);
  snprintf(label, sizeof label, "night %zu", at);
  assert_true(row_set_text(r, ROW_recorded_at, when));
  assert_true(row_set_text(r, ROW_label, label));
  return r;
}

/* Noise of a tenth of a percent. */
static double near(double time_ns, size_t at) {
  return time_ns * (1 + 1e-3 * random_normal(1, 1, at));
}

/* NIGHTS nights of 1000 ns, but as many times more as levels[i] from night `from[i]` on.
 */
static void add_nights(rows *all, const double *levels, const size_t *from,
                       size_t count) {
  for (size_t at = 0; at < NIGHTS; at++) {
    double level = 1;
    for (size_t i = 0; i < count && from[i] <= at; i++) level = levels[i];
    add_night(all, at, near(1000 * level, at));
  }
}

static history made(const rows *all) {
  history h;
  error err;
  if (!history_make(all, MIN_STEP, NEWEST, &h, &err)) fail_msg("%s", err.text);
  return h;
}

typedef struct course {
  size_t levels, from[4];
  double level[4];
  size_t steps, regressions;
} course;

static void slower_ever_since_is_a_regression(void **state) {
  (void)state;
  static const course courses[] = {
      {0, {0}, {0}, 0, 0},
      {1, {20}, {1.2}, 1, 1},
      {1, {19}, {1.2}, 1, 0}, /* no news */
      {1, {24}, {0.8}, 1, 0},
      {2, {24, 32}, {1.2, 1.15}, 2, 1}, /* slower, a bit less by now */
      {2, {24, 32}, {1.2, 1.19}, 1, 1}, /* less by too little for a step */
      {2, {24, 32}, {1.2, 1}, 2, 0},    /* and mended */
      {2, {24, 32}, {1.2, 0.9}, 2, 0},  /* and better than ever */
      {2, {24, 32}, {1.2, 1.4}, 2, 1},
      {2, {12, 24}, {0.8, 0.9}, 2, 1},
      {2, {12, 28}, {1.2, 1.19}, 1, 0},
  };
  for (size_t i = 0; i < COUNT_OF(courses); i++) {
    const course *c = &courses[i];
    rows all = {0};
    add_nights(&all, c->level, c->from, c->levels);
    history h = made(&all);
    assert_int_equal(h.count, 1);
    if (h.series->steps != c->steps || h.regressions != c->regressions)
      fail_msg("course %zu: %zu steps, %zu regressions", i, h.series->steps,
               h.regressions);
    assert_int_equal(h.series->regressed, c->regressions > 0);

    for (size_t k = 0; k < c->steps; k++)
      assert_int_equal(h.series->step[k].at, c->from[k]);
    history_free(&h);
    rows_free(&all);
  }
}

/* Each step is under MIN_STEP; all of them make 6 %. */
static void small_steps_add_up(void **state) {
  (void)state;
  rows all = {0};
  add_nights(&all, (const double[]){1.015, 1.03, 1.045, 1.06},
             (const size_t[]){8, 16, 24, 32}, 4);
  history h = made(&all);
  assert_int_equal(h.count, 1);
  assert_true(h.series->steps >= 1);
  const history_step *last = &h.series->step[h.series->steps - 1];
  assert_true(last->after_ns >= (1 + MIN_STEP) * h.series->step[0].before_ns);
  for (size_t i = 0; i < h.series->steps; i++)
    assert_true(h.series->step[i].after_ns >=
                (1 + MIN_STEP) * h.series->step[i].before_ns * (1 - 1e-12));
  history_free(&h);
  rows_free(&all);
}

/* Two machines, of which one steps; rows in no order; a label used again; a night that
 * was wrong, and one that was not timed. */
static void rows_are_of_a_point_on_a_machine_by_time(void **state) {
  (void)state;
  rows all = {0};
  for (size_t i = 0; i < NIGHTS; i++) {
    const size_t at = i * 7 % NIGHTS;
    row *r = add_night(&all, at, near(at < 35 ? 1000 : 1100, at));
    assert_true(row_set_text(r, ROW_machine, "a"));
    if (at == 20) assert_true(row_set_text(r, ROW_label, "night 3"));
    r = add_night(&all, at, near(2000, at));
    assert_true(row_set_text(r, ROW_machine, "b"));
    if (at == 36) assert_true(row_set_text(r, ROW_status, "wrong"));
    if (at == 37) r->field[ROW_time_ns].known = false;
  }
  history h = made(&all);
  assert_int_equal(h.count, 2);
  assert_int_equal(h.left_out, 2);
  assert_int_equal(h.regressions, 1);
  assert_int_equal(h.series[0].count, NIGHTS);
  assert_int_equal(h.series[1].count, NIGHTS - 2);
  assert_int_equal(h.series[0].steps, 1);
  assert_int_equal(h.series[0].step->at, 35);
  assert_int_equal(h.series[1].steps, 0);
  history_free(&h);
  rows_free(&all);
}

static void short_series_are_counted(void **state) {
  (void)state;
  for (size_t count = HISTORY_LEAST - 1; count <= HISTORY_LEAST; count++) {
    rows all = {0};
    for (size_t at = 0; at < count; at++) add_night(&all, at, near(1000, at));
    history h = made(&all);
    assert_int_equal(h.count, count == HISTORY_LEAST);
    assert_int_equal(h.too_short, count != HISTORY_LEAST);
    history_free(&h);
    rows_free(&all);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(slower_ever_since_is_a_regression),
      cmocka_unit_test(small_steps_add_up),
      cmocka_unit_test(rows_are_of_a_point_on_a_machine_by_time),
      cmocka_unit_test(short_series_are_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
