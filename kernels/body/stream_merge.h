/* Streamed over tiles of the prefix, each with a maximum of its own, then merged.
 *
 *   k_i = QK_i S_K / (QK_i . Z_K + eps)   v_i = QV_i S_V / (QV_i . Z_V + eps)   s_i = Q_t
 * . k_i a tile:  m' = max_i s_i   l' = sum_i exp(s_i - m')   y' = sum_i exp(s_i - m') v_i
 *   a merge: m* = max(m, m')  l = l e^(m - m*) + l' e^(m' - m*)   y likewise   m = m*
 *   y_t = y / l
 *
 * Loops: t; tiles of tile_k keys; i within a tile. Prefix states, keys, values and logits
 * are float32; the softmax's m, l and y are ACCUM, f32 or f64, which the including kernel
 * defines. Time O(T^2 d^2), workspace O(d^2 + tile_k d).
 */
#include <assert.h>

#include "body/linear_f32.h"
#include "body/linear_f64.h"
#include "linkv/kernel.h"

typedef struct stream_merge {
  prefix_f32 k, v;
  f32 *row;      /* (d): k_i or v_i */
  ACCUM *value;  /* (tile, d): v_i */
  ACCUM *weight; /* (tile): s_i and then exp(s_i - m') */
  ACCUM *tile_y; /* (d): y' */
  ACCUM *y;      /* (d) */
} stream_merge;

static lkv_tiles stream_merge_default_tiles(const lkv_problem *problem) {
  (void)problem;
  return (lkv_tiles){.k = 64};
}

static void stream_merge_layout(const lkv_problem *problem, arena *a, stream_merge *w) {
  const size_t d = problem->head_dim;
  const size_t tile = size_min(problem->tile_k, problem->seq_len);
  w->k = prefix_take_f32(a, d);
  w->v = prefix_take_f32(a, d);
  w->row = take_f32(a, d);
  w->value = TYPED(take, ACCUM)(a, size_times(tile, d));
  w->weight = TYPED(take, ACCUM)(a, tile);
  w->tile_y = TYPED(take, ACCUM)(a, d);
  w->y = TYPED(take, ACCUM)(a, d);
}

static size_t stream_merge_workspace_bytes(const lkv_problem *problem) {
  arena a = {0};
  stream_merge w;
  stream_merge_layout(problem, &a, &w);
  return a.used;
}

/* s_i and v_i of keys first .. first + count - 1. */
static void stream_merge_load_tile(const stream_merge *w, const lkv_operands *operands,
                                   const f32 *query, size_t first, size_t count, f32 eps,
                                   size_t d) {
  for (size_t i = 0; i < count; i++) {
    prefix_apply_f32(w->row, w->k, operand_row(operands, LKV_QK, first + i), eps, d);
    w->weight[i] = dot_f32(query, w->row, d);
    prefix_apply_f32(w->row, w->v, operand_row(operands, LKV_QV, first + i), eps, d);
    TYPED(load, ACCUM)(w->value + i * d, w->row, d);
  }
}

/* y_t, from prefix states that hold token t. */
static void stream_merge_query(const stream_merge *w, const lkv_operands *operands,
                               size_t t, size_t tile, f32 eps, size_t d, f32 *out) {
  ACCUM m = -INFINITY, l = 0;
  TYPED(clear, ACCUM)(w->y, d);
  for (size_t first = 0; first <= t; first += tile) {
    const size_t count = size_min(tile, t + 1 - first);
    stream_merge_load_tile(w, operands, operand_row(operands, LKV_Q, t), first, count,
                           eps, d);

    /* m', l', y' of this tile. */
    const ACCUM tile_m = TYPED(largest, ACCUM)(w->weight, count);
    const ACCUM tile_l = TYPED(exponentials, ACCUM)(w->weight, tile_m, count);
    TYPED(clear, ACCUM)(w->tile_y, d);
    TYPED(add_rows, ACCUM)(w->tile_y, w->weight, w->value, d, count, d);

    /* The merge. */
    const ACCUM m_new = TYPED(max, ACCUM)(m, tile_m);
    const ACCUM keep = TYPED(rescale, ACCUM)(m, m_new);
    const ACCUM join = TYPED(rescale, ACCUM)(tile_m, m_new);
    l = l * keep + tile_l * join;
    for (size_t c = 0; c < d; c++) w->y[c] = w->y[c] * keep + w->tile_y[c] * join;
    m = m_new;
  }
  for (size_t c = 0; c < d; c++) out[c] = (f32)(w->y[c] / l);
}

static lkv_status stream_merge_attention(const lkv_problem *problem,
                                         const lkv_operands *operands, void *workspace,
                                         lkv_output y) {
  const size_t tokens = problem->seq_len, d = problem->head_dim;
  const size_t tile = size_min(problem->tile_k, tokens);
  const f32 eps = (f32)problem->eps;
  arena a = {.base = workspace};
  stream_merge w;
  assert(tokens >= 1 && d >= 1 && tile >= 1);
  stream_merge_layout(problem, &a, &w);

  prefix_clear_f32(w.k, d);
  prefix_clear_f32(w.v, d);
  for (size_t t = 0; t < tokens; t++) {
    /* Token t joins the prefix states. */
    prefix_add_f32(w.k, operand_row(operands, LKV_KK, t),
                   operand_row(operands, LKV_VK, t), d);
    prefix_add_f32(w.v, operand_row(operands, LKV_KV, t),
                   operand_row(operands, LKV_VV, t), d);
    stream_merge_query(&w, operands, t, tile, eps, d, output_row(y, t));
  }
  return LKV_OK;
}
