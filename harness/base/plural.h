/* "1 point", "2 points": printf("%zu point%s", n, plural(n)). */
#ifndef BASE_PLURAL_H
#define BASE_PLURAL_H

#include <stddef.h>

static inline const char *plural(size_t count) {
  return count == 1 ? "" : "s";
}

#endif
