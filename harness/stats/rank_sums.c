#include "rank_sums.h"

#include <math.h>
#include <stdlib.h>

/* Midranks are halves: twice each is whole, and all of them make n (n + 1). */
static size_t twice(double rank) {
  return (size_t)lround(2 * rank);
}

/* Weight of sums 0 .. width - 1 of twice the ranks, in all and on both sides. */
static double two_sided(const double *weight, size_t width, double sum) {
  const size_t seen = twice(sum);
  double all = 0, below = 0, above = 0;
  for (size_t s = 0; s < width; s++) {
    all += weight[s];
    if (s <= seen) below += weight[s];
    if (s >= seen) above += weight[s];
  }
  return fmin(1, 2 * fmin(below, above) / all);
}

/* weight[k width + s]: choices of k of the ranks so far whose twice is s in all. */
bool rank_sum_chosen(size_t n, const double *rank, size_t chosen, double sum, double *p) {
  const size_t width = n * (n + 1) + 1;
  double *weight = calloc((chosen + 1) * width, sizeof *weight);
  if (!weight) return false;
  weight[0] = 1;
  for (size_t i = 0; i < n; i++) {
    const size_t more = twice(rank[i]);
    for (size_t k = chosen < i + 1 ? chosen : i + 1; k > 0; k--)
      for (size_t s = more; s < width; s++)
        weight[k * width + s] += weight[(k - 1) * width + s - more];
  }
  *p = two_sided(weight + chosen * width, width, sum);
  free(weight);
  return true;
}

bool rank_sum_taken(size_t n, const double *rank, double sum, double *p) {
  const size_t width = n * (n + 1) + 1;
  double *weight = calloc(width, sizeof *weight);
  if (!weight) return false;
  weight[0] = 1;
  for (size_t i = 0; i < n; i++) {
    const size_t more = twice(rank[i]);
    for (size_t s = width; s-- > 0;)
      weight[s] = (weight[s] + (s >= more ? weight[s - more] : 0)) / 2;
  }
  *p = two_sided(weight, width, sum);
  free(weight);
  return true;
}
