/* What kernels of several precisions project for one case, made as it is asked for. */
#ifndef VERIFY_STAGES_SET_H
#define VERIFY_STAGES_SET_H

#include "stages.h"

typedef struct stages_entry {
  precision of;
  stages_reference reference;
} stages_entry;

typedef struct stages_set {
  const lin_case *given; /* of the block stage, not owned */
  sample_rule rows;
  oracle_cache *cache; /* not owned; NULL: none. Its note tells of the last made */
  stages_entry **entry;
  size_t count;
} stages_set;

/* Of the operands `made` in that precision; NULL on failure. Lives until the set is
 * freed. */
const stages_reference *stages_set_get(stages_set *set, precision of,
                                       const lin_case *made, error *err);

void stages_set_free(stages_set *set);

#endif
