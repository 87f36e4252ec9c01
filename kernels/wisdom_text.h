/* What the writer and the reader of wisdom files share.
 *
 * A file is JSON of one shape: the keys of wisdom_text.c, all of them, in its order;
 * strings without escapes, numbers whole. Its checksum is over every byte before the key
 * "checksum" but white space, so that it can be indented anew. */
#ifndef WISDOM_TEXT_H
#define WISDOM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool wisdom_is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

uint64_t wisdom_checksum(const char *text, size_t bytes);

#endif
