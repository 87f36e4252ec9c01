/* How long things will take, learnt from what they took. */
#ifndef SWEEP_ESTIMATE_H
#define SWEEP_ESTIMATE_H

#include <stdbool.h>
#include <stddef.h>

#include "point.h"
#include "row.h"

/* The last measured time of one kernel and shape. */
typedef struct sighting {
  const lkv_kernel *kernel;
  double log_work, log_dim; /* see estimate.c */
  double call_s;
} sighting;

typedef struct estimate {
  sighting *seen;
  size_t count;
  double predicted_s, actual_s; /* of the repetitions done so far */
} estimate;

/* Takes in a measured time of one call, in place of an earlier one of that kernel and
 * shape. Out of memory only makes estimates worse. */
void estimate_see(estimate *e, const point *p, double call_s);

/* Takes in every timed row of a database. */
void estimate_see_rows(estimate *e, const rows *r);

/* Whether the point's kernel has been seen: otherwise a guess is all there is. */
bool estimate_knows(const estimate *e, const point *p);

/* Seconds one repetition that times `min_time_s` will take, its worker included. */
double estimate_repetition(const estimate *e, const point *p, double min_time_s);

/* Seconds the oracle will take for a point's shape. */
double estimate_shape(const point *p);

/* Tells how long a repetition took, to correct later estimates. */
void estimate_learn(estimate *e, double predicted_s, double actual_s);

void estimate_free(estimate *e);

/* Seconds of "90", "90s", "10m" or "1.5h", over 0; false where the text is none. */
bool duration_parse(const char *text, double *seconds);

/* "3 h 05 min", "2 min 10 s", "45 s". Returns `buffer`. */
const char *duration_text(double seconds, char *buffer, size_t size);

#endif
