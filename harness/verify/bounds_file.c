#include "bounds_file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fnv.h"

file_cursor file_cursor_at_start(int fd) {
  return (file_cursor){.fd = fd, .hash = FNV_START};
}

bool file_put(file_cursor *c, const void *data, size_t bytes) {
  const char *from = data;
  c->hash = fnv_words(c->hash, data, bytes);
  while (bytes) {
    errno = 0;
    const ssize_t n = pwrite(c->fd, from, bytes, c->at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    from += n;
    c->at += n;
    bytes -= (size_t)n;
  }
  return true;
}

bool file_get(file_cursor *c, void *data, size_t bytes) {
  char *to = data;
  size_t left = bytes;
  while (left) {
    errno = 0;
    const ssize_t n = pread(c->fd, to, left, c->at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    to += n;
    c->at += n;
    left -= (size_t)n;
  }
  c->hash = fnv_words(c->hash, data, bytes);
  return true;
}

bool file_seal(file_cursor *c) {
  const uint64_t hash = c->hash;
  return file_put(c, &hash, sizeof hash);
}

bool file_check(file_cursor *c) {
  const uint64_t found = c->hash;
  uint64_t hash = 0;
  return file_get(c, &hash, sizeof hash) && hash == found;
}

bool bounds_put(file_cursor *c, const bounds *b) {
  const size_t bytes = b->rows * b->head_dim * sizeof *b->y;
  const uint64_t fits = b->fit_count;
  return file_put(c, b->y, bytes) && file_put(c, b->det, bytes) &&
         file_put(c, b->stat, bytes) && file_put(c, b->row, b->rows * sizeof *b->row) &&
         file_put(c, &fits, sizeof fits) &&
         file_put(c, b->fit, b->fit_count * sizeof *b->fit);
}

/* The fits: as many as the file says, if that many are in it. */
static bool get_fits(file_cursor *c, bounds *b) {
  uint64_t fits = 0;
  struct stat info;
  if (!file_get(c, &fits, sizeof fits) || fstat(c->fd, &info)) return false;
  if (fits > (uint64_t)info.st_size / sizeof *b->fit) return false;
  b->fit_count = fits;
  b->fit = calloc(fits + 1, sizeof *b->fit);
  return b->fit && file_get(c, b->fit, fits * sizeof *b->fit);
}

bool bounds_get(file_cursor *c, bounds *b) {
  const size_t bytes = b->rows * b->head_dim * sizeof *b->y;
  return file_get(c, b->y, bytes) && file_get(c, b->det, bytes) &&
         file_get(c, b->stat, bytes) && file_get(c, b->row, b->rows * sizeof *b->row) &&
         get_fits(c, b);
}
