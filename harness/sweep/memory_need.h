/* How much memory a point asks for, before it is measured. */
#ifndef SWEEP_MEMORY_NEED_H
#define SWEEP_MEMORY_NEED_H

#include "point.h"

typedef struct memory_need {
  double tensors_bytes;   /* inputs and output, in the kernel's types */
  double workspace_bytes; /* infinite where it does not fit size_t */
} memory_need;

/* Of a kernel that lkv_check accepts for the problem; of any other the workspace is 0. */
memory_need memory_need_of(const point *p);

#endif
