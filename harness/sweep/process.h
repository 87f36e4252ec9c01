/* Runs a program apart from this one and gathers what it has to say. */
#ifndef SWEEP_PROCESS_H
#define SWEEP_PROCESS_H

#include "error.h"

enum { PROCESS_RECORD_MAX = 1 << 16, PROCESS_OUTPUT_MAX = 1 << 14 };

typedef struct process_outcome {
  char
      record[PROCESS_RECORD_MAX]; /* what it wrote to record_fd, cut to fit, zero-ended */
  char output[PROCESS_OUTPUT_MAX]; /* the last of its standard output and error */
  bool timed_out;                  /* it was killed after timeout_s */
  bool exited;                     /* else killed by `signal` */
  int exit_code, signal;
} process_outcome;

/* Starts this very executable with `argv` (argv[0] is replaced; NULL-terminated),
 * standard input empty, in a process group of its own, and waits for it. After
 * `timeout_s` seconds the whole group is killed. Anything of its group that outlives it
 * is killed too. Fails only where it cannot be started or watched. */
bool process_run_self(char *const argv[], int record_fd, double timeout_s,
                      process_outcome *out, error *err);

#endif
