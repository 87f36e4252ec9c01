#include "bounds_set.h"

#include <stdlib.h>

const bounds *bounds_set_get(bounds_set *set, precision of, error *err) {
  for (size_t i = 0; i < set->count; i++)
    if (precision_equal(set->entry[i]->of, of)) return &set->entry[i]->bounds;
  bounds_entry **grown = realloc(set->entry, (set->count + 1) * sizeof(bounds_entry *));
  if (grown) set->entry = grown;
  bounds_entry *made = grown ? calloc(1, sizeof *made) : NULL;
  if (!made) {
    error_set(err, "out of memory for bounds");
    return NULL;
  }
  made->of = of;
  if (!oracle_cache_bounds(set->cache, set->given, of, set->rows, &made->bounds, err)) {
    free(made);
    return NULL;
  }
  set->entry[set->count++] = made;
  return &made->bounds;
}

void bounds_set_free(bounds_set *set) {
  for (size_t i = 0; i < set->count; i++) {
    bounds_free(&set->entry[i]->bounds);
    free(set->entry[i]);
  }
  free(set->entry);
  *set = (bounds_set){0};
}
