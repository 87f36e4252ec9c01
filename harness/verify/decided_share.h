/* Of how many rows a verdict speaks, where only a sample was judged. */
#ifndef VERIFY_DECIDED_SHARE_H
#define VERIFY_DECIDED_SHARE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct share_range {
  double low, high;
} share_range;

/* The shares of all rows that `decided` of `compared` judged ones are likely with: the
 * interval of Wilson for 95 %, as if the rows were drawn at random. Where all rows were
 * judged, `sampled` false, both ends are the share itself; NaN where none was compared.
 */
share_range decided_share_range(size_t decided, size_t compared, bool sampled);

#endif
