/* How long the threads of this process were ready but had no core. */
#ifndef MEASURE_WAITS_H
#define MEASURE_WAITS_H

#include <stddef.h>

enum { WAITS_THREADS_MAX = 64 };

/* The threads there are, WAITS_THREADS_MAX at most. */
typedef struct waits {
  int fd[WAITS_THREADS_MAX];
  double ns[WAITS_THREADS_MAX]; /* so far */
  size_t threads;
} waits;

/* Finds the threads; none where the system does not tell. */
void waits_open(waits *w);
void waits_close(waits *w);

/* The longest that one thread waited since the last call, ns; 0 where not known. What
 * threads do at once takes that much longer. */
double waits_longest(waits *w);

#endif
