/* Arrays and bounds in an open file, with a running checksum. */
#ifndef VERIFY_BOUNDS_FILE_H
#define VERIFY_BOUNDS_FILE_H

#include <sys/types.h>

#include "bound.h"

/* A position in the file, and the hash of what was passed since its start. */
typedef struct file_cursor {
  int fd;
  off_t at;
  uint64_t hash;
} file_cursor;

file_cursor file_cursor_at_start(int fd);

/* False where the file does not take, or hold, all of it; errno is 0 at its end. */
bool file_put(file_cursor *c, const void *data, size_t bytes);
bool file_get(file_cursor *c, void *data, size_t bytes);

/* The hash so far, at the end; file_check is false where it is another. */
bool file_seal(file_cursor *c);
bool file_check(file_cursor *c);

bool bounds_put(file_cursor *c, const bounds *b);

/* Into bounds that have room (bounds_room). What they hold after a failure is not to be
 * used, but freed. */
bool bounds_get(file_cursor *c, bounds *b);

#endif
