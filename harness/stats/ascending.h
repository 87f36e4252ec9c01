/* Sorting. */
#ifndef STATS_ASCENDING_H
#define STATS_ASCENDING_H

#include <stdbool.h>
#include <stddef.h>

/* Sorts n values that are not NaN, smallest first. */
void sort_ascending(size_t n, double *values);

/* Median of n >= 1 values that are sorted. */
double median_of_sorted(size_t n, const double *values);

/* Fills order[0..n-1] with the indices of n values that are not NaN, smallest value
 * first. False when out of memory. */
bool order_ascending(size_t n, const double *values, size_t *order);

#endif
