/* Regret is what it is, whatever the noise. */
#include "regret.h"

#include <math.h>
#include <stdint.h>

#include "../check.h"

enum { ROUNDS = 12, TRIALS = 2000, RIVALS = 6 };

/* Uniform in [0, 1). */
static double next(uint64_t *state) {
  *state = *state * 6364136223846793005U + 1442695040888963407U;
  return (double)(*state >> 11) * 0x1p-53;
}

static regret_rival steady(double ratio, double room[ROUNDS]) {
  for (size_t i = 0; i < ROUNDS; i++) room[i] = ratio;
  return (regret_rival){room, ROUNDS};
}

static void the_fastest_loses_nothing(void **state) {
  (void)state;
  double a[ROUNDS], b[ROUNDS];
  const regret_rival slower[] = {steady(1.25, a), steady(1.0, b)};
  assert_true(regret_of(2, slower) == 0);
  assert_true(regret_of(0, NULL) == 0);
}

static void the_fastest_rival_counts(void **state) {
  (void)state;
  double a[ROUNDS], b[ROUNDS], c[ROUNDS];
  const regret_rival rivals[] = {steady(1.25, a), steady(0.8, b), steady(0.9, c)};
  assert_true(fabs(regret_of(3, rivals) - 0.25) < 1e-12);
}

static void without_both_halves_it_is_unknown(void **state) {
  (void)state;
  double a[ROUNDS];
  regret_rival rival = steady(0.9, a);
  rival.rounds = 2;
  assert_true(isnan(regret_of(1, &rival)));
  rival.rounds = 0;
  assert_true(isnan(regret_of(1, &rival)));
}

/* Rounds 0 and 1 name a rival that was lucky in them alone. */
static void luck_is_not_counted(void **state) {
  (void)state;
  double a[ROUNDS];
  regret_rival rival = steady(1, a);
  for (size_t i = 0; i < ROUNDS; i++)
    if (i / 2 % 2 == 0) a[i] = 0.5;
  assert_true(regret_of(1, &rival) == 0);
}

static void both_halves_count(void **state) {
  (void)state;
  double a[ROUNDS];
  regret_rival rival = steady(0.5, a);
  for (size_t i = 0; i < ROUNDS; i++)
    if (i / 2 % 2 == 0) a[i] = 0.8;
  assert_true(fabs(regret_of(1, &rival) - (0.25 + 1) / 2) < 1e-12);
}

/* Rivals that are equal: the mean over trials is 0, where the least of medians gives the
 * noise. One that is faster by a sixth is found to be. */
static void noise_is_no_regret(void **state) {
  (void)state;
  uint64_t seed = 7;
  double equal = 0, slower = 0;
  for (int trial = 0; trial < TRIALS; trial++) {
    double room[RIVALS][ROUNDS];
    regret_rival rivals[RIVALS];
    for (int k = 0; k < RIVALS; k++) {
      rivals[k] = steady(1, room[k]);
      for (size_t i = 0; i < ROUNDS; i++) room[k][i] = 0.9 + 0.2 * next(&seed);
    }
    equal += regret_of(RIVALS, rivals) / TRIALS;
    for (size_t i = 0; i < ROUNDS; i++) room[1][i] /= 1.2;
    slower += regret_of(RIVALS, rivals) / TRIALS;
  }
  assert_true(fabs(equal) < 0.01);
  assert_true(fabs(slower - 0.2) < 0.015);
}

/* One rival that is faster by a fiftieth, in noise of a tenth. */
static void a_loss_within_noise_is_not_overstated(void **state) {
  (void)state;
  uint64_t seed = 7;
  double mean = 0;
  for (int trial = 0; trial < TRIALS; trial++) {
    double room[RIVALS][ROUNDS];
    regret_rival rivals[RIVALS];
    for (int k = 0; k < RIVALS; k++) {
      rivals[k] = steady(1, room[k]);
      for (size_t i = 0; i < ROUNDS; i++)
        room[k][i] = (0.9 + 0.2 * next(&seed)) / (k ? 1 : 1.02);
    }
    mean += regret_of(RIVALS, rivals) / TRIALS;
  }
  assert_true(mean > 0 && mean < 0.02);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_fastest_loses_nothing),
      cmocka_unit_test(the_fastest_rival_counts),
      cmocka_unit_test(without_both_halves_it_is_unknown),
      cmocka_unit_test(luck_is_not_counted),
      cmocka_unit_test(both_halves_count),
      cmocka_unit_test(noise_is_no_regret),
      cmocka_unit_test(a_loss_within_noise_is_not_overstated),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
