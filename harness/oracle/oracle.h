/* The oracle: Lin-KV attention in float64, by definition.
 *
 * Computes k_i(t) and v_i(t) themselves, every i <= t, without reassociation, and shares
 * no code with kernels/. Compiled without contraction or fast-math: the same bits on
 * every machine of IEEE arithmetic whose libm has the same exp. */
#ifndef ORACLE_ORACLE_H
#define ORACLE_ORACLE_H

#include <stddef.h>

#include "error.h"

/* Operands in the order Q QK KK VK QV KV VV. */
enum { ORACLE_OPERANDS = 7 };

typedef struct oracle_shape {
  size_t batch;    /* >= 1 */
  size_t seq_len;  /* >= 1 */
  size_t heads;    /* >= 1 */
  size_t head_dim; /* >= 1 */
} oracle_shape;

/* y (batch, seq_len, heads, head_dim) from operands of the same shape, dense. Time
 * O(batch heads seq_len^2 head_dim^2), memory O(head_dim^2 + seq_len). NaN and infinities
 * propagate as IEEE arithmetic has it. Fails only when out of memory. */
bool oracle_attention(const oracle_shape *shape, double eps,
                      const double *const operands[ORACLE_OPERANDS], double *y,
                      error *err);

/* out (rows, cols) = x (rows, inner) @ w (inner, cols), each element summed in order of
 * `inner`, dense. */
void oracle_project(size_t rows, size_t inner, size_t cols, const double *x,
                    const double *w, double *out);

#endif
