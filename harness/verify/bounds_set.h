/* The bounds of one case for kernels of several precisions, made as they are asked for.
 */
#ifndef VERIFY_BOUNDS_SET_H
#define VERIFY_BOUNDS_SET_H

#include "bound.h"
#include "oracle_cache.h"

typedef struct bounds_entry {
  precision of;
  bounds bounds;
} bounds_entry;

typedef struct bounds_set {
  const lin_case *given; /* not owned */
  sample_rule rows;
  oracle_cache *cache; /* not owned; NULL: none. Its note tells of the last made */
  bounds_entry **entry;
  size_t count;
} bounds_set;

/* The bounds of the case for that precision; NULL on failure. They live until the set is
 * freed. */
const bounds *bounds_set_get(bounds_set *set, precision of, error *err);

void bounds_set_free(bounds_set *set);

#endif
