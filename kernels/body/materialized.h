/* Materialised: every prefix state, every effective key and value, every logit in memory.
 *
 *   S_K(t) = sum_{j<=t} KK_j VK_j^T   Z_K(t) = sum_{j<=t} KK_j   S_V, Z_V from KV, VV
 *   k_i(t) = QK_i S_K(t) / (QK_i . Z_K(t) + eps)     v_i(t) likewise, for all t and i
 *   y_t    = sum_{i<=t} softmax_{i<=t}(Q_t . k_i(t)) v_i(t)
 *
 * Loops: t over the states; t, i over keys and values; t over softmax and output. Pairs
 * with i > t are built, as in the notebook's vectorised form, and never read. Time O(T^2
 * d^2), workspace O(T^2 d + T d^2).
 */
#include <assert.h>

#include "body/linear_f32.h"
#include "linkv/kernel.h"

typedef struct materialized {
  f32 *s_k, *s_v;   /* (T, d, d) */
  f32 *z_k, *z_v;   /* (T, d) */
  f32 *key, *value; /* (T, T, d): [t][i] */
  f32 *weight;      /* (T, T): [t][i], logits and then softmax */
} materialized;

static void materialized_layout(const lkv_problem *problem, arena *a, materialized *w) {
  const size_t tokens = problem->seq_len, d = problem->head_dim;
  const size_t pairs = size_times(tokens, tokens);
  w->s_k = take_f32(a, size_times(tokens, size_times(d, d)));
  w->s_v = take_f32(a, size_times(tokens, size_times(d, d)));
  w->z_k = take_f32(a, size_times(tokens, d));
  w->z_v = take_f32(a, size_times(tokens, d));
  w->key = take_f32(a, size_times(pairs, d));
  w->value = take_f32(a, size_times(pairs, d));
  w->weight = take_f32(a, pairs);
}

static size_t materialized_workspace_bytes(const lkv_problem *problem) {
  arena a = {0};
  materialized w;
  materialized_layout(problem, &a, &w);
  return a.used;
}

/* S(t), Z(t) of one key and value operand, for all t. */
static void materialize_prefix(const lkv_operands *operands, int key, int value,
                               size_t tokens, size_t d, f32 *s, f32 *z) {
  for (size_t t = 0; t < tokens; t++) {
    const prefix_f32 now = {s + t * d * d, z + t * d};
    if (t == 0) {
      prefix_clear_f32(now, d);
    } else {
      load_f32(now.s, now.s - d * d, d * d);
      load_f32(now.z, now.z - d, d);
    }
    prefix_add_f32(now, operand_row(operands, key, t), operand_row(operands, value, t),
                   d);
  }
}

/* x_i S(t) / (x_i . Z(t) + eps) of one query operand, for all t and i. */
static void materialize_effective(const lkv_operands *operands, int query, size_t tokens,
                                  size_t d, f32 eps, f32 *s, f32 *z, f32 *out) {
  for (size_t t = 0; t < tokens; t++)
    for (size_t i = 0; i < tokens; i++)
      prefix_apply_f32(out + (t * tokens + i) * d, (prefix_f32){s + t * d * d, z + t * d},
                       operand_row(operands, query, i), eps, d);
}

static lkv_status materialized_attention(const lkv_problem *problem,
                                         const lkv_operands *operands, void *workspace,
                                         lkv_output y) {
  const size_t tokens = problem->seq_len, d = problem->head_dim;
  const f32 eps = (f32)problem->eps;
  arena a = {.base = workspace};
  materialized w;
  assert(tokens >= 1 && d >= 1);
  materialized_layout(problem, &a, &w);

  /* Prefix states S(t), Z(t). */
  materialize_prefix(operands, LKV_KK, LKV_VK, tokens, d, w.s_k, w.z_k);
  materialize_prefix(operands, LKV_KV, LKV_VV, tokens, d, w.s_v, w.z_v);

  /* Effective keys k_i(t) and values v_i(t). */
  materialize_effective(operands, LKV_QK, tokens, d, eps, w.s_k, w.z_k, w.key);
  materialize_effective(operands, LKV_QV, tokens, d, eps, w.s_v, w.z_v, w.value);

  /* Logits Q_t . k_i(t), masked to i <= t. */
  for (size_t t = 0; t < tokens; t++)
    for (size_t i = 0; i < tokens; i++) {
      const size_t pair = t * tokens + i;
      w.weight[pair] = i <= t
                           ? dot_f32(operand_row(operands, LKV_Q, t), w.key + pair * d, d)
                           : -INFINITY;
    }

  /* y_t = sum_i softmax_i v_i(t); a masked pair's value is not touched, it may be NaN. */
  for (size_t t = 0; t < tokens; t++) {
    f32 *weight = w.weight + t * tokens, *out = output_row(y, t);
    softmax_f32(weight, t + 1);
    clear_f32(out, d);
    add_rows_f32(out, weight, w.value + t * tokens * d, d, t + 1, d);
  }
  return LKV_OK;
}
