/* How far values scatter, and which lie apart. */
#ifndef STATS_SPREAD_H
#define STATS_SPREAD_H

#include <stdbool.h>
#include <stddef.h>

/* From a modified z-score of 3.5 on a value is an outlier (Iglewicz and Hoaglin, 1993).
 */
#define SPREAD_OUTLIER 3.5

typedef struct spread {
  double median;
  double mad;   /* median of |x - median| */
  double scale; /* standard deviation of a normal that scatters so: 1.4826 mad, or, where
                 * more than half of the values are equal, 1.2533 mean of |x - median| */
} spread;

/* Of n >= 1 finite values. False when out of memory. */
bool spread_of(size_t n, const double *values, spread *out);

/* (x - median) / scale; 0 for the median itself, whatever the scale. */
double spread_score(const spread *s, double x);

#endif
