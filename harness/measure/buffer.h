/* Memory between two guard pages, straight from the operating system: pages are charged
 * to the process only when touched, and leave it when freed, so that peak memory can be
 * read. Touching what lies past the end (rounded up to LKV_WORKSPACE_ALIGNMENT), or more
 * than a page before the start, crashes at once. */
#ifndef MEASURE_BUFFER_H
#define MEASURE_BUFFER_H

#include <stddef.h>

#include "error.h"

typedef struct buffer {
  void *data; /* aligned to 64 bytes; NULL where bytes == 0 */
  size_t bytes;
  void *mapping;
  size_t mapping_bytes;
} buffer;

/* Fails, telling how much was asked for, where that cannot be had. Contents are zero. */
bool buffer_make(buffer *out, size_t bytes, error *err);
void buffer_free(buffer *b);

#endif
