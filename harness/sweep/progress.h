/* How far a sweep is, on standard error: one line that changes on a terminal, a line now
 * and then elsewhere. */
#ifndef SWEEP_PROGRESS_H
#define SWEEP_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "point.h"

typedef struct progress {
  bool shown, terminal;
  size_t total, done, bad;
  double asked_s; /* when progress_due was asked, monotonic */
  double due_s;   /* when the next line is due */
} progress;

progress progress_start(bool shown, size_t total);

/* Whether a line is due; asking is cheap, computing the time left is not, and lines come
 * so seldom that it takes a small share of the time. */
bool progress_due(progress *p);

/* Prints the line: the point under way and the time left. */
void progress_show(progress *p, const point *now, double left_s);

/* Clears a terminal's line. */
void progress_end(progress *p);

#endif
