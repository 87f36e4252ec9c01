/* How far a sweep is, on standard error: one line that changes on a terminal, a line now and
 * then elsewhere. */
#ifndef SWEEP_PROGRESS_H
#define SWEEP_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "point.h"

typedef struct progress {
  bool shown, terminal;
  size_t total, done, bad;
  double last_s; /* when the last line was printed, monotonic */
} progress;

progress progress_start(bool shown, size_t total);

/* Whether a line is due; asking is cheap, computing the time left is not. */
bool progress_due(const progress *p);

/* Prints the line: the point under way and the time left. */
void progress_show(progress *p, const point *now, double left_s);

/* Clears a terminal's line. */
void progress_end(progress *p);

#endif
