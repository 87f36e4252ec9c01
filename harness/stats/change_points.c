#include "change_points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ascending.h"
#include "random.h"
#include "ranks.h"
#include "spread.h"

/* Shuffles of a test, and how many of them may make as good a split, that one included
 * which was seen. A series has more places to find a step in the longer it is: each
 * CHANGE_POINTS_LENGTH values more make the chance of one that much smaller. */
enum { SHUFFLES = 1000, AS_GOOD_MAX = 2 };

static size_t shuffles_for(size_t n) {
  return SHUFFLES * ((n + CHANGE_POINTS_LENGTH - 1) / CHANGE_POINTS_LENGTH);
}

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
static bool propose(size_t n, const double *values, double price, change_point *out,
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
    for (size_t at = start[n]; at > 0; at = start[at]) ++*count;
    for (size_t at = start[n], i = *count; at > 0; at = start[at])
      out[--i] = (change_point){.at = at};
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

/* Chance of as good a split among n values whose order says nothing, from `shuffles` of
 * them, the order as it was being one; an answer of more than AS_GOOD_MAX is cut short.
 * Negative when out of memory. */
static double test_split(size_t n, const double *values, size_t shuffles, uint64_t seed) {
  double *rank = malloc(n * sizeof *rank), ties;
  if (!rank || !ranks_of(n, values, rank, &ties)) {
    free(rank);
    return -1;
  }
  /* Sums of midranks are exact, but their order of adding is not: equal is as good. */
  const double seen = best_split(n, rank) * (1 - 1e-12);
  size_t as_good = 1, done = 1;
  while (done < shuffles && as_good <= AS_GOOD_MAX) {
    shuffle(n, rank, seed, (uint32_t)(done++ - 1));
    as_good += best_split(n, rank) >= seen;
  }
  free(rank);
  return (double)as_good / (double)done;
}

static double median_between(const double *values, size_t first, size_t end,
                             double *room) {
  memcpy(room, values + first, (end - first) * sizeof *room);
  sort_ascending(end - first, room);
  return median_of_sorted(end - first, room);
}

/* The steps under way: where they are, the levels at their sides, how likely they are. */
typedef struct steps {
  size_t n;
  const double *values;
  change_point *step;
  size_t count;
  double *room; /* n values */
} steps;

static size_t begin_of(const steps *s, size_t i) {
  return i ? s->step[i - 1].at : 0;
}

static size_t end_of(const steps *s, size_t i) {
  return i + 1 < s->count ? s->step[i + 1].at : s->n;
}

static void take_levels(steps *s) {
  for (size_t i = 0; i < s->count; i++) {
    change_point *each = &s->step[i];
    each->before = median_between(s->values, begin_of(s, i), each->at, s->room);
    each->after = median_between(s->values, each->at, end_of(s, i), s->room);
  }
}

static size_t smallest(const steps *s) {
  size_t at = 0;
  for (size_t i = 1; i < s->count; i++)
    if (fabs(s->step[i].after - s->step[i].before) <
        fabs(s->step[at].after - s->step[at].before))
      at = i;
  return at;
}

static void take_out(steps *s, size_t i) {
  memmove(s->step + i, s->step + i + 1, (s->count - 1 - i) * sizeof *s->step);
  s->count--;
}

/* Takes out steps smaller than `least`, the smallest first: the levels on both sides
 * become one, whose own steps may be large enough. */
static void join_levels(steps *s, double least) {
  for (take_levels(s); s->count; take_levels(s)) {
    const size_t at = smallest(s);
    if (!(fabs(s->step[at].after - s->step[at].before) < least)) return;
    take_out(s, at);
  }
}

/* Tests the steps, and takes out the least likely until all pass. */
static bool prune(steps *s, double least, uint64_t seed) {
  const size_t shuffles = shuffles_for(s->n);
  for (join_levels(s, least); s->count; join_levels(s, least)) {
    size_t worst = 0;
    for (size_t i = 0; i < s->count; i++) {
      const size_t first = begin_of(s, i);
      s->step[i].p_value =
          test_split(end_of(s, i) - first, s->values + first, shuffles, seed);
      if (s->step[i].p_value < 0) return false;
      if (s->step[i].p_value > s->step[worst].p_value) worst = i;
    }
    if (s->step[worst].p_value * (double)shuffles <= AS_GOOD_MAX) return true;
    take_out(s, worst);
  }
  return true;
}

bool change_points_find(size_t n, const double *values, double least, uint64_t seed,
                        change_point *out, size_t *count) {
  *count = 0;
  if (n < 2 * CHANGE_POINTS_LEVEL_MIN) return true;
  const double noise = noise_of(n, values);
  steps s = {.n = n, .values = values, .step = out, .room = malloc(n * sizeof *s.room)};
  bool ok = noise >= 0 && s.room;
  if (ok && noise > 0)
    ok = propose(n, values, PRICE * noise, out, &s.count) && prune(&s, least, seed);
  if (ok) *count = s.count;
  free(s.room);
  return ok;
}
