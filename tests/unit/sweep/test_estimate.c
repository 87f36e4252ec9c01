#include "estimate.h"

#include <math.h>
#include <stdlib.h>

#include "../check.h"
#include "linkv/registry.h"

static point a_point(const char *kernel, size_t seq_len) {
  return (point){.kernel = lkv_kernel_find(kernel),
                 .regime = "gaussian",
                 .seed = 1,
                 .problem = {.batch = 1, .seq_len = seq_len, .heads = 4, .head_dim = 32},
                 .threads = 1};
}

static void guesses_grow_with_the_work(void **state) {
  (void)state;
  const estimate e = {0};
  double last = 0;
  for (size_t t = 256; t <= 1 << 16; t *= 2) {
    const point p = a_point("scalar_row", t);
    const double seconds = estimate_repetition(&e, &p, 0.05);
    assert_false(estimate_knows(&e, &p));
    assert_true(isfinite(seconds) && seconds > last);
    last = seconds;
  }
}

/* A kernel by definition is taken to need head_dim times as long. */
static void guesses_know_the_family(void **state) {
  (void)state;
  const estimate e = {0};
  const point fast = a_point("scalar_row", 4096), slow = a_point("scalar_per_step", 4096);
  const double ratio =
      estimate_repetition(&e, &slow, 0.05) / estimate_repetition(&e, &fast, 0.05);
  assert_true(ratio > 30 && ratio < 33);
}

static void threads_take_less(void **state) {
  (void)state;
  const estimate e = {0};
  point p = a_point("scalar_row", 2048);
  const double one = estimate_repetition(&e, &p, 0.05);
  assert_true(estimate_shape(&p) > 0.02);
  p.threads = 2;
  assert_true(estimate_repetition(&e, &p, 0.05) < one);
  p.threads = 4;
  const double four = estimate_repetition(&e, &p, 0.05);
  p.threads = 4096; /* there are four slices */
  assert_true(estimate_repetition(&e, &p, 0.05) == four);
}

static void the_time_asked_for_is_a_floor(void **state) {
  (void)state;
  const point p = a_point("scalar_row", 1);
  const estimate e = {0};
  assert_true(estimate_repetition(&e, &p, 0.05) >= 0.05);
  assert_true(estimate_repetition(&e, &p, 10) >= 10);
}

/* A shape four times the work of one that was seen takes four times as long, once in
 * calibrating and once timed. */
static void sightings_scale(void **state) {
  (void)state;
  estimate e = {0};
  const point seen = a_point("scalar_row", 1024), wanted = a_point("scalar_row", 2048);
  const point other = a_point("scalar_per_step", 1024);
  estimate_see(&e, &seen, 3);
  assert_true(estimate_knows(&e, &wanted));
  assert_false(estimate_knows(&e, &other));
  const double overhead = estimate_repetition(&e, &seen, 0.001) - 2 * 3;
  assert_true(overhead > 0 && overhead < 1);
  assert_true(fabs(estimate_repetition(&e, &wanted, 0.001) - overhead - 2 * 12) < 1e-9);
  estimate_free(&e);
}

static void durations_are_parsed(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double seconds;
  } good[] = {{"90", 90}, {"90s", 90}, {"10m", 600}, {"1.5h", 5400}, {"2min", 120}};
  static const char *const bad[] = {"",    "0",    "-1",  "m",   "10 m", "1e3",
                                    "10d", "1..2", "nan", "inf", "1h30m"};
  double seconds;
  for (size_t i = 0; i < COUNT_OF(good); i++) {
    assert_true(duration_parse(good[i].text, &seconds));
    assert_true(seconds == good[i].seconds);
  }
  for (size_t i = 0; i < COUNT_OF(bad); i++)
    if (duration_parse(bad[i], &seconds)) fail_msg("'%s' is %g s", bad[i], seconds);
}

static void the_nearest_sighting_is_taken(void **state) {
  (void)state;
  estimate e = {0};
  const point small = a_point("scalar_row", 64), large = a_point("scalar_row", 4096);
  const point near_small = a_point("scalar_row", 65);
  const point near_large = a_point("scalar_row", 4095);
  estimate_see(&e, &small, 5); /* out of all proportion */
  estimate_see(&e, &large, 1);
  assert_true(estimate_repetition(&e, &near_small, 0.001) > 9);
  assert_true(estimate_repetition(&e, &near_large, 0.001) < 3);
  estimate_free(&e);
}

/* However often a shape is seen, one sighting of it is kept: the last. */
static void sightings_of_one_shape_do_not_pile_up(void **state) {
  (void)state;
  estimate e = {0};
  const point p = a_point("scalar_row", 64);
  for (int i = 1; i <= 100; i++) estimate_see(&e, &p, i);
  assert_int_equal(e.count, 1);
  assert_true(estimate_repetition(&e, &p, 0.001) > 199);
  for (size_t t = 1; t <= 20; t++) {
    const point other = a_point("scalar_row", t);
    estimate_see(&e, &other, 1);
  }
  assert_int_equal(e.count, 21);
  estimate_free(&e);
  assert_null(e.seen);
}

