/* What all points of one shape and precision share: the inputs, the oracle's output for
 * them, and, in the block stage, what is known of the operands they project. Made once,
 * in a worker of its own, and handed from process to process in a file. */
#ifndef SWEEP_SHAPE_H
#define SWEEP_SHAPE_H

#include "bound.h"
#include "case.h"
#include "oracle_cache.h"
#include "point.h"
#include "stages.h"

typedef struct shape {
  lin_case inputs; /* float32 */
  bounds bounds;   /* the oracle's output and bounds; empty where not judged */
  bool staged;     /* the next is known: in the block stage, where judged */
  stages_reference stages;
} shape;

/* Makes the inputs of a point's shape from its seed, and the bounds where `judge`, which
 * the cache may have; free with shape_free. */
bool shape_make(const point *p, bool judge, oracle_cache *cache, shape *out, error *err);

/* Writes a shape that has its bounds to an open file, from its start. */
bool shape_write(int fd, const point *p, const shape *s, error *err);

/* Reads it back, its bounds where `judge`. Fails where what is read is not whole, or of
 * another shape than the point's. */
bool shape_read(int fd, const point *p, bool judge, shape *out, error *err);

void shape_free(shape *s);

#endif
