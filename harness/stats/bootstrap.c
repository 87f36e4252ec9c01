#include "bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ascending.h"
#include "random.h"

/* Between order statistics, so that p = 0 is the smallest and p = 1 the largest. */
static double percentile(size_t n, const double *sorted, double p) {
  const double at = p * (double)(n - 1);
  const size_t below = (size_t)at;
  if (below + 1 >= n) return sorted[n - 1];
  return sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]);
}

bool bootstrap_median(size_t n, const double *values, double level, size_t resamples,
                      uint64_t seed, interval *out) {
  double *drawn = malloc(n * sizeof *drawn);
  double *medians = malloc(resamples * sizeof *medians);
  const bool ok = drawn && medians;
  for (size_t r = 0; ok && r < resamples; r++) {
    for (size_t i = 0; i < n; i++)
      drawn[i] = values[(size_t)(random_uniform(seed, (uint32_t)r, i) * (double)n)];
    sort_ascending(n, drawn);
    medians[r] = median_of_sorted(n, drawn);
  }
  if (ok) {
    memcpy(drawn, values, n * sizeof *drawn);
    sort_ascending(n, drawn);
    sort_ascending(resamples, medians);
    *out = (interval){.estimate = median_of_sorted(n, drawn),
                      .low = percentile(resamples, medians, (1 - level) / 2),
                      .high = percentile(resamples, medians, (1 + level) / 2),
                      .coverage = level};
  }
  free(drawn);
  free(medians);
  return ok;
}
