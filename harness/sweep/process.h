/* Runs a program apart from this one and gathers what it has to say. */
#ifndef SWEEP_PROCESS_H
#define SWEEP_PROCESS_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum {
  PROCESS_RECORD_MAX = 1 << 16,
  PROCESS_OUTPUT_MAX = 1 << 14,
  PROCESS_LOW_FD = 64, /* a child's own descriptors are below; what is lent is not */
};

typedef struct process_outcome {
  char
      record[PROCESS_RECORD_MAX]; /* what it wrote to record_fd, cut to fit, zero-ended */
  char output[PROCESS_OUTPUT_MAX]; /* the last of its standard output and error */
  bool timed_out;                  /* it was killed after timeout_s */
  bool cancelled;                  /* it was killed by process_cancel */
  bool out_of_memory;              /* it was killed when it held `held_bytes` */
  bool exited;                     /* else killed by `signal` */
  int exit_code, signal;
  size_t peak_bytes;   /* of resident memory */
  uint64_t held_bytes; /* beyond what was lent, with its descendants */
} process_outcome;

typedef struct process_options {
  int record_fd;               /* what the child writes its record to */
  double timeout_s;            /* it may take */
  uint64_t memory_limit;       /* bytes it and its descendants may hold beyond what was
                                * lent and 16 MiB, what it starts with; 0: any */
  const char *const *settings; /* "NAME=value" for its environment, NULL-terminated */
  int lent; /* a descriptor of ours, PROCESS_LOW_FD or above, that it gets as `lent_as`;
             * -1: none */
  int lent_as;
  void (*tick)(void *context); /* about once a second while the child runs; NULL: none */
  void *context;
} process_options;

/* Starts linkv-worker, which lies beside linkv, or else this very executable, with `argv`
 * (NULL-terminated), standard input empty, in a process group of its own, and waits for
 * it. Its environment is ours without what could change a measurement: the settings of
 * OpenMP runtimes, BLAS, Google Benchmark and the loader. After the timeout the whole
 * group is killed, and where a look, five times a second, finds that they hold too much
 * memory. Whatever the child has started and outlives it, in its group or out of
 * it, is killed too. Fails only where it cannot be started or watched. */
bool process_run_self(char *const argv[], const process_options *options,
                      process_outcome *out, error *err);

/* Kills the child that runs now, if one does; its outcome says cancelled. May be called
 * from a signal handler. */
void process_cancel(void);

#endif