static void later_estimates_are_corrected(void **state) {
  (void)state;
  estimate e = {0};
  const point p = a_point("scalar_row", 256);
  const double guess = estimate_repetition(&e, &p, 0.05);
  for (int i = 0; i < 5; i++) {
    const double predicted = estimate_repetition(&e, &p, 0.05);
    estimate_learn(&e, predicted, 3 * guess);
  }
  assert_true(fabs(estimate_repetition(&e, &p, 0.05) - 3 * guess) < 1e-9 * guess);
  estimate_free(&e);
}

static void rows_of_a_database_are_seen(void **state) {
  (void)state;
  estimate e = {0};
  row stored[4] = {0};
  for (int i = 0; i < 4; i++) {
    row_set_text(&stored[i], ROW_kernel, i == 1 ? "gone_kernel" : "scalar_row");
    row_set_integer(&stored[i], ROW_batch, 1);
    row_set_integer(&stored[i], ROW_seq_len, 64);
    row_set_integer(&stored[i], ROW_heads, 4);
    row_set_integer(&stored[i], ROW_head_dim, 32);
    row_set_integer(&stored[i], ROW_threads, 1);
    if (i < 2) row_set_real(&stored[i], ROW_time_ns, 2e9);
  }
  row_set_text(&stored[3], ROW_kernel, NULL);
  estimate_see_rows(&e, &(rows){.row = stored, .count = 4});
  const point p = a_point("scalar_row", 64);
  assert_int_equal(e.count, 1);
  const double seconds = estimate_repetition(&e, &p, 0.001);
  assert_true(seconds > 4 && seconds < 5);
  for (int i = 0; i < 4; i++) row_free(&stored[i]);
  estimate_free(&e);
}

/* What a hand may have put into a database must not make estimates that are no numbers.
 */
static void impossible_rows_are_left_out(void **state) {
  (void)state;
  estimate e = {0};
  static const double times[] = {0, -5, INFINITY, 1e9, 1e9};
  row stored[COUNT_OF(times)] = {0};
  for (size_t i = 0; i < COUNT_OF(times); i++) {
    row_set_text(&stored[i], ROW_kernel, "scalar_row");
    row_set_integer(&stored[i], ROW_batch, i == 3 ? 0 : 1);
    row_set_integer(&stored[i], ROW_seq_len, 64);
    row_set_integer(&stored[i], ROW_heads, 4);
    row_set_integer(&stored[i], ROW_head_dim, i == 4 ? -32 : 32);
    row_set_integer(&stored[i], ROW_threads, 1);
    row_set_real(&stored[i], ROW_time_ns, times[i]);
  }
  estimate_see_rows(&e, &(rows){.row = stored, .count = COUNT_OF(times)});
  const point p = a_point("scalar_row", 64);
  assert_false(estimate_knows(&e, &p));
  for (size_t i = 0; i < COUNT_OF(times); i++) row_free(&stored[i]);
  estimate_free(&e);
}

static void durations_read_well(void **state) {
  (void)state;
  static const struct {
    double seconds;
    const char *text;
  } known[] = {{0, "0 s"},
               {-3, "0 s"},
               {0.4, "0 s"},
               {45, "45 s"},
               {59.4, "59 s"},
               {59.6, "1 min 00 s"},
               {130, "2 min 10 s"},
               {3599.4, "59 min 59 s"},
               {3599.6, "1 h 00 min"},
               {11100, "3 h 05 min"},
               {360000, "100 h 00 min"},
               {1e300, "ages"},
               {INFINITY, "ages"}};
  char text[32];
  for (size_t i = 0; i < COUNT_OF(known); i++)
    assert_string_equal(duration_text(known[i].seconds, text, sizeof text),
                        known[i].text);
  assert_string_equal(duration_text(130, text, 4), "2 m");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(guesses_grow_with_the_work),
      cmocka_unit_test(guesses_know_the_family),
      cmocka_unit_test(threads_take_less),
      cmocka_unit_test(the_time_asked_for_is_a_floor),
      cmocka_unit_test(sightings_scale),
      cmocka_unit_test(durations_are_parsed),
      cmocka_unit_test(the_nearest_sighting_is_taken),
      cmocka_unit_test(sightings_of_one_shape_do_not_pile_up),
      cmocka_unit_test(later_estimates_are_corrected),
      cmocka_unit_test(rows_of_a_database_are_seen),
      cmocka_unit_test(impossible_rows_are_left_out),
      cmocka_unit_test(durations_read_well),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
