/* What a sweep measures, in what order. */
#ifndef SWEEP_PLAN_H
#define SWEEP_PLAN_H

#include "config.h"
#include "point.h"

typedef struct plan {
  point *point;
  size_t count;
  point_effort *effort; /* of each point; NULL: the sweep's */
} plan;

/* The product of a config's axes without what its `where` and `exclude` leave out, and
 * its included points; of both, what all filters hold for. Equal points (tiles a kernel
 * has no use for, or that are its default) are there once. Points of one shape (all but
 * kernel, tiles and threads) stand together, cheap shapes first. Errors name file and
 * key: a glob that matches no kernel, a bad `where`, more than a million points, none at
 * all. */
bool plan_make(const config *c, plan *out, error *err);

/* Whether two points share stage, regime, seed and problem but for tiles: these are
 * interleaved. */
bool plan_same_shape(const point *a, const point *b);

void plan_free(plan *p);

#endif
