/* Memory whose every misuse shows: it begins or ends at a page that may not be touched,
 * and what lies between it and the other such page is watched. */
#ifndef VERIFY_GUARDED_H
#define VERIFY_GUARDED_H

#include <stddef.h>

#include "error.h"

typedef enum guarded_place {
  GUARDED_AT_END,   /* but for alignment, flush with the page after it */
  GUARDED_AT_START, /* flush with the page before it */
  GUARDED_NOT,      /* both pages may be touched, hold zeros and are not watched */
} guarded_place;

typedef struct guarded {
  const char *name; /* for a person: "operand KK"; borrowed */
  unsigned char *data;
  size_t bytes;
  unsigned char *map; /* NULL: none */
  size_t map_bytes;
  guarded_place place;
  bool locked;
} guarded;

enum { GUARDED_LIVE_MAX = 16 };

/* `bytes` of which every one is `fill`; the start is aligned to `alignment`, a power of
 * two. At most GUARDED_LIVE_MAX live at once. */
bool guarded_make(guarded *g, const char *name, size_t bytes, size_t alignment,
                  guarded_place place, unsigned char fill, error *err);

/* From now on a write to it crashes. */
bool guarded_lock(guarded *g, error *err);

/* False where bytes around the data were changed; names the buffer. */
bool guarded_intact(const guarded *g, error *err);

void guarded_free(guarded *g);

/* Says which live buffer an address that crashed belongs to: "touches memory after the
 * end of operand KK". False where it belongs to none. May be called from a signal
 * handler. */
bool guarded_blame(const void *address, char *text, size_t size);

#endif
