/* A point: what one row measures. */
#ifndef STORE_POINT_H
#define STORE_POINT_H

#include <stdint.h>

#include "linkv/kernel.h"

enum { POINT_NAME_SIZE = 64, POINT_KEY_SIZE = 17 };

typedef struct point {
  const lkv_kernel *kernel;
  lkv_stage stage;
  char regime[POINT_NAME_SIZE];
  uint64_t seed;       /* < 2^63 */
  lkv_problem problem; /* tile sizes resolved: 0 where the kernel does not tile */
  size_t threads;
} point;

#endif
