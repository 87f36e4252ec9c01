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

/* What the oracle knows of one output row, (batch, head, t), when it has computed it:
 * rows of `key`, `value` and of the arrays of t + 1 belong to tokens i <= t. */
typedef struct oracle_row {
  size_t batch, head, t;
  const double *s_k, *z_k, *s_v, *z_v;         /* prefix states that hold token t */
  const double *key, *value;                   /* (t + 1, head_dim): k_i(t), v_i(t) */
  const double *denominator_k, *denominator_v; /* (t + 1) */
  const double *logit;                         /* (t + 1) */
  const double *weight;                        /* (t + 1): softmax of the logits */
  const double *y;                             /* (head_dim) */
} oracle_row;

/* Called once a row, t ascending within a slice; batch, then head, ascending. */
typedef struct oracle_visitor {
  bool (*visit)(void *context, const oracle_row *row, error *err);
  void *context;
} oracle_visitor;

/* y (batch, seq_len, heads, head_dim) from operands of the same shape, dense. Time
 * O(batch heads seq_len^2 head_dim^2), memory O(head_dim^2 + seq_len head_dim). NaN and
 * infinities propagate as IEEE arithmetic has it. Fails when out of memory, and when
 * `visitor` does, which may be NULL. */
bool oracle_attention(const oracle_shape *shape, double eps,
                      const double *const operands[ORACLE_OPERANDS], double *y,
                      const oracle_visitor *visitor, error *err);

/* out (rows, cols) = x (rows, inner) @ w (inner, cols), each element summed in order of
 * `inner`, dense. */
void oracle_project(size_t rows, size_t inner, size_t cols, const double *x,
                    const double *w, double *out);

#endif
