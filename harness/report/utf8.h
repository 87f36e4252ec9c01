/* Text that may hold anything: walking it as UTF-8. */
#ifndef REPORT_UTF8_H
#define REPORT_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character at `s`, 1 to 4; 0 where the bytes there are not UTF-8 (as by RFC
 * 3629: no overlong forms, no surrogates) and at the terminating zero. */
size_t utf8_length(const char *s);

/* Columns `s` takes on a terminal, a character a column; combining marks take none. A
 * byte that is not UTF-8 takes one. */
size_t utf8_width(const char *s);

/* A copy with every byte that is not UTF-8 replaced by U+FFFD; malloc'd, NULL when out of
 * memory. */
char *utf8_clean(const char *s);

#endif
