/* Ranks of values, ties shared. */
#ifndef STATS_RANKS_H
#define STATS_RANKS_H

#include <stdbool.h>
#include <stddef.h>

/* Ranks from 1; equal values get the mean of their ranks. *ties is the sum of t^3 - t
 * over groups of t equal values, 0 where there are none. False when out of memory. */
bool ranks_of(size_t n, const double *values, double *rank, double *ties);

#endif
