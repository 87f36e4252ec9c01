/* How far one sample lies from another: Hodges and Lehmann's estimate. No assumption on
 * the distributions, and outliers count for little. */
#ifndef STATS_SHIFT_H
#define STATS_SHIFT_H

#include <stdbool.h>
#include <stddef.h>

#include "interval.h"

/* The centre of n >= 1 differences between pairs: the median of the means of all two of
 * them (each with itself too). The interval holds what signed_rank_test does not reject
 * at 1 - level: exact up to SIGNED_RANK_EXACT_MAX differences. Where there are too few
 * for the level it is the whole range, with the coverage that has. False when out of
 * memory: n (n + 1) / 2 means are made. */
bool shift_of_pairs(size_t n, const double *differences, double level, interval *out);

/* How much larger the n values of `x` are than the m of `y`: the median of all x - y. The
 * interval likewise is mann_whitney_test's, exact up to MANN_WHITNEY_EXACT_MAX values
 * each. */
bool shift_of_samples(size_t n, const double *x, size_t m, const double *y, double level,
                      interval *out);

/* The same of positive values: of the ratios of pairs, and of all x / y, by way of their
 * logarithms. */
bool ratio_of_pairs(size_t n, const double *ratios, double level, interval *out);
bool ratio_of_samples(size_t n, const double *x, size_t m, const double *y, double level,
                      interval *out);

#endif
