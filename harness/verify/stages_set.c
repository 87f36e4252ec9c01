#include "stages_set.h"

#include <stdlib.h>

static const stages_reference *find(const stages_set *set, precision of, uint64_t made) {
  for (size_t i = 0; i < set->count; i++)
    if (precision_equal(set->entry[i]->of, of) && set->entry[i]->reference.made == made)
      return &set->entry[i]->reference;
  return NULL;
}

const stages_reference *stages_set_get(stages_set *set, precision of,
                                       const lin_case *made, error *err) {
  const stages_reference *found = find(set, of, stages_hash(made));
  if (found) return found;
  stages_entry **grown = realloc(set->entry, (set->count + 1) * sizeof(stages_entry *));
  if (grown) set->entry = grown;
  stages_entry *fresh = grown ? calloc(1, sizeof *fresh) : NULL;
  if (!fresh) {
    error_set(err, "out of memory for bounds");
    return NULL;
  }
  fresh->of = of;
  if (!stages_reference_make(set->cache, set->given, made, of, set->rows,
                             &fresh->reference, err)) {
    stages_reference_free(&fresh->reference);
    free(fresh);
    return NULL;
  }
  set->entry[set->count++] = fresh;
  return &fresh->reference;
}

void stages_set_free(stages_set *set) {
  for (size_t i = 0; i < set->count; i++) {
    stages_reference_free(&set->entry[i]->reference);
    free(set->entry[i]);
  }
  free(set->entry);
  *set = (stages_set){0};
}
