/* FNV-1a, 64 bits: identities of outputs, builds and rows. Not for adversaries. */
#ifndef BASE_FNV_H
#define BASE_FNV_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FNV_START UINT64_C(0xcbf29ce484222325)

static inline uint64_t fnv_bytes(uint64_t hash, const void *data, size_t bytes) {
  const unsigned char *byte = data;
  for (size_t i = 0; i < bytes; i++) hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
  return hash;
}

/* FNV-1a over words of eight bytes, for large arrays: eight times as fast, another hash.
 * A product hands bits upwards alone, and the highest, the sign of a double, to nobody:
 * the shift brings them down again, or two changed signs would cancel. */
static inline uint64_t fnv_words(uint64_t hash, const void *data, size_t bytes) {
  const unsigned char *at = data;
  for (; bytes >= 8; bytes -= 8, at += 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    hash = (hash ^ word) * UINT64_C(0x100000001b3);
    hash ^= hash >> 32;
  }
  return fnv_bytes(hash, at, bytes);
}

/* A text and its terminating zero, so that ("ab", "c") and ("a", "bc") differ. */
static inline uint64_t fnv_text(uint64_t hash, const char *text) {
  size_t n = 0;
  while (text[n]) n++;
  return fnv_bytes(hash, text, n + 1);
}

#endif
