/* Which points are not even started. */
#ifndef SWEEP_ADMISSION_H
#define SWEEP_ADMISSION_H

#include "state.h"

enum { ADMISSION_REASON_SIZE = FORECAST_REASON_SIZE };

/* Whether a point is to be skipped: it needs more memory than the sweep's limit, or the
 * same kernel has run out of time or memory on a shorter sequence with all else equal.
 * `reason` says so. */
bool admission_refuses(const sweep *w, const item *it,
                       char reason[ADMISSION_REASON_SIZE]);

/* The record of a point that was refused; false when out of memory. */
bool admission_record(const char *reason, record *out);

/* What a worker may take where nothing else is asked for: most of what is free now; 0
 * where that is not known. */
uint64_t admission_usual_limit(void);

#endif
