/* The worker's side: measures one repetition of one point, in a process of its own. */
#ifndef SWEEP_WORKER_H
#define SWEEP_WORKER_H

#include "point.h"
#include "record.h"

/* Where a worker writes its record, and its parent reads it. */
enum { WORKER_RECORD_FD = 3 };

/* Makes the inputs from the seed, runs the kernel once (memory, hash, and, where `judge`,
 * errors against the oracle), times it, and measures the FMA peak. Whatever goes wrong is
 * a status and a reason in `out`; fails only when the record itself cannot be made. An
 * output found wrong is not timed. */
bool worker_measure(const point *p, bool judge, double min_time_s, record *out,
                    error *err);

#endif
