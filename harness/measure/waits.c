#include "waits.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Field 2 of a thread's schedstat; NAN where it cannot be read. */
static double read_ns(int fd) {
  char line[128], *end;
  const ssize_t bytes = pread(fd, line, sizeof line - 1, 0);
  if (bytes <= 0) return NAN;
  line[bytes] = 0;
  strtod(line, &end);
  return strtod(end, NULL);
}

void waits_open(waits *w) {
  DIR *tasks = opendir("/proc/self/task");
  w->threads = 0;
  for (struct dirent *entry;
       tasks && w->threads < WAITS_THREADS_MAX && (entry = readdir(tasks));) {
    char path[300];
    if (*entry->d_name == '.') continue;
    snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", entry->d_name);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    w->fd[w->threads] = fd;
    w->ns[w->threads++] = read_ns(fd);
  }
  if (tasks) closedir(tasks);
}

void waits_close(waits *w) {
  for (size_t i = 0; i < w->threads; i++) close(w->fd[i]);
  w->threads = 0;
}

double waits_longest(waits *w) {
  double longest = 0;
  for (size_t i = 0; i < w->threads; i++) {
    const double now = read_ns(w->fd[i]), waited = now - w->ns[i];
    w->ns[i] = now;
    if (waited > longest) longest = waited;
  }
  return longest;
}
