/* Rows with times, for comparisons. */
#ifndef DECIDE_TIMES_H
#define DECIDE_TIMES_H

#include "../report/sample.h"

/* `count` repetitions of `run` (0: not known), the first of number `first`: the times are
 * time_ns, each 0.1 ns longer than the one before: no two ratios of sides that differ are
 * the same. */
static inline void set_times(row *r, int64_t run, int64_t first, size_t count,
                             double time_ns) {
  free(r->sample);
  r->sample = calloc(count, sizeof *r->sample);
  r->samples = count;
  for (size_t i = 0; i < count; i++)
    r->sample[i] = (row_sample){.time_ns = time_ns + 0.1 * (double)i,
                                .run = run,
                                .repetition = first + (int64_t)i};
  row_set_real(r, ROW_time_ns, time_ns);
}

/* A row of `count` rounds of run 1. */
static inline row *add_timed(rows *all, const char *kernel, int64_t seq_len, size_t count,
                             double time_ns) {
  row *r = sample_row(all, kernel, seq_len, time_ns, 1e-7);
  set_times(r, 1, 1, count, time_ns);
  return r;
}

#endif
