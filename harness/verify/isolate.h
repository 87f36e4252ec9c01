/* Work that may crash or hang, in processes forked from this one: what they find they
 * leave in shared memory. */
#ifndef VERIFY_ISOLATE_H
#define VERIFY_ISOLATE_H

#include <stddef.h>

#include "error.h"

typedef struct isolate_job {
  size_t items;     /* 0 .. items - 1, each taken once, in order of their number */
  size_t processes; /* side by side, >= 1, at most ISOLATE_PROCESSES */
  void *context;

  /* Does one item, in a child. Only shared memory outlives it. It may call alarm(): a
   * child that SIGALRM ends is told to have come to no end. */
  void (*work)(void *context, size_t item);

  /* Told, in this process, that the child of that item ended in the midst of it, and how:
   * "is killed by SIGSEGV: touches memory after the end of operand KK". Returns whether
   * the item is to be taken up again. */
  bool (*died)(void *context, size_t item, const char *how);
} isolate_job;

enum { ISOLATE_PROCESSES = 64 };

/* Returns when every item is done. This process must not have used OpenMP before. Fails
 * where a child cannot be started; those that run are ended. */
bool isolate_run(const isolate_job *job, error *err);

/* Zeroed memory that children share with this process; NULL where there is none. */
void *isolate_memory(size_t bytes);
void isolate_release(void *memory, size_t bytes);

#endif
