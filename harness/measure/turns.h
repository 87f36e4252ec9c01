/* Two functions that take turns: what the machine does meanwhile happens to both. */
#ifndef MEASURE_TURNS_H
#define MEASURE_TURNS_H

#include <stddef.h>

#include "error.h"

typedef struct turns_runner {
  void (*function)(void *argument);
  void *argument;
} turns_runner;

typedef struct turns_options {
  double turn_s;     /* one turn, at least a call; the shorter, the more alike */
  double duration_s; /* for all pairs of turns, at least two of them */
  bool second_first; /* who begins */
} turns_options;

typedef struct turns_result {
  double ratio; /* time of a call of the second over that of the first: median over the
                 * pairs that count */
  double call_ns[2]; /* time of one call, medians over the same pairs */
  size_t pairs;
  size_t undisturbed; /* pairs in which no thread had to give up its core: these count,
                       * or all where they are too few (noise.h) */
} turns_result;

/* Times are wall times without the longest that one of the process's threads had to wait
 * for a core meanwhile (waits.h). A function that keeps more threads busy than there are
 * cores makes its own threads wait, and that is left out too.
 *
 * Runs first and second in pairs of turns: A B, B A, A B ... (or B A, A B, ...). A turn
 * begins with calls that are not timed, a quarter of it, so that caches are the
 * function's own again; not where one call fills the turn. */
bool turns_run(const turns_runner runner[2], const turns_options *options,
               turns_result *out, error *err);

#endif
