/* What a sweep measures, in what order. */
#ifndef SWEEP_PLAN_H
#define SWEEP_PLAN_H

#include "config.h"
#include "point.h"

typedef struct plan {
  point *point;
  size_t count;
} plan;

/* The cross product of a config's axes, without the points its `where` leaves out; equal
 * points (tiles a kernel has no use for, or that are its default) are there once. Points
 * of one shape (all but kernel, tiles and threads) stand together, cheap shapes first.
 * Errors name file and axis: a glob that matches no kernel, a bad `where`, more than a
 * million points, none at all. */
bool plan_make(const config *c, plan *out, error *err);

/* Whether two points share stage, regime, seed and problem but for tiles: these are
 * interleaved. */
bool plan_same_shape(const point *a, const point *b);

void plan_free(plan *p);

#endif
