/* The geometric mean, for ratios. */
#ifndef STATS_GEOMETRIC_H
#define STATS_GEOMETRIC_H

#include <stddef.h>

#include "interval.h"

/* Of n >= 1 positive values, with Student's interval of the mean of their logarithms at
 * `level`: it takes the values for a sample of many such. One value has the interval
 * [0, inf] of coverage 1. */
interval geometric_mean(size_t n, const double *values, double level);

#endif
