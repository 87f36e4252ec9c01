/* One-line errors.
 *
 * A harness function that can fail returns bool and takes an `error *` last. On false, the
 * error holds one line for a person: what is wrong, where, and what would be right. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

typedef struct error {
  char text[1024];
} error;

/* Sets the line (control characters become '?', long lines are cut) and returns false, so
 * that `return error_set(err, ...)` reads well. */
__attribute__((format(printf, 2, 3))) bool error_set(error *err, const char *format, ...);

#endif
