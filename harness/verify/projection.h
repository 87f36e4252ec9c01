/* The block stage's projections by themselves: whether a kernel's Q, QK, ... are X W but
 * for rounding. */
#ifndef VERIFY_PROJECTION_H
#define VERIFY_PROJECTION_H

#include "case.h"
#include "precision.h"

/* r is |made - X W| over what rounding may do to a product of that inner size. An element
 * that may leave the type's range is not compared where it did. */
typedef struct projection_verdict {
  double r_det_max, r_stat_max; /* infinite where what was made is not finite, or is where
                                 * a NaN must show */
  int operand;                  /* where r_stat_max is reached, -1: nowhere; */
  size_t row, column;           /* in (batch seq_len, heads head_dim) */
  double made, wanted;
} projection_verdict;

/* Judges `made`, seven arrays of (batch, seq_len, heads head_dim), for a case of the
 * block stage. */
bool projection_judge(const lin_case *c, precision of,
                      const double *const made[LKV_OPERANDS], projection_verdict *out,
                      error *err);

#endif
