#include "median.h"

#include <math.h>

#include "ascending.h"

/* Chance that the true median lies between order statistics k + 1 and n - k, counting
 * from 1: 1 - 2 P(Binomial(n, 1/2) <= k). */
static double coverage_of(size_t n, size_t k) {
  double tail = 0;
  for (size_t i = 0; i <= k; i++)
    tail += exp(lgamma((double)n + 1) - lgamma((double)i + 1) -
                lgamma((double)(n - i) + 1) - (double)n * M_LN2);
  return 1 - 2 * tail;
}

median_interval median_of(size_t n, double *values) {
  sort_ascending(n, values);
  size_t k = 0;
  while (2 * (k + 1) < n && coverage_of(n, k + 1) >= 0.95) k++;
  return (median_interval){.median = median_of_sorted(n, values),
                           .low = values[k],
                           .high = values[n - 1 - k],
                           .coverage = n > 1 ? coverage_of(n, k) : 0};
}

double median_half_width(const median_interval *m) {
  return (m->high - m->low) / 2 / m->median;
}
