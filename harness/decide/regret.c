#include "regret.h"

#include <math.h>

#include "median.h"

enum { ROUNDS_MAX = 64 };

/* An order of kernels and its reverse (sweep/order.h) are of one half. */
static bool is_of(const row_sample *s, int half) {
  return (s->repetition + 1) / 2 % 2 == half;
}

/* NaN where the half has none. */
static double median_time(const row *r, int half) {
  double time[ROUNDS_MAX];
  size_t count = 0;
  for (size_t i = 0; i < r->samples && count < ROUNDS_MAX; i++)
    if (is_of(&r->sample[i], half)) time[count++] = r->sample[i].time_ns;
  return count ? median_of(count, time).median : NAN;
}

static const row *fastest(const row *const *contender, size_t count, int half) {
  const row *best = NULL;
  double least = INFINITY;
  for (size_t i = 0; i < count; i++) {
    const double time = median_time(contender[i], half);
    if (time < least) {
      least = time;
      best = contender[i];
    }
  }
  return best;
}

/* Median ratio of times over the rounds of both; NaN where the half has none. */
static double median_ratio(const row *of, const row *over, int half) {
  double ratio[ROUNDS_MAX];
  size_t count = 0;
  for (size_t i = 0; i < of->samples; i++)
    for (size_t k = 0; k < over->samples && count < ROUNDS_MAX; k++) {
      const row_sample *x = &of->sample[i], *y = &over->sample[k];
      if (is_of(x, half) && x->run == y->run && x->repetition == y->repetition)
        ratio[count++] = x->time_ns / y->time_ns;
    }
  return count ? median_of(count, ratio).median : NAN;
}

double regret_of(const row *choice, const row *const *contender, size_t count) {
  double sum = 0;
  for (int half = 0; half < 2; half++) {
    const row *best = fastest(contender, count, half);
    sum += best ? median_ratio(choice, best, !half) : NAN;
  }
  return sum / 2 - 1;
}
