/* A folder of files that may be made again: each appears whole or not at all, and the
 * oldest go when there are too many. Safe for any number of processes at once. */
#ifndef VERIFY_CACHE_FOLDER_H
#define VERIFY_CACHE_FOLDER_H

#include <stdint.h>

#include "error.h"

/* Opens "FOLDER/NAME" for reading and marks it as used just now. -1 with *missing where
 * there is none, -1 with an error where it cannot be read. */
int cache_open(const char *folder, const char *name, bool *missing, error *err);

/* A file being written, under a name of its own. */
typedef struct cache_file {
  int fd; /* -1: none */
  char path[1024];
} cache_file;

/* Makes the folder, and its parents, where they are missing. */
bool cache_create(const char *folder, cache_file *out, error *err);

/* Puts the file, on the disk, in place of "FOLDER/NAME"; or removes it. */
bool cache_commit(cache_file *f, const char *folder, const char *name, error *err);
void cache_discard(cache_file *f);

/* Removes the files that were not used for longest until all of them take at most
 * `limit` bytes, and what killed processes left half written. Files whose names do not
 * end in `suffix` are not ours and stay. */
void cache_trim(const char *folder, const char *suffix, uint64_t limit);

#endif
