/* The worker's side: measures one repetition of one point, in a process of its own. */
#ifndef SWEEP_WORKER_H
#define SWEEP_WORKER_H

#include "oracle_cache.h"
#include "point.h"
#include "record.h"

/* Where a worker writes its record, and where it finds the shape that is lent to it. */
enum { WORKER_RECORD_FD = 3, WORKER_SHAPE_FD = 4 };

typedef struct worker_task {
  point point;
  double min_time_s;
  bool judge;          /* judge the output */
  oracle_cache *cache; /* its note tells how it went */
  bool lent; /* inputs and bounds are in WORKER_SHAPE_FD, else they are made here */
} worker_task;

/* Runs the kernel once (memory, hash, and, where `judge`, errors against the oracle and a
 * verdict), times it, and measures the FMA peak. Whatever goes wrong is a status and a
 * reason in `out`; fails only when the record itself cannot be made. An output found
 * wrong is not timed. */
bool worker_measure(const worker_task *task, record *out, error *err);

/* Makes the shape of a point, with its bounds, and writes it to WORKER_SHAPE_FD. */
bool worker_prepare(const point *p, oracle_cache *cache, error *err);

#endif
