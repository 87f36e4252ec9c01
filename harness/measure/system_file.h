/* Small text files of /proc, /sys and /etc. */
#ifndef MEASURE_SYSTEM_FILE_H
#define MEASURE_SYSTEM_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* The first line of `path`, without its end. False where it cannot be read or is empty.
 */
bool system_line(const char *path, char *text, size_t size);

/* What follows `key` on the first line of `path` that starts with it: leading blanks, a
 * ':' or '=' and quotes are dropped. False where there is no such line or nothing
 * follows. */
bool system_value(const char *path, const char *key, char *text, size_t size);

/* Whether the first line of `path` that starts with `key` has `word` between blanks. */
bool system_word(const char *path, const char *key, const char *word);

/* Bytes told by such a line, as "VmHWM:   1704 kB". False where there is none, with errno
 * 0 unless `path` could not be opened. */
bool system_bytes(const char *path, const char *key, size_t *bytes);

/* The same of several keys, in the order of their lines, with one reading. */
bool system_bytes_of(const char *path, size_t count, const char *const *keys,
                     size_t *bytes);

#endif
