/* Points and verdicts as progress shows them; private to progress*.c. */
#ifndef SWEEP_PROGRESS_TEXT_H
#define SWEEP_PROGRESS_TEXT_H

#include "point.h"
#include "record.h"

/* "avx2_tile attention gaussian T=64 H=1 d=64, 2 threads" */
void progress_point_text(const point *p, char *out, size_t size);

/* "ok avx2_tile ...: 1.23 ms, +-2.1 %, 1 discarded", "crashed avx2_tile ...: why". No
 * control characters. `half_width` is a share of the median, infinite where not known. */
void progress_verdict_text(const point *p, double half_width, const record *r, char *out,
                           size_t size);

#endif
