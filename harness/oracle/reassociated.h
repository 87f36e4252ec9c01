/* A row by another association of the definition's sums, in O(t head_dim + head_dim^2)
 * from the prefix states: what the definitional oracle is checked by, row by row, where
 * rows are sampled. */
#ifndef ORACLE_REASSOCIATED_H
#define ORACLE_REASSOCIATED_H

#include "oracle.h"

/* Doubles of `room` that a row of that shape needs. */
size_t reassociated_room(const oracle_shape *shape);

/* y (head_dim) of the row that `at` names, whose prefix states are known. The own bound
 * of the definitional oracle holds for it too: it bounds every association. */
void reassociated_row(const oracle_shape *shape, double eps,
                      const double *const operands[ORACLE_OPERANDS], const oracle_row *at,
                      double *room, double *y);

#endif
