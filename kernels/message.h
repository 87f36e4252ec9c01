/* One-line error texts. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

/* Formats one line into `error`, cut to fit, control characters as '?'. Returns false, so
 * that `return lkv_fail(error, size, ...)` reads well. */
__attribute__((format(printf, 3, 4))) bool lkv_fail(char *error, size_t size,
                                                    const char *format, ...);

#endif
