/* The percentile bootstrap. */
#ifndef STATS_BOOTSTRAP_H
#define STATS_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "interval.h"

/* The median of n >= 1 values and its percentile interval at `level` (0.95: 95 %): each
 * of `resamples` draws n of the values with replacement, and the interval holds the
 * middle `level` of their medians, interpolated linearly. The draws depend on the seed
 * alone. It is narrower than that of order statistics (median.h) and covers less than
 * `level` for small n. False when out of memory. */
bool bootstrap_median(size_t n, const double *values, double level, size_t resamples,
                      uint64_t seed, interval *out);

#endif
