/* The median and an interval for it. */
#ifndef STATS_MEDIAN_H
#define STATS_MEDIAN_H

#include <stddef.h>

typedef struct median_interval {
  double median;
  double low, high; /* order statistics */
  double coverage;  /* chance that [low, high] holds the true median */
} median_interval;

/* Of n >= 1 finite values, which are sorted in place. The interval is the narrowest pair
 * of symmetric order statistics that holds the median with a chance of at least 95 %
 * (binomial, no assumption on the distribution); the whole range where none does, which
 * is so for n < 6. */
median_interval median_of(size_t n, double *values);

/* Half the interval over the median. */
double median_half_width(const median_interval *m);

#endif
