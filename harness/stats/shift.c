#include "shift.h"

#include <math.h>
#include <stdlib.h>

#include "ascending.h"
#include "mann_whitney.h"
#include "normal.h"
#include "signed_rank.h"

/* How many of the smallest and largest estimates lie outside an interval, at least 0: the
 * largest k with P(W < k) <= (1 - level) / 2, and the coverage that makes. */
typedef struct trimming {
  size_t outside;
  double coverage;
} trimming;

static trimming trim_exactly(const double *chance, double level) {
  trimming t = {0, 1 - 2 * chance[0]};
  double below = chance[0];
  while (below + chance[t.outside + 1] <= (1 - level) / 2) {
    t.outside++;
    below += chance[t.outside];
    t.coverage = 1 - 2 * below;
  }
  return t;
}

static trimming trim_normally(double mean, double variance, double level) {
  const double k = floor(mean - 0.5 + normal_quantile((1 - level) / 2) * sqrt(variance));
  return (trimming){k > 0 ? (size_t)k : 0, level};
}

static void conclude(size_t count, double *estimates, trimming t, interval *out) {
  sort_ascending(count, estimates);
  *out = (interval){.estimate = median_of_sorted(count, estimates),
                    .low = estimates[t.outside],
                    .high = estimates[count - 1 - t.outside],
                    .coverage = t.coverage};
}

static bool trim_pairs(size_t n, double level, trimming *out) {
  const double size = (double)n;
  if (n > SIGNED_RANK_EXACT_MAX) {
    *out = trim_normally(size * (size + 1) / 4, size * (size + 1) * (2 * size + 1) / 24,
                         level);
    return true;
  }
  double *chance = signed_rank_chances(n);
  if (!chance) return false;
  *out = trim_exactly(chance, level);
  free(chance);
  return true;
}

bool shift_of_pairs(size_t n, const double *differences, double level, interval *out) {
  const size_t count = n * (n + 1) / 2;
  double *means = malloc(count * sizeof *means);
  trimming t;
  const bool ok = means && trim_pairs(n, level, &t);
  if (ok) {
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
      for (size_t j = i; j < n; j++)
        means[at++] = differences[i] / 2 + differences[j] / 2;
    conclude(count, means, t, out);
  }
  free(means);
  return ok;
}

static bool trim_samples(size_t n, size_t m, double level, trimming *out) {
  const double product = (double)n * (double)m;
  if (n > MANN_WHITNEY_EXACT_MAX || m > MANN_WHITNEY_EXACT_MAX) {
    *out = trim_normally(product / 2, product * (double)(n + m + 1) / 12, level);
    return true;
  }
  double *chance = mann_whitney_chances(n, m);
  if (!chance) return false;
  *out = trim_exactly(chance, level);
  free(chance);
  return true;
}

bool shift_of_samples(size_t n, const double *x, size_t m, const double *y, double level,
                      interval *out) {
  double *differences = malloc((n * m + 1) * sizeof *differences);
  trimming t;
  const bool ok = differences && trim_samples(n, m, level, &t);
  if (ok) {
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < m; j++) differences[i * m + j] = x[i] - y[j];
    conclude(n * m, differences, t, out);
  }
  free(differences);
  return ok;
}

static void exponentiate(interval *i) {
  i->estimate = exp(i->estimate);
  i->low = exp(i->low);
  i->high = exp(i->high);
}

bool ratio_of_pairs(size_t n, const double *ratios, double level, interval *out) {
  double *logs = malloc(n * sizeof *logs);
  for (size_t i = 0; logs && i < n; i++) logs[i] = log(ratios[i]);
  const bool ok = logs && shift_of_pairs(n, logs, level, out);
  if (ok) exponentiate(out);
  free(logs);
  return ok;
}

bool ratio_of_samples(size_t n, const double *x, size_t m, const double *y, double level,
                      interval *out) {
  double *logs = malloc((n + m) * sizeof *logs);
  for (size_t i = 0; logs && i < n; i++) logs[i] = log(x[i]);
  for (size_t j = 0; logs && j < m; j++) logs[n + j] = log(y[j]);
  const bool ok = logs && shift_of_samples(n, logs, m, logs + n, level, out);
  if (ok) exponentiate(out);
  free(logs);
  return ok;
}
