/* Where a series steps from one level to another. No assumption on the noise but that its
 * order says nothing; outliers count for little. */
#ifndef STATS_CHANGE_POINTS_H
#define STATS_CHANGE_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No level is shorter, so that no single outlier is one. */
#define CHANGE_POINTS_LEVEL_MIN 3

/* Chance of a step that is none, for each place that is tested, in a series of up to
 * CHANGE_POINTS_LENGTH values; a half of it in one twice as long, and so on. */
#define CHANGE_POINTS_ALPHA  0.002
#define CHANGE_POINTS_LENGTH 100

typedef struct change_point {
  size_t at; /* first value of the new level */
  double before,
      after;      /* medians of the level that ends there and of the one that begins */
  double p_value; /* of a split as good, when the values of both are shuffled */
} change_point;

/* Of n finite values. The steps that are proposed minimise the sum of |x - median of its
 * level| with a price a step. Those smaller than `least` (0: none) give way, the smallest
 * first, and what they parted is one level; each that is left then has to pass a
 * permutation test of its two levels, the least likely giving way first. `seed` is the
 * shuffles'. out[0..n-1] receives the steps, in order. False when out of memory. Time
 * O(n^3) at worst, in memory O(n). */
bool change_points_find(size_t n, const double *values, double least, uint64_t seed,
                        change_point *out, size_t *count);

#endif
