/* The layout of a workspace, written once: taking from an arena without memory only
 * counts, so a body's layout function serves both workspace_bytes and attention. */
#ifndef BODY_ARENA_H
#define BODY_ARENA_H

#include "linkv/kernel.h"
#include "size.h"

typedef struct arena {
  char *base;  /* NULL: count only */
  size_t used; /* bytes, SIZE_MAX where they do not fit size_t */
} arena;

/* `count` elements of `size` bytes, aligned to LKV_WORKSPACE_ALIGNMENT; NULL when
 * counting. `count` comes from size_times. */
static inline void *arena_take(arena *a, size_t count, size_t size) {
  const size_t offset = a->used;
  const size_t bytes = size_round_up(size_times(count, size), LKV_WORKSPACE_ALIGNMENT);
  a->used = size_plus(offset, bytes);
  return a->base ? a->base + offset : NULL;
}

#endif
