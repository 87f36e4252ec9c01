#include "median.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

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
  qsort(values, n, sizeof *values, ascending);
  size_t k = 0;
  while (2 * (k + 1) < n && coverage_of(n, k + 1) >= 0.95) k++;
  const double middle = n % 2 ? values[n / 2] : values[n / 2 - 1] / 2 + values[n / 2] / 2;
  return (median_interval){.median = middle,
                           .low = values[k],
                           .high = values[n - 1 - k],
                           .coverage = n > 1 ? coverage_of(n, k) : 0};
}
