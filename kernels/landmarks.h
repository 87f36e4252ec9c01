/* The shapes a wisdom chose for, and which of them is the nearest to another. */
#ifndef LANDMARKS_H
#define LANDMARKS_H

#include "linkv/kernel.h"
#include "linkv/wisdom.h"

typedef struct landmark {
  const lkv_kernel *kernel;
  size_t tile_q, tile_k;
} landmark;

typedef struct landmarks landmarks;

/* Of a wisdom that holds (lkv_wisdom_check); NULL when out of memory. */
landmarks *landmarks_make(const lkv_wisdom *wisdom);

/* The nearest by linkv/dispatch.h, of that stage and of a kernel that suits that type;
 * NULL where there is none. Sizes are at least 1. */
const landmark *landmarks_nearest(const landmarks *all, lkv_stage stage, lkv_dtype type,
                                  const lkv_problem *problem, size_t threads);

void landmarks_free(landmarks *all);

#endif
