/* Figures of times over runs. */
#ifndef REPORT_TREND_PLOT_H
#define REPORT_TREND_PLOT_H

#include <stddef.h>

#include "error.h"

/* What is written at a step. */
typedef struct trend_mark {
  size_t at; /* the first place of the new level */
  char text[128];
} trend_mark;

/* One panel: times in the order of runs, and the level each belongs to. */
typedef struct trend {
  const char *title;
  const double *time_ns, *level_ns;
  size_t count;
  const trend_mark *mark;
  size_t marks;
} trend;

/* Draws the panels below each other, as SVG, into `path`, which appears whole or not at
 * all. */
bool trend_plot(const trend *trends, size_t count, const char *path, error *err);

#endif
