/* Order statistics of many values without sorting them all. */
#ifndef STATS_SELECT_H
#define STATS_SELECT_H

#include <stddef.h>

/* The quantile of n >= 1 values by nearest rank: the smallest that at least `share` of
 * them (0 < share <= 1) do not exceed. Values are reordered; infinities are allowed, NaN
 * is not. Time O(n). */
double select_quantile(size_t n, double *values, double share);

#endif
