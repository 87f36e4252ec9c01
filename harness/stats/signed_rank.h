/* Wilcoxon's signed-rank test, for pairs. */
#ifndef STATS_SIGNED_RANK_H
#define STATS_SIGNED_RANK_H

#include <stdbool.h>
#include <stddef.h>

/* So many differences at most have their exact distribution taken. */
enum { SIGNED_RANK_EXACT_MAX = 64 };

typedef struct signed_rank_result {
  size_t used; /* differences that are not 0 */
  double sum;  /* of the ranks of the positive ones */
  double p;    /* two-sided; 1 where none is used */
} signed_rank_result;

/* Tests whether n paired differences are symmetric about 0. Differences of 0 are left
 * out. p is exact up to SIGNED_RANK_EXACT_MAX differences, given the ties that there are;
 * else that of the normal with corrections for ties and continuity. False when out of
 * memory.
 */
bool signed_rank_test(size_t n, const double *differences, signed_rank_result *out);

/* Chances under symmetry: chance[w] of a positive rank sum w = 0..n (n + 1) / 2, for
 * n <= SIGNED_RANK_EXACT_MAX; malloc'd, NULL when out of memory. */
double *signed_rank_chances(size_t n);

#endif
