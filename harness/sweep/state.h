/* A sweep under way; private to sweep.c, items.c, rounds.c and repetition.c. */
#ifndef SWEEP_STATE_H
#define SWEEP_STATE_H

#include <signal.h>

#include "cache_note.h"
#include "estimate.h"
#include "precision.h"
#include "process.h"
#include "progress.h"
#include "sweep.h"

/* A point of the plan and what the store has of it. */
typedef struct item {
  point_info info;
  char *command;
  point_effort effort;
  unsigned wanted;      /* repetitions, for now */
  double half_width;    /* share of the median; infinite where there is no interval */
  uint64_t repetitions; /* bit r - 1 */
  int severity;
} item;

/* A file in memory with what points of one shape and precision share. */
typedef struct lending {
  precision of;
  int fd; /* -1: there is none, each worker makes its own */
} lending;

enum { LENDINGS_MAX = 8 };

typedef struct sweep {
  const sweep_options *options;
  store *store;
  item *items;
  size_t count;
  size_t *ran_out; /* items that have run out of time or memory, those since tried again
                    * among them */
  size_t ran_out_count;
  int64_t run;
  unsigned turn;      /* repetitions measured in this run */
  unsigned discarded; /* and not kept */
  double start_s;     /* monotonic */
  estimate estimate;
  progress progress;
  process_outcome *outcome;
  double kernel_s, judge_s; /* spent, see sweep_summary */
  cache_notes notes;
  uint64_t memory_limit;      /* bytes a worker may take; 0: any */
  lending lent[LENDINGS_MAX]; /* of the shape being measured */
  size_t lent_count;
} sweep;

/* Whether the sweep still wants this repetition of a point, and how many it wants. */
bool item_open(const item *it, unsigned repetition);
size_t item_left(const item *it);

/* Whether the store has that it ran out of time or memory. */
bool item_ran_out(const item *it);

/* Learns from the store what has become of a point: what one that is not ok leaves undone
 * will not be done. */
bool item_refresh(sweep *w, item *it, error *err);

/* Lets a point have one repetition more where it has all it is to have, is not as precise
 * as `half_width`, and may have more; false where it may not. */
bool item_extend(sweep *w, item *it, double half_width);

/* What will become of item i. */
point_forecast item_forecast(const sweep *w, size_t i);

/* Seconds that what is left will take, and how many repetitions that is. */
double sweep_seconds_left(const sweep *w, size_t *repetitions);

/* repetition.c: has a worker make what points of the shape and of that item's precision
 * share, however long the oracle takes: no kernel is charged for it. Where that fails
 * each worker makes its own. */
bool repetition_prepare(sweep *w, const item *it, error *err);
void repetition_drop_shapes(sweep *w);

/* Runs a worker for one repetition, `round` of its shape, and stores its record; `added`
 * is false where it was given up, or another sweep had it first. */
bool repetition_measure(sweep *w, item *it, unsigned round, bool *added, error *err);

/* rounds.c: measures what is left, shape by shape, until `stop` tells to. */
bool rounds_measure(sweep *w, const volatile sig_atomic_t *stop, sweep_summary *out,
                    error *err);

#endif
