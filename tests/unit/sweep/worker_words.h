/* What a worker that stands in for linkv's was told: its words from the third on. */
#ifndef SWEEP_WORKER_WORDS_H
#define SWEEP_WORKER_WORDS_H

#include <stdbool.h>
#include <string.h>

/* The option's value; "" where it is not given. */
static inline const char *option(int argc, char **argv, const char *name) {
  for (int i = 2; i + 1 < argc; i++)
    if (!strcmp(argv[i], name)) return argv[i + 1];
  return "";
}

static inline bool flag(int argc, char **argv, const char *name) {
  for (int i = 2; i < argc; i++)
    if (!strcmp(argv[i], name)) return true;
  return false;
}

#endif
