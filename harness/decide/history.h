/* How the time of each point went over runs, and where it stepped. */
#ifndef DECIDE_HISTORY_H
#define DECIDE_HISTORY_H

#include "change_points.h"
#include "error.h"
#include "row.h"

/* Fewer rows than this show no step at CHANGE_POINTS_ALPHA. */
#define HISTORY_LEAST 12

typedef struct history_step {
  size_t at; /* the first row of the new level */
  double before_ns, after_ns;
  double p_value;
  bool regression; /* slower ever since, and among the newest rows */
} history_step;

/* The rows of one point on one machine, in the order they were recorded. */
typedef struct history_series {
  const row **row;
  size_t count; /* >= HISTORY_LEAST */
  history_step *step;
  size_t steps;
  bool regressed; /* any step is a regression */
} history_series;

typedef struct history {
  history_series *series;
  size_t count;
  size_t too_short;   /* points with fewer rows */
  size_t left_out;    /* rows that are not ok, or not timed */
  size_t regressions; /* series with one */
  const row **row;    /* of all series */
  history_step *step;
} history;

/* Steps of less than `min_step` (0.02 for 2 %) are none: the levels on their two sides
 * are one. A step upward is a regression where it begins among the newest `newest` rows
 * and the last level of its series is above the one before it by `min_step` still. `all`,
 * of every build, must outlive the history. */
bool history_make(const rows *all, double min_step, size_t newest, history *out,
                  error *err);

void history_free(history *h);

#endif
