#include "signed_rank.h"

#include <math.h>
#include <stdlib.h>

#include "normal.h"
#include "rank_sums.h"
#include "ranks.h"

/* Each rank is in the sum or not, with equal chance. */
double *signed_rank_chances(size_t n) {
  const size_t largest = n * (n + 1) / 2;
  double *chance = calloc(largest + 1, sizeof *chance);
  if (!chance) return NULL;
  chance[0] = 1;
  for (size_t rank = 1; rank <= n; rank++)
    for (size_t w = rank * (rank + 1) / 2 + 1; w-- > 0;)
      chance[w] = (chance[w] + (w >= rank ? chance[w - rank] : 0)) / 2;
  return chance;
}

static bool exact_p(size_t n, double sum, double *p) {
  const size_t largest = n * (n + 1) / 2;
  const double smaller = fmin(sum, (double)largest - sum);
  double *chance = signed_rank_chances(n), tail = 0;
  if (!chance) return false;
  for (size_t w = 0; (double)w <= smaller; w++) tail += chance[w];
  free(chance);
  *p = fmin(1, 2 * tail);
  return true;
}

static double normal_p(double n, double sum, double ties) {
  const double mean = n * (n + 1) / 4;
  const double variance = (n * (n + 1) * (2 * n + 1) - ties / 2) / 24;
  const double off = fmax(fabs(sum - mean) - 0.5, 0);
  return off > 0 ? normal_two_sided(off / sqrt(variance)) : 1;
}

bool signed_rank_test(size_t n, const double *differences, signed_rank_result *out) {
  double *size = malloc((n + 1) * sizeof *size), *rank = malloc((n + 1) * sizeof *rank);
  bool *positive = calloc(n + 1, sizeof *positive);
  double ties = 0;
  *out = (signed_rank_result){.p = 1};
  bool ok = size && rank && positive;
  for (size_t i = 0; ok && i < n; i++) {
    if (differences[i] == 0) continue;
    positive[out->used] = differences[i] > 0;
    size[out->used++] = fabs(differences[i]);
  }
  ok = ok && ranks_of(out->used, size, rank, &ties);
  for (size_t i = 0; ok && i < out->used; i++)
    if (positive[i]) out->sum += rank[i];
  if (ok && out->used) {
    if (out->used > SIGNED_RANK_EXACT_MAX)
      out->p = normal_p((double)out->used, out->sum, ties);
    else if (ties == 0)
      ok = exact_p(out->used, out->sum, &out->p);
    else
      ok = rank_sum_taken(out->used, rank, out->sum, &out->p);
  }
  free(size);
  free(rank);
  free(positive);
  return ok;
}
