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
  size_t place; /* of the row among those of its slice that are computed */
  const double *s_k, *z_k, *s_v, *z_v;         /* prefix states that hold token t */
  const double *key, *value;                   /* (t + 1, head_dim): k_i(t), v_i(t) */
  const double *denominator_k, *denominator_v; /* (t + 1) */
  const double *logit;                         /* (t + 1) */
  const double *weight;                        /* (t + 1): softmax of the logits */
  const double *y;                             /* (head_dim) */
} oracle_row;

/* Called once a token, t ascending within a slice; batch, then head, ascending. */
typedef struct oracle_visitor {
  bool (*visit)(void *context, const oracle_row *row, error *err);
  /* For tokens whose row is not computed: prefix states alone are known. */
  void (*pass)(void *context, const oracle_row *row);
  void *context;
} oracle_visitor;

/* The rows to compute of each slice, ascending; `token` is NULL where it is every one,
 * and count the seq_len then. */
typedef struct oracle_sample {
  size_t count;
  const size_t *token;
} oracle_sample;

/* y (batch, seq_len, heads, head_dim) from operands of the same shape, dense. Time
 * O(batch heads seq_len^2 head_dim^2), memory O(head_dim^2 + seq_len head_dim). NaN and
 * infinities propagate as IEEE arithmetic has it. Fails when out of memory, and when
 * `visitor` does, which may be NULL. */
bool oracle_attention(const oracle_shape *shape, double eps,
                      const double *const operands[ORACLE_OPERANDS], double *y,
                      const oracle_visitor *visitor, error *err);

/* The same bits of the rows of a sample: y (batch, sample.count, heads, head_dim). Time
 * O(batch heads (seq_len head_dim^2 + sum of t head_dim^2 over the rows t)). */
bool oracle_attention_rows(const oracle_shape *shape, double eps,
                           const double *const operands[ORACLE_OPERANDS],
                           oracle_sample sample, double *y, const oracle_visitor *visitor,
                           error *err);

/* out (rows, cols) = x (rows, inner) @ w (inner, cols), each element summed in order of
 * `inner`, dense. */
void oracle_project(size_t rows, size_t inner, size_t cols, const double *x,
                    const double *w, double *out);

#endif
