#include "change_points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ascending.h"
#include "random.h"
#include "ranks.h"
#include "spread.h"

enum { SHUFFLES = 999 };

/* Price of a step, in units of the mean |deviation| of the noise. Low: the test decides.
 */
#define PRICE 4.0

/* Mean |deviation| of the noise, from differences between neighbours, of which steps are
 * few. 0 where all values are equal; negative when out of memory. */
static double noise_of(size_t n, const double *values) {
  double *difference = malloc(n * sizeof *difference);
  spread s = {0};
  if (!difference) return -1;
  for (size_t i = 0; i + 1 < n; i++) difference[i] = values[i + 1] - values[i];
  const bool ok = spread_of(n - 1, difference, &s);
  free(difference);
  /* A normal's mean |deviation| is 0.798 of its standard deviation, and a difference
   * scatters by the square root of 2 more. */
  return ok ? 0.798 * s.scale / sqrt(2) : -1;
}

/* cost[j] = sum of |x - median| over values i .. j, for all j >= i. `sorted` is room. */
static void costs_from(size_t i, size_t n, const double *values, double *sorted,
                       double *cost) {
  for (size_t j = i; j < n; j++) {
    const size_t count = j - i;
    size_t at = count;
    for (; at > 0 && sorted[at - 1] > values[j]; at--) sorted[at] = sorted[at - 1];
    sorted[at] = values[j];
    const size_t half = (count + 1) / 2;
    double low = 0, high = 0; /* sums of the smaller and the larger half */
    for (size_t k = 0; k < half; k++) {
      low += sorted[k];
      high += sorted[count - k];
    }
    cost[j] = high - low;
  }
}

/* The steps that minimise cost + price a step, by dynamic programming over the end of the
 * last level. */
static bool propose(size_t n, const double *values, double price, size_t *steps,
                    size_t *count) {
  const size_t least = CHANGE_POINTS_LEVEL_MIN;
  double *best = malloc((n + 1) * sizeof *best);
  size_t *start = calloc(n + 1, sizeof *start);
  double *room = malloc(2 * n * sizeof *room);
  const bool ok = best && start && room;
  if (ok) {
    for (size_t end = 0; end <= n; end++) best[end] = INFINITY;
    best[0] = -price;
    for (size_t i = 0; i + least <= n; i++) {
      if (!isfinite(best[i])) continue;
      costs_from(i, n, values, room, room + n);
      for (size_t end = i + least; end <= n; end++) {
        const double total = best[i] + price + room[n + end - 1];
        if (total < best[end]) {
          best[end] = total;
          start[end] = i;
        }
      }
    }
    *count = 0;
    for (size_t at = start[n]; at > 0; at = start[at]) steps[(*count)++] = at;
    for (size_t i = 0; i < *count / 2; i++) {
      const size_t swapped = steps[i];
      steps[i] = steps[*count - 1 - i];
      steps[*count - 1 - i] = swapped;
    }
  }
  free(best);
  free(start);
  free(room);
  return ok;
}

/* Largest standardized rank sum over all splits into levels of a permitted length. */
static double best_split(size_t n, const double *rank) {
  const double mean = (double)(n + 1) / 2;
  double sum = 0, best = 0;
  for (size_t i = 1; i < n; i++) {
    sum += rank[i - 1] - mean;
    if (i < CHANGE_POINTS_LEVEL_MIN || n - i < CHANGE_POINTS_LEVEL_MIN) continue;
    const double z = fabs(sum) / sqrt((double)i * (double)(n - i));
    if (z > best) best = z;
  }
  return best;
}

static void shuffle(size_t n, double *rank, uint64_t seed, uint32_t stream) {
  for (size_t i = n; i > 1; i--) {
    const size_t j = (size_t)(random_uniform(seed, stream, i) * (double)i);
    const double swapped = rank[i - 1];
    rank[i - 1] = rank[j];
    rank[j] = swapped;
  }
}

/* Chance of as good a split among n values whose order says nothing; an answer over
 * CHANGE_POINTS_ALPHA is cut short. Negative when out of memory. */
static double test_split(size_t n, const double *values, uint64_t seed) {
  double *rank = malloc(n * sizeof *rank), ties;
  if (!rank || !ranks_of(n, values, rank, &ties)) {
    free(rank);
    return -1;
  }
  /* Sums of midranks are exact, but their order of adding is not: equal is as good. */
  const double seen = best_split(n, rank) * (1 - 1e-12);
  size_t as_good = 0, done = 0;
  while (done < SHUFFLES &&
         (double)(as_good + 1) <= CHANGE_POINTS_ALPHA * (SHUFFLES + 1)) {
    shuffle(n, rank, seed, (uint32_t)done++);
    as_good += best_split(n, rank) >= seen;
  }
  free(rank);
  return (double)(as_good + 1) / (double)(done + 1);
}

static double median_between(const double *values, size_t first, size_t end,
                             double *room) {
  memcpy(room, values + first, (end - first) * sizeof *room);
  sort_ascending(end - first, room);
  return median_of_sorted(end - first, room);
}

/* Tests the steps, and takes out the least likely until all pass. */
static bool prune(size_t n, const double *values, uint64_t seed, size_t *steps,
                  double *p_value, size_t *count) {
  while (*count) {
    size_t worst = 0;
    for (size_t i = 0; i < *count; i++) {
      const size_t first = i ? steps[i - 1] : 0, end = i + 1 < *count ? steps[i + 1] : n;
      p_value[i] = test_split(end - first, values + first, seed);
      if (p_value[i] < 0) return false;
      if (p_value[i] > p_value[worst]) worst = i;
    }
    if (p_value[worst] <= CHANGE_POINTS_ALPHA) return true;
    memmove(steps + worst, steps + worst + 1, (*count - worst - 1) * sizeof *steps);
    --*count;
  }
  return true;
}

bool change_points_find(size_t n, const double *values, uint64_t seed, change_point *out,
                        size_t *count) {
  *count = 0;
  if (n < 2 * CHANGE_POINTS_LEVEL_MIN) return true;
  const double noise = noise_of(n, values);
  size_t *steps = malloc(n * sizeof *steps);
  double *room = malloc(n * sizeof *room);
  bool ok = noise >= 0 && steps && room;
  if (ok && noise > 0)
    ok = propose(n, values, PRICE * noise, steps, count) &&
         prune(n, values, seed, steps, room, count);
  for (size_t i = 0; ok && i < *count; i++)
    out[i] = (change_point){.at = steps[i], .p_value = room[i]};
  for (size_t i = 0; ok && i < *count; i++) {
    const size_t first = i ? out[i - 1].at : 0, end = i + 1 < *count ? out[i + 1].at : n;
    out[i].before = median_between(values, first, out[i].at, room);
    out[i].after = median_between(values, out[i].at, end, room);
  }
  free(steps);
  free(room);
  return ok;
}
