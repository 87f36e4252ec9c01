#include "utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool is_tail(unsigned char c) {
  return (c & 0xC0) == 0x80;
}

size_t utf8_length(const char *s) {
  const unsigned char *u = (const unsigned char *)s;
  if (u[0] == 0) return 0;
  if (u[0] < 0x80) return 1;
  if (u[0] < 0xC2 || u[0] > 0xF4 || !is_tail(u[1])) return 0;
  if (u[0] < 0xE0) return 2;
  if (!is_tail(u[2])) return 0;
  if (u[0] == 0xE0 && u[1] < 0xA0) return 0;
  if (u[0] == 0xED && u[1] > 0x9F) return 0;
  if (u[0] < 0xF0) return 3;
  if (!is_tail(u[3])) return 0;
  if (u[0] == 0xF0 && u[1] < 0x90) return 0;
  if (u[0] == 0xF4 && u[1] > 0x8F) return 0;
  return 4;
}

/* U+0300 to U+036F, the combining marks of Latin text. */
static bool is_combining(const char *s) {
  const unsigned char *u = (const unsigned char *)s;
  return u[0] == 0xCC || (u[0] == 0xCD && u[1] < 0xB0);
}

size_t utf8_width(const char *s) {
  size_t width = 0;
  while (*s) {
    size_t n = utf8_length(s);
    width += n < 2 || !is_combining(s);
    s += n ? n : 1;
  }
  return width;
}

char *utf8_clean(const char *s) {
  static const char replacement[] = "\xEF\xBF\xBD";
  size_t length = strlen(s);
  if (length > SIZE_MAX / 3 - 1) return NULL;
  char *clean = malloc(3 * length + 1);
  if (!clean) return NULL;
  char *end = clean;
  while (*s) {
    size_t n = utf8_length(s);
    memcpy(end, n ? s : replacement, n ? n : 3);
    end += n ? n : 3;
    s += n ? n : 1;
  }
  *end = 0;
  return clean;
}
