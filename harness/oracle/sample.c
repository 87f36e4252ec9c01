#include "sample.h"

#include <math.h>
#include <stdlib.h>

/* Tiles whose last one's first rows are taken. */
enum { TILE_LEAST = 16, TILE_MOST = 256 };
/* Rows evenly spread, at least and at most. */
enum { SPREAD_LEAST = 8, SPREAD_MOST = 64 };
/* Work that a sample may take, for which rows are spread. */
#define SPREAD_WORK (SAMPLE_WORK / 2)

double sample_work(const oracle_shape *s) {
  const double d = (double)s->head_dim, T = (double)s->seq_len;
  return (double)(s->batch * s->heads) * T * T * d * (d + 64);
}

bool sample_is_wanted(const oracle_shape *s, sample_rule rule) {
  return rule == SAMPLE_SOME || (rule == SAMPLE_BY_WORK && sample_work(s) > SAMPLE_WORK);
}

static void mark_around(size_t T, bool *wanted, size_t t) {
  for (size_t i = t ? t - 1 : 0; i <= t + 1; i++)
    if (i < T) wanted[i] = true;
}

static void mark_boundaries(size_t T, bool *wanted) {
  wanted[0] = wanted[T - 1] = true;
  if (T > 1) wanted[T - 2] = true;
  for (size_t tokens = 1; tokens <= T; tokens *= 2) {
    mark_around(T, wanted, tokens - 1);
    mark_around(T, wanted, 3 * tokens - 1);
  }
  for (size_t tile = TILE_LEAST; tile <= TILE_MOST; tile *= 2)
    mark_around(T, wanted, (T - 1) / tile * tile);
}

/* Row t costs as much as 2 t / T^2 of all. */
static void mark_spread(const oracle_shape *s, bool *wanted) {
  const size_t T = s->seq_len;
  double left = SPREAD_WORK / sample_work(s) * (double)T * (double)T;
  for (size_t t = 0; t < T; t++)
    if (wanted[t]) left -= 2 * (double)t;
  double rows = left / (double)T;
  if (!(rows >= SPREAD_LEAST)) rows = SPREAD_LEAST;
  if (rows > SPREAD_MOST) rows = SPREAD_MOST;
  if (rows > (double)T / 4) rows = floor((double)T / 4);
  for (size_t j = 0; j < (size_t)rows; j++)
    wanted[(size_t)(((double)j + 0.5) / rows * (double)T)] = true;
}

bool sample_choose(const oracle_shape *s, sample_rule rule, size_t **token, size_t *count,
                   error *err) {
  const size_t T = s->seq_len;
  *token = NULL;
  *count = T;
  if (!sample_is_wanted(s, rule)) return true;
  bool *wanted = calloc(T, sizeof *wanted);
  size_t *chosen = calloc(T, sizeof *chosen);
  if (wanted && chosen) {
    mark_boundaries(T, wanted);
    mark_spread(s, wanted);
    *count = 0;
    for (size_t t = 0; t < T; t++)
      if (wanted[t]) chosen[(*count)++] = t;
    *token = *count < T ? chosen : NULL;
  }
  free(wanted);
  if (!*token) free(chosen);
  return chosen || error_set(err, "bound: out of memory for a sample of %zu rows", T);
}
