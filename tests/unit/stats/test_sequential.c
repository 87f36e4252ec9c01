#include "sequential.h"

#include <math.h>

#include "../check.h"
#include "random.h"

static const sequential_rule rule = {
    .error = 0.01, .margin = 0.02, .floor = 0.005, .first = 10, .last = 60};

static void looks_are_planned(void **state) {
  (void)state;
  static const size_t looks[] = {10, 15, 23, 35, 53, 60};
  size_t at = 0;
  for (size_t n = 0; n <= 60; n++) {
    const bool wanted = at < COUNT_OF(looks) && n == looks[at];
    assert_true(sequential_is_look(&rule, n) == wanted);
    at += wanted;
  }
  assert_int_equal(sequential_looks(&rule), COUNT_OF(looks));
  const sequential_rule once = {.error = 0.1, .first = 9, .last = 4};
  assert_int_equal(sequential_looks(&once), 1);
  assert_true(sequential_is_look(&once, 4));
}

typedef struct tally {
  size_t of[5], pairs;
} tally;

/* Races of ratios whose median is `ratio` and whose logarithms scatter by `sigma`, one in
 * ten by ten times as much. */
static tally race_many(double ratio, double sigma, size_t races) {
  tally t = {0};
  for (uint64_t r = 0; r < races; r++) {
    double ratios[60];
    sequential_verdict v = SEQUENTIAL_GO_ON;
    interval i;
    size_t n = 0;
    while (v == SEQUENTIAL_GO_ON) {
      const double wild = random_uniform(r, 1, n) < 0.1 ? 10 : 1;
      ratios[n] = ratio * exp(wild * sigma * random_normal(r, 2, n));
      n++;
      assert_true(sequential_look(&rule, n, ratios, &i, &v));
      if (v != SEQUENTIAL_GO_ON) assert_true(i.low <= i.estimate && i.estimate <= i.high);
    }
    t.of[v]++;
    t.pairs += n;
  }
  return t;
}

static void equals_are_the_same_and_soon(void **state) {
  (void)state;
  const tally t = race_many(1, 0.01, 500);
  assert_true(t.of[SEQUENTIAL_LOWER] + t.of[SEQUENTIAL_HIGHER] <= 5);
  assert_true(t.of[SEQUENTIAL_SAME] >= 450);
  assert_true(t.pairs < 500 * 40);
}

static void differences_are_found(void **state) {
  (void)state;
  const tally up = race_many(1.05, 0.02, 200), down = race_many(1 / 1.05, 0.02, 200);
  assert_true(up.of[SEQUENTIAL_HIGHER] >= 190 && up.of[SEQUENTIAL_LOWER] == 0);
  assert_true(down.of[SEQUENTIAL_LOWER] >= 190 && down.of[SEQUENTIAL_HIGHER] == 0);
}

/* What the floor covers is never found, and noise beyond all bounds decides nothing. */
static void what_cannot_be_told_is_unsure(void **state) {
  (void)state;
  const tally noisy = race_many(1, 0.3, 200);
  assert_true(noisy.of[SEQUENTIAL_UNSURE] >= 195);
}

/* The interval at the first look cannot have the level of a stricter rule. */
static void too_few_pairs_go_on(void **state) {
  (void)state;
  const sequential_rule strict = {.error = 1e-6, .margin = 0.1, .first = 10, .last = 30};
  double ratios[30];
  interval i;
  sequential_verdict v;
  for (size_t k = 0; k < 30; k++) ratios[k] = 2;
  assert_true(sequential_look(&strict, 10, ratios, &i, &v));
  assert_int_equal(v, SEQUENTIAL_GO_ON);
  assert_true(sequential_look(&strict, 12, ratios, &i, &v));
  assert_int_equal(v, SEQUENTIAL_GO_ON);
  assert_true(sequential_look(&strict, 23, ratios, &i, &v));
  assert_int_equal(v, SEQUENTIAL_HIGHER);
}

/* Ten ratios from `low` to `high`, a look before the last one or the last. */
static sequential_verdict verdict_on(double low, double high, bool last) {
  const sequential_rule wide = {
      .error = 0.1, .margin = 0.1, .first = 10, .last = last ? 10 : 60};
  double ratios[10];
  interval i;
  sequential_verdict v;
  for (size_t k = 0; k < 10; k++) ratios[k] = low * pow(high / low, (double)k / 9);
  assert_true(sequential_look(&wide, 10, ratios, &i, &v));
  return v;
}

static void what_may_be_the_same_yet_goes_on(void **state) {
  (void)state;
  assert_int_equal(verdict_on(1.01, 1.2, false), SEQUENTIAL_GO_ON);
  assert_int_equal(verdict_on(1 / 1.01, 1 / 1.2, false), SEQUENTIAL_GO_ON);
  assert_int_equal(verdict_on(1.01, 1.2, true), SEQUENTIAL_HIGHER);
  assert_int_equal(verdict_on(1 / 1.01, 1 / 1.2, true), SEQUENTIAL_LOWER);
  for (int last = 0; last < 2; last++) {
    assert_int_equal(verdict_on(1.11, 1.2, last), SEQUENTIAL_HIGHER);
    assert_int_equal(verdict_on(1 / 1.11, 1 / 1.2, last), SEQUENTIAL_LOWER);
    assert_int_equal(verdict_on(1.01, 1.09, last), SEQUENTIAL_SAME);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(looks_are_planned),
      cmocka_unit_test(equals_are_the_same_and_soon),
      cmocka_unit_test(differences_are_found),
      cmocka_unit_test(what_cannot_be_told_is_unsure),
      cmocka_unit_test(too_few_pairs_go_on),
      cmocka_unit_test(what_may_be_the_same_yet_goes_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
