/* Regret is what it is, whatever the noise. */
#include <math.h>

#include "../check.h"
#include "regret.h"
#include "times.h"

enum { ROUNDS = 10, TRIALS = 2000, KERNELS = 6 };

/* Uniform in [0, 1). */
static double next(uint64_t *state) {
  *state = *state * 6364136223846793005U + 1442695040888963407U;
  return (double)(*state >> 11) * 0x1p-53;
}

static row *add(rows *all, const char *kernel, double time_ns) {
  return add_timed(all, kernel, 64, ROUNDS, time_ns);
}

static void the_fastest_loses_nothing(void **state) {
  (void)state;
  rows all = {0};
  add(&all, "a", 1000);
  add(&all, "b", 1250);
  const row *list[] = {&all.row[0], &all.row[1]};
  assert_true(regret_of(list[0], list, 2) == 0);
  assert_true(fabs(regret_of(list[1], list, 2) - 0.25) < 1e-3);
  rows_free(&all);
}

static void without_both_halves_it_is_unknown(void **state) {
  (void)state;
  rows all = {0};
  row *r = add(&all, "a", 1000);
  const row *list[] = {r};
  set_times(r, 1, 1, 1, 1000);
  assert_true(isnan(regret_of(list[0], list, 1)));
  assert_true(isnan(regret_of(list[0], list, 0)));
  rows_free(&all);
}

/* Times of other rounds are not of the same moment. */
static void rounds_are_paired(void **state) {
  (void)state;
  rows all = {0};
  add(&all, "a", 1000);
  add(&all, "b", 1000);
  const row *list[] = {&all.row[0], &all.row[1]};
  for (size_t i = 0; i < ROUNDS; i++) {
    const double slow = i % 4 < 2 ? 1 : 3; /* a machine that is busy now and then */
    all.row[0].sample[i].time_ns = 1000 * slow;
    all.row[1].sample[i].time_ns = 1100 * slow;
  }
  assert_true(fabs(regret_of(list[1], list, 2) - 0.1) < 1e-9);
  rows_free(&all);
}

/* Kernels that are equal: the mean over trials is 0, where the least of medians gives the
 * noise. One that is slower by a fifth is found to be. */
static void noise_is_no_regret(void **state) {
  (void)state;
  uint64_t seed = 7;
  double equal = 0, slower = 0;
  for (int trial = 0; trial < TRIALS; trial++) {
    rows all = {0};
    const row *list[KERNELS];
    for (int k = 0; k < KERNELS; k++) add(&all, "k", 1000);
    for (int k = 0; k < KERNELS; k++) {
      list[k] = &all.row[k];
      for (size_t i = 0; i < ROUNDS; i++)
        all.row[k].sample[i].time_ns = (k == 1 ? 1200 : 1000) * (0.9 + 0.2 * next(&seed));
    }
    equal += regret_of(list[0], list, KERNELS) / TRIALS;
    slower += regret_of(list[1], list, KERNELS) / TRIALS;
    rows_free(&all);
  }
  assert_true(fabs(equal) < 0.01);
  assert_true(fabs(slower - 0.2) < 0.015);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_fastest_loses_nothing),
      cmocka_unit_test(without_both_halves_it_is_unknown),
      cmocka_unit_test(rounds_are_paired),
      cmocka_unit_test(noise_is_no_regret),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
