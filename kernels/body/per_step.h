/* Per step: one loop over t; the effective keys and values of a prefix live for one step.
 *
 *   S_K += KK_t VK_t^T   Z_K += KK_t   S_V += KV_t VV_t^T   Z_V += KV_t
 *   k_i = QK_i S_K / (QK_i . Z_K + eps)   v_i = QV_i S_V / (QV_i . Z_V + eps)   i <= t
 *   y_t = sum_i softmax_i(Q_t . k_i) v_i
 *
 * Loops: t; within it i over keys, values and logits; then softmax; then the sum over i.
 * Time O(T^2 d^2), workspace O(T d + d^2).
 */
#include <assert.h>

#include "body/linear_f32.h"
#include "linkv/kernel.h"

typedef struct per_step {
  prefix_f32 k, v;
  f32 *key, *value; /* (T, d): k_i, v_i at the current t */
  f32 *weight;      /* (T): logits and then softmax */
} per_step;

static void per_step_layout(const lkv_problem *problem, arena *a, per_step *w) {
  const size_t tokens = problem->seq_len, d = problem->head_dim;
  w->k = prefix_take_f32(a, d);
  w->v = prefix_take_f32(a, d);
  w->key = take_f32(a, size_times(tokens, d));
  w->value = take_f32(a, size_times(tokens, d));
  w->weight = take_f32(a, tokens);
}

static size_t per_step_workspace_bytes(const lkv_problem *problem) {
  arena a = {0};
  per_step w;
  per_step_layout(problem, &a, &w);
  return a.used;
}

static lkv_status per_step_attention(const lkv_problem *problem,
                                     const lkv_operands *operands, void *workspace,
                                     lkv_output y) {
  const size_t tokens = problem->seq_len, d = problem->head_dim;
  const f32 eps = (f32)problem->eps;
  arena a = {.base = workspace};
  per_step w;
  assert(tokens >= 1 && d >= 1);
  per_step_layout(problem, &a, &w);

  prefix_clear_f32(w.k, d);
  prefix_clear_f32(w.v, d);
  for (size_t t = 0; t < tokens; t++) {
    /* Token t joins the prefix states. */
    prefix_add_f32(w.k, operand_row(operands, LKV_KK, t),
                   operand_row(operands, LKV_VK, t), d);
    prefix_add_f32(w.v, operand_row(operands, LKV_KV, t),
                   operand_row(operands, LKV_VV, t), d);

    /* Effective keys and values of the prefix, and its logits. */
    for (size_t i = 0; i <= t; i++) {
      f32 *key = w.key + i * d;
      prefix_apply_f32(key, w.k, operand_row(operands, LKV_QK, i), eps, d);
      prefix_apply_f32(w.value + i * d, w.v, operand_row(operands, LKV_QV, i), eps, d);
      w.weight[i] = dot_f32(operand_row(operands, LKV_Q, t), key, d);
    }

    /* y_t = sum_i softmax_i v_i. */
    f32 *out = output_row(y, t);
    softmax_f32(w.weight, t + 1);
    clear_f32(out, d);
    add_rows_f32(out, w.weight, w.value, d, t + 1, d);
  }
  return LKV_OK;
}
