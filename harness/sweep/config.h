/* Sweep configs: YAML, read against a schema. See docs/sweep.md for the format. */
#ifndef SWEEP_CONFIG_H
#define SWEEP_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* The axes whose values are numbers. */
enum {
  AXIS_SEED,
  AXIS_BATCH,
  AXIS_SEQ_LEN,
  AXIS_HEADS,
  AXIS_HEAD_DIM,
  AXIS_TILE_Q, /* 0: the kernel's default */
  AXIS_TILE_K, /* 0: the kernel's default */
  AXIS_THREADS,
  NUMBER_AXES
};

/* "seed", "batch", ... */
extern const char *const number_axis_names[NUMBER_AXES];

typedef struct texts {
  char **item;
  size_t count;
} texts;

typedef struct numbers {
  uint64_t *item;
  size_t count;
} numbers;

typedef struct config {
  char *path;
  char *text; /* the file, as it is */
  char *name;
  texts kernel; /* globs over kernel names */
  texts stage;  /* "attention", "block" */
  texts regime;
  numbers number[NUMBER_AXES];
  char *where;          /* SQL over the axes; NULL: everything */
  unsigned repetitions; /* 1..64 */
  double min_time_s;    /* timed a repetition */
  double timeout_s;     /* a worker may take */
  uint64_t order_seed;
} config;

/* Defaults, also of `linkv time`. */
#define CONFIG_REPETITIONS 5
#define CONFIG_MIN_TIME_S  0.05
#define CONFIG_TIMEOUT_S   300.0
#define CONFIG_ORDER_SEED  1
enum { CONFIG_REPETITIONS_MAX = 64 };

/* Reads a file. Errors are "FILE:LINE: key: what; what would be right". */
bool config_read(const char *path, config *out, error *err);

/* The same of a text; `path` is only a name for error lines. */
bool config_parse(const char *path, const char *text, size_t bytes, config *out,
                  error *err);

void config_free(config *c);

#endif
