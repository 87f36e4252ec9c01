#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REMEDY "give a file in a writable directory"

static bool is_replaceable(const char *path) {
  struct stat info;
  return stat(path, &info) != 0 || S_ISREG(info.st_mode);
}

static bool open_part(whole_file *file, error *err) {
  if (asprintf(&file->part, "%s.%ld.part", file->path, (long)getpid()) < 0) {
    file->part = NULL;
    return error_set(err, "%s: out of memory", file->path);
  }
  int fd = open(file->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) {
    error_set(err, "%s: cannot be written: %s; " REMEDY, file->path, strerror(errno));
    free(file->part);
    file->part = NULL;
    return false;
  }
  file->stream = fdopen(fd, "w");
  if (file->stream) return true;
  close(fd);
  return error_set(err, "%s: out of memory", file->path);
}

bool whole_file_open(whole_file *file, const char *path, error *err) {
  *file = (whole_file){0};
  file->path = realpath(path, NULL);
  if (!file->path) file->path = strdup(path);
  bool ok = file->path != NULL;
  if (!ok) {
    error_set(err, "%s: out of memory", path);
  } else if (is_replaceable(file->path)) {
    ok = open_part(file, err);
  } else {
    file->stream = fopen(file->path, "we");
    ok = file->stream ||
         error_set(err, "%s: cannot be written: %s; " REMEDY, path, strerror(errno));
  }
  if (!ok) whole_file_discard(file);
  return ok;
}

static bool close_stream(whole_file *file) {
  bool failed = fflush(file->stream) != 0 || ferror(file->stream);
  int reason = errno;
  failed |= fclose(file->stream) != 0;
  file->stream = NULL;
  if (failed && reason) errno = reason;
  return !failed;
}

bool whole_file_commit(whole_file *file, error *err) {
  errno = 0;
  bool ok = close_stream(file) && (!file->part || rename(file->part, file->path) == 0);
  if (ok) {
    free(file->part);
    file->part = NULL;
  } else {
    error_set(err, "%s: cannot be written: %s", file->path,
              errno ? strerror(errno) : "a write failed");
  }
  whole_file_discard(file);
  return ok;
}

void whole_file_discard(whole_file *file) {
  if (file->stream) fclose(file->stream);
  if (file->part) unlink(file->part);
  free(file->part);
  free(file->path);
  *file = (whole_file){0};
}
