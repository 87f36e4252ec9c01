/* Preloaded into linkv: a disk that goes bad for databases.
 *   BAD_DISK_ROOM=N     after N writes there is no space left
 *   BAD_DISK_FOLDER=1   no journal can be made, as in a folder that is read-only
 * SQLite alone writes by pwrite, and opens files that end in "-journal". */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static int full(void) {
  static long writes;
  const char *room = getenv("BAD_DISK_ROOM");
  return room && ++writes > atol(room);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  ssize_t (*next)(int, const void *, size_t, off64_t);
  *(void **)&next = dlsym(RTLD_NEXT, "pwrite64");
  if (!full()) return next(fd, data, size, at);
  errno = ENOSPC;
  return -1;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  return pwrite64(fd, data, size, at);
}

int open64(const char *path, int flags, ...) {
  int (*next)(const char *, int, ...);
  va_list args;
  va_start(args, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
  va_end(args);
  *(void **)&next = dlsym(RTLD_NEXT, "open64");
  const size_t length = strlen(path);
  const int journal = length > 8 && !strcmp(path + length - 8, "-journal");
  if (!journal || !(flags & O_CREAT) || !getenv("BAD_DISK_FOLDER"))
    return next(path, flags, mode);
  errno = EACCES;
  return -1;
}

int open(const char *path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
  va_end(args);
  return open64(path, flags, mode);
}
