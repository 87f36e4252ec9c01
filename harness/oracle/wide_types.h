/* The row in each wide type, behind wide_row.h. */
#ifndef ORACLE_WIDE_TYPES_H
#define ORACLE_WIDE_TYPES_H

#include "oracle.h"

/* One slice's row t; operands begin at the slice's token 0, `stride` apart. */
typedef struct wide_task {
  size_t head_dim, stride, t;
  double eps;
  const double *operand[ORACLE_OPERANDS];
  double *key, *value, *denominator_k, *denominator_v, *logit, *weight, *y;
} wide_task;

/* False when out of memory. */
typedef bool wide_attend(const wide_task *task);

wide_attend wide_attend_double_double;
/* NULL where the compiler has no binary128. */
extern wide_attend *const wide_attend_binary128;

#endif
