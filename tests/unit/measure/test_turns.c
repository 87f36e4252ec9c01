#include "turns.h"

#include <math.h>

#include "../check.h"
#include "clock.h"

enum { LOG_MAX = 1 << 16 };

/* Who was called, in order. */
typedef struct journal {
  char who[LOG_MAX];
  size_t count;
} journal;

typedef struct caller {
  journal *log;
  char name;
  double call_s;
} caller;

static void call(void *argument) {
  caller *c = argument;
  const double end = clock_now() + c->call_s;
  assert_true(c->log->count < LOG_MAX);
  c->log->who[c->log->count++] = c->name;
  while (clock_now() < end) continue;
}

static turns_result run(double a_s, double b_s, const turns_options *options,
                        journal *l) {
  caller a = {l, 'A', a_s}, b = {l, 'B', b_s};
  const turns_runner runner[] = {{call, &a}, {call, &b}};
  turns_result r;
  error err;
  l->count = 0;
  EXPECT_OK(turns_run(runner, options, &r, &err), &err);
  return r;
}

/* Each spins for a known time, so the ratio is known whatever else runs. */
static void the_ratio_is_that_of_the_times(void **state) {
  (void)state;
  static journal l;
  const turns_options options = {.turn_s = 1e-3, .duration_s = 0.1};
  const turns_result r = run(100e-6, 150e-6, &options, &l);
  assert_true(r.ratio > 1.4 && r.ratio < 1.6);
  assert_true(r.call_ns[0] >= 100e3 && r.call_ns[1] >= 150e3);
  assert_true(r.pairs >= 20 && r.undisturbed <= r.pairs);
}

/* The order of turns after the two that plan them, one letter a turn. */
static size_t turns_of(const journal *l, char *out) {
  size_t turns = 0;
  for (size_t i = 0; i < l->count; i++)
    if (!i || l->who[i] != l->who[i - 1]) out[turns++] = l->who[i];
  return turns;
}

/* Calls that fill a turn are one a turn: A B to plan, then A B, B A. */
static void who_begins_changes(void **state) {
  (void)state;
  static journal l;
  const turns_options a_first = {.turn_s = 1e-3, .duration_s = 1e-6};
  const turns_options b_first = {
      .turn_s = 1e-3, .duration_s = 1e-6, .second_first = true};
  turns_result r = run(2e-3, 2e-3, &a_first, &l);
  assert_int_equal(r.pairs, 2);
  assert_int_equal(l.count, 6);
  assert_memory_equal(l.who, "ABABBA", 6);
  r = run(2e-3, 2e-3, &b_first, &l);
  assert_memory_equal(l.who, "ABBAAB", 6);
}

/* Where many calls fill a turn, a quarter of them warms up: more are made than timed. */
static void turns_are_of_about_equal_length(void **state) {
  (void)state;
  static journal l;
  static char turn[LOG_MAX];
  const turns_options options = {.turn_s = 2e-3, .duration_s = 0.05};
  const turns_result r = run(100e-6, 400e-6, &options, &l);
  size_t calls[2] = {0};
  for (size_t i = 0; i < l.count; i++) calls[l.who[i] == 'B']++;
  assert_true(calls[0] > 3 * calls[1] && calls[0] < 6 * calls[1]);
  /* Neighbouring turns of one runner run into each other: A B, B A is three. */
  assert_in_range(turns_of(&l, turn), r.pairs, 2 * r.pairs + 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_ratio_is_that_of_the_times),
      cmocka_unit_test(who_begins_changes),
      cmocka_unit_test(turns_are_of_about_equal_length),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
