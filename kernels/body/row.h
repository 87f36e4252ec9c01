/* Reassociated, one query row at a time: no effective key or value is ever built.
 *
 *   S_K += KK_t VK_t^T   Z_K += KK_t   S_V += KV_t VV_t^T   Z_V += KV_t
 *   r   = S_K Q_t
 *   s_i = (QK_i . r) / (QK_i . Z_K + eps)                         i <= t
 *   p   = softmax(s)
 *   g   = sum_i p_i / (QV_i . Z_V + eps) QV_i
 *   y_t = g S_V
 *
 * Loops: t; within it i over the logits; then softmax; then i over the sum g.
 * Time O(T^2 d + T d^2), workspace O(T + d^2). The weights are normalised before the sum:
 * a convex combination of values that are near FLT_MAX does not overflow.
 */
#include <assert.h>

#include "body/linear_f32.h"
#include "body/wide_query.h"
#include "linkv/kernel.h"

typedef struct row_state {
  prefix_f32 k, v;
  f32 *r;      /* (d): S_K Q_t */
  f32 *g;      /* (d) */
  f64 *wide;   /* (WIDE_ARRAYS, d) */
  f32 *weight; /* (T): s_i, then p_i, then p_i over the denominator of v_i */
} row_state;

static void row_layout(const lkv_problem *problem, arena *a, row_state *w) {
  const size_t d = problem->head_dim;
  w->k = prefix_take_f32(a, d);
  w->v = prefix_take_f32(a, d);
  w->r = take_f32(a, d);
  w->g = take_f32(a, d);
  w->wide = arena_take(a, size_times(d, WIDE_ARRAYS), sizeof(f64));
  w->weight = take_f32(a, problem->seq_len);
}

static size_t row_workspace_bytes(const lkv_problem *problem) {
  arena a = {0};
  row_state w;
  row_layout(problem, &a, &w);
  return a.used;
}

/* y_t, from prefix states that hold token t. False where it, or a logit, is not finite.
 */
static bool row_query(const row_state *w, const lkv_operands *operands, size_t t, f32 eps,
                      size_t d, f32 *out) {
  /* r = S_K Q_t. */
  for (size_t b = 0; b < d; b++)
    w->r[b] = dot_f32(w->k.s + b * d, operand_row(operands, LKV_Q, t), d);

  /* Logits s_i. */
  for (size_t i = 0; i <= t; i++) {
    const f32 *query = operand_row(operands, LKV_QK, i);
    w->weight[i] = dot_f32(query, w->r, d) / prefix_denominator_f32(w->k, query, eps, d);
  }

  const bool finite = wide_is_finite(w->weight, t + 1);

  /* p = softmax(s). */
  softmax_f32(w->weight, t + 1);

  /* g = sum_i p_i / (QV_i . Z_V + eps) QV_i. */
  for (size_t i = 0; i <= t; i++)
    w->weight[i] /=
        prefix_denominator_f32(w->v, operand_row(operands, LKV_QV, i), eps, d);
  clear_f32(w->g, d);
  add_rows_f32(w->g, w->weight, operand_row(operands, LKV_QV, 0),
               operands->stride[LKV_QV], t + 1, d);

  /* y_t = g S_V. */
  prefix_numerator_f32(out, w->v, w->g, d);
  return finite && wide_is_finite(out, d);
}

static lkv_status row_attention(const lkv_problem *problem, const lkv_operands *operands,
                                void *workspace, lkv_output y) {
  const size_t tokens = problem->seq_len, d = problem->head_dim;
  const f32 eps = (f32)problem->eps;
  arena a = {.base = workspace};
  row_state w;
  assert(tokens >= 1 && d >= 1);
  row_layout(problem, &a, &w);

  prefix_clear_f32(w.k, d);
  prefix_clear_f32(w.v, d);
  for (size_t t = 0; t < tokens; t++) {
    /* Token t joins the prefix states. */
    prefix_add_f32(w.k, operand_row(operands, LKV_KK, t),
                   operand_row(operands, LKV_VK, t), d);
    prefix_add_f32(w.v, operand_row(operands, LKV_KV, t),
                   operand_row(operands, LKV_VV, t), d);
    if (!row_query(&w, operands, t, eps, d, output_row(y, t)))
      wide_query(problem, operands, t, w.wide, output_row(y, t));
  }
  return LKV_OK;
}
