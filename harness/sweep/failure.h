/* What is recorded of a worker that gave no record. */
#ifndef SWEEP_FAILURE_H
#define SWEEP_FAILURE_H

#include <stdbool.h>

#include "process.h"
#include "record.h"

/* Status "timeout" or "crashed", with a reason in one line of ASCII: how the worker ended
 * and the last thing it said. `why` is a clause on its record, for one that exited
 * ("without a whole record"). False when out of memory. */
bool failure_record(const process_outcome *worker, double timeout_s, const char *why,
                    record *out);

#endif
