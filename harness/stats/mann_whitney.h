/* The Mann-Whitney test, for two independent samples. */
#ifndef STATS_MANN_WHITNEY_H
#define STATS_MANN_WHITNEY_H

#include <stdbool.h>
#include <stddef.h>

/* So many values of each sample at most have their exact distribution taken. */
enum { MANN_WHITNEY_EXACT_MAX = 64 };

typedef struct mann_whitney_result {
  double u; /* pairs in which the first sample's value is the larger; a tie is a half */
  double p; /* two-sided */
} mann_whitney_result;

/* Tests whether either of two samples, n and m >= 1 values, tends to be larger. p is
 * exact up to MANN_WHITNEY_EXACT_MAX values each, given the ties that there are; else
 * that of the normal with corrections for ties and continuity, but not less than that of
 * the least likely of all orders. False when out of memory. */
bool mann_whitney_test(size_t n, const double *x, size_t m, const double *y,
                       mann_whitney_result *out);

/* Chances where the samples do not differ: chance[u] of u = 0..n m, for n and m up to
 * MANN_WHITNEY_EXACT_MAX; malloc'd, NULL when out of memory. */
double *mann_whitney_chances(size_t n, size_t m);

#endif
