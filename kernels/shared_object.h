/* A plug-in's file, before it is loaded. */
#ifndef SHARED_OBJECT_H
#define SHARED_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

enum { SHARED_OBJECT_BUILD_SIZE = 17 };

/* Identity of a shared object, 16 hex digits: FNV-1a of its bytes, then of the driver's
 * identity. Refuses, with one line in `error`, what the loader would not survive or read:
 * no regular file, not ELF, cut short. */
bool lkv_shared_object_identify(const char *path, char build[SHARED_OBJECT_BUILD_SIZE],
                                char *error, size_t error_size);

#endif
