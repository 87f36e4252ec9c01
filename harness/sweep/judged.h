/* What judging an output finds out, as fields of a record. */
#ifndef SWEEP_JUDGED_H
#define SWEEP_JUDGED_H

#include "metrics.h"
#include "record.h"
#include "stages.h"

/* Sets `verdict` and the fields of judged.def as far as they are known: any may be NULL.
 * False when out of memory. */
bool judged_record(const metrics *m, const verdict *v, const stages_verdict *s,
                   record *out);

#endif
