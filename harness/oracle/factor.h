/* Sizes of the factors that a kernel may round before it multiplies with them: prefix
 * states, S_K Q and the like. An element of a state is taken to be as large as at row t,
 * and as on its way there, root mean square: kernels round states of earlier tokens. */
#ifndef ORACLE_FACTOR_H
#define ORACLE_FACTOR_H

#include "magnitude.h"

typedef struct factor_sizes {
  double *n, *d, *dv;   /* (seq_len): |QK_i| S_K |Q_t|, |QK_i| Z_K, |QV_i| Z_V of row t */
  double *s_v;          /* (head_dim, head_dim) */
  double *sq, *zk, *zv; /* (head_dim) */
  double *room;
} factor_sizes;

bool factors_make(factor_sizes *f, const oracle_shape *shape, error *err);
void factors_free(factor_sizes *f);

/* Fills all that belongs to the row that `m` has taken. */
void factors_take(factor_sizes *f, const magnitudes *m, const oracle_row *row);

/* out (head_dim) = a S_V. */
void factors_value(const factor_sizes *f, size_t head_dim, const double *a, double *out);

#endif
