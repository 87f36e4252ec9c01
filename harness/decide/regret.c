#include "regret.h"

#include <math.h>

#include "median.h"

enum { ROUNDS_MAX = 512 };

/* NaN where the half has none. */
static double median_ratio(const regret_rival *r, size_t half) {
  double ratio[ROUNDS_MAX];
  size_t count = 0;
  for (size_t i = 0; i < r->rounds && count < ROUNDS_MAX; i++)
    if (i / 2 % 2 == half) ratio[count++] = r->ratio[i];
  return count ? median_of(count, ratio).median : NAN;
}

/* What the choice loses by one half to the rival that is the fastest by the other. */
static double lost(size_t count, const regret_rival *rival, size_t half) {
  const regret_rival *fastest = NULL;
  double least = 1; /* the choice itself */
  for (size_t i = 0; i < count; i++) {
    const double ratio = median_ratio(&rival[i], !half);
    if (isnan(ratio)) return NAN;
    if (ratio < least) {
      least = ratio;
      fastest = &rival[i];
    }
  }
  return fastest ? 1 / median_ratio(fastest, half) - 1 : 0;
}

double regret_of(size_t count, const regret_rival *rival) {
  return (lost(count, rival, 0) + lost(count, rival, 1)) / 2;
}
