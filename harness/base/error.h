/* One-line errors.
 *
 * A harness function that can fail returns bool and takes an `error *` last. On false,
 * the error holds one line for a person: what is wrong, where, and what would be right.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

typedef struct error {
  char text[1024];
} error;

/* Writes the line: control characters become '?', a long line is cut. */
__attribute__((format(printf, 2, 3))) void error_write(error *err, const char *format,
                                                       ...);

static inline bool error_false(void) {
  return false;
}

/* error_write, as an expression that is false: `return error_set(err, ...)` reads well,
 * and whoever analyses the code sees that what follows an error is not run. */
#define error_set(...) (error_write(__VA_ARGS__), error_false())

#endif
