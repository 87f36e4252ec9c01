#include "mann_whitney.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "normal.h"
#include "rank_sums.h"
#include "ranks.h"

/* The largest of i + j values is one of the i with chance i / (i + j), and is then larger
 * than all j: P(i, j, u) = i / (i + j) P(i - 1, j, u - j) + j / (i + j) P(i, j - 1, u).
 * `row` holds P(i, 0..m, .), m + 1 tables of `width` entries, of the i before and of this
 * one in turn. */
double *mann_whitney_chances(size_t n, size_t m) {
  const size_t width = n * m + 1;
  double *row = calloc((m + 1) * width, sizeof *row);
  double *table = calloc(width, sizeof *table);
  bool ok = row && table;
  for (size_t j = 0; ok && j <= m; j++) row[j * width] = 1;
  for (size_t i = 1; ok && i <= n; i++)
    for (size_t j = 1; j <= m; j++) {
      const double first = (double)i / (double)(i + j), second = 1 - first;
      double *here = row + j * width;
      const double *fewer = here - width;
      for (size_t u = i * j + 1; u-- > 0;)
        here[u] = (u >= j ? first * here[u - j] : 0) + second * fewer[u];
    }
  if (ok) memcpy(table, row + m * width, width * sizeof *table);
  free(row);
  if (ok) return table;
  free(table);
  return NULL;
}

static bool exact_p(size_t n, size_t m, double u, double *p) {
  const double smaller = fmin(u, (double)(n * m) - u);
  double *chance = mann_whitney_chances(n, m), tail = 0;
  if (!chance) return false;
  for (size_t k = 0; (double)k <= smaller; k++) tail += chance[k];
  free(chance);
  *p = fmin(1, 2 * tail);
  return true;
}

static double normal_p(double n, double m, double u, double ties) {
  const double all = n + m;
  const double variance = n * m / 12 * (all + 1 - ties / (all * (all - 1)));
  const double off = fmax(fabs(u - n * m / 2) - 0.5, 0);
  /* One order of all: a few values tell little, however many there are of the others. */
  const double least = 2 * exp(lgamma(n + 1) + lgamma(m + 1) - lgamma(all + 1));
  return off > 0 ? fmax(normal_two_sided(off / sqrt(variance)), least) : 1;
}

bool mann_whitney_test(size_t n, const double *x, size_t m, const double *y,
                       mann_whitney_result *out) {
  double *both = malloc((n + m) * sizeof *both), *rank = malloc((n + m) * sizeof *rank);
  double ties = 0, sum = 0;
  bool ok = both && rank;
  if (ok) {
    memcpy(both, x, n * sizeof *both);
    memcpy(both + n, y, m * sizeof *both);
  }
  ok = ok && ranks_of(n + m, both, rank, &ties);
  if (ok) {
    for (size_t i = 0; i < n; i++) sum += rank[i];
    out->u = sum - (double)n * (double)(n + 1) / 2;
    if (n > MANN_WHITNEY_EXACT_MAX || m > MANN_WHITNEY_EXACT_MAX)
      out->p = normal_p((double)n, (double)m, out->u, ties);
    else if (ties == 0)
      ok = exact_p(n, m, out->u, &out->p);
    else
      ok = rank_sum_chosen(n + m, rank, n, sum, &out->p);
  }
  free(both);
  free(rank);
  return ok;
}
