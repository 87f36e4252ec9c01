/* What is recorded of a worker that gave no record. */
#ifndef SWEEP_FAILURE_H
#define SWEEP_FAILURE_H

#include <stdbool.h>

#include "process.h"
#include "record.h"

/* Status "timeout", "crashed", or, where it was killed for its memory or had come near
 * the limit (0: none), "out_of_memory", with a reason in one line of ASCII: how the
 * worker ended and the last thing it said. `why` is a clause on its record, for one that
 * exited
 * ("without a whole record"). False when out of memory. */
bool failure_record(const process_outcome *worker, double timeout_s,
                    uint64_t memory_limit, const char *why, record *out);

/* The same for one whose record says that it failed: what it said is added, and that it
 * was out of memory. Other records are left as they are. */
bool failure_amend(const process_outcome *worker, uint64_t memory_limit, record *out);

#endif
