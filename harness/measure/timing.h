/* The time of one call of a function, from batches of calls. */
#ifndef MEASURE_TIMING_H
#define MEASURE_TIMING_H

#include "error.h"
#include "noise.h"

typedef struct timing {
  double time_ns;      /* wall time of one call: median over the batches that count */
  double mean_ns;      /* mean over all timed calls */
  double min_ns;       /* fastest batch */
  double cpu_ns;       /* processor time of one call, all threads, mean over all */
  uint64_t warmup;     /* calls before those that were timed */
  uint64_t iterations; /* calls that were timed */
  size_t batches;      /* they were timed in */
  size_t undisturbed;  /* batches in which no thread was made to give up its core */
  noise noise;         /* while they were timed */
} timing;

/* Of a call that is known to take about `call_s` seconds (its first took that): calls it
 * until its time no longer falls, but not at all where one call fills min_time_s, and
 * then times it for about min_time_s in batches of about a millisecond, at least one
 * call each. A batch in which a thread was made to give up its core does not count,
 * unless fewer than a quarter of the batches are left: then all count. */
bool timing_take(void (*function)(void *), void *argument, double call_s,
                 double min_time_s, timing *out, error *err);

/* Why the time is not only the function's, one clause in `text`; NULL where it is: too
 * few batches were undisturbed, or the hypervisor took part of the processors. */
const char *timing_disturbance(const timing *t, char *text, size_t size);

#endif
