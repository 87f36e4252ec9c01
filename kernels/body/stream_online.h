/* Streamed over tiles of the prefix under one running maximum, FlashAttention's way.
 *
 *   u_i = QK_i S_K   s_i = (Q_t . u_i) / (QK_i . Z_K + eps)
 *   v_i = QV_i S_V / (QV_i . Z_V + eps)
 *   a tile: m* = max(m, max_i s_i)   e = e^(m - m*)   p_i = exp(s_i - m*)
 *           l = e l + sum_i p_i      y = e y + sum_i p_i v_i      m = m*
 *   y_t = y / l
 *
 * Loops: t; tiles of tile_k keys; i within a tile. Everything between the float32
 * operands and the float32 output is ACCUM, f32 or f64, which the including kernel
 * defines. Time O(T^2 d^2), workspace O(d^2 + tile_k d).
 */
#include <assert.h>

#include "body/linear_f32.h"
#include "body/linear_f64.h"
#include "body/wide_query.h"
#include "linkv/kernel.h"

typedef struct stream_online {
  TYPED(prefix, ACCUM) k, v;
  ACCUM *query;      /* (d): Q_t */
  ACCUM *row, *row2; /* (d): operand rows in ACCUM */
  ACCUM *numerator;  /* (d): u_i */
  ACCUM *value;      /* (tile, d): v_i */
  ACCUM *weight;     /* (tile): s_i and then p_i */
  ACCUM *y;          /* (d) */
  f64 *wide;         /* (WIDE_ARRAYS, d) */
} stream_online;

static lkv_tiles stream_online_default_tiles(const lkv_problem *problem) {
  (void)problem;
  return (lkv_tiles){.k = 128};
}

static void stream_online_layout(const lkv_problem *problem, arena *a, stream_online *w) {
  const size_t d = problem->head_dim;
  const size_t tile = size_min(problem->tile_k, problem->seq_len);
  w->k = TYPED(prefix_take, ACCUM)(a, d);
  w->v = TYPED(prefix_take, ACCUM)(a, d);
  w->query = TYPED(take, ACCUM)(a, d);
  w->row = TYPED(take, ACCUM)(a, d);
  w->row2 = TYPED(take, ACCUM)(a, d);
  w->numerator = TYPED(take, ACCUM)(a, d);
  w->value = TYPED(take, ACCUM)(a, size_times(tile, d));
  w->weight = TYPED(take, ACCUM)(a, tile);
  w->y = TYPED(take, ACCUM)(a, d);
  w->wide = arena_take(a, size_times(d, WIDE_ARRAYS), sizeof(f64));
}

static size_t stream_online_workspace_bytes(const lkv_problem *problem) {
  arena a = {0};
  stream_online w;
  stream_online_layout(problem, &a, &w);
  return a.used;
}

/* Token t joins one prefix state. */
static void stream_online_add(const stream_online *w, TYPED(prefix, ACCUM) p,
                              const f32 *key, const f32 *value, size_t d) {
  TYPED(load, ACCUM)(w->row, key, d);
  TYPED(load, ACCUM)(w->row2, value, d);
  TYPED(prefix_add, ACCUM)(p, w->row, w->row2, d);
}

/* s_i and v_i of keys first .. first + count - 1. */
static void stream_online_load_tile(const stream_online *w, const lkv_operands *operands,
                                    size_t first, size_t count, ACCUM eps, size_t d) {
  for (size_t i = 0; i < count; i++) {
    TYPED(load, ACCUM)(w->row, operand_row(operands, LKV_QK, first + i), d);
    TYPED(prefix_numerator, ACCUM)(w->numerator, w->k, w->row, d);
    w->weight[i] = TYPED(dot, ACCUM)(w->query, w->numerator, d) /
                   TYPED(prefix_denominator, ACCUM)(w->k, w->row, eps, d);

    TYPED(load, ACCUM)(w->row, operand_row(operands, LKV_QV, first + i), d);
    TYPED(prefix_apply, ACCUM)(w->value + i * d, w->v, w->row, eps, d);
  }
}

/* y_t, from prefix states that hold token t. False where it, or a logit, is not finite.
 */
static bool stream_online_query(const stream_online *w, const lkv_operands *operands,
                                size_t t, size_t tile, ACCUM eps, size_t d, f32 *out) {
  ACCUM m = -INFINITY, l = 0, zero = 0;
  TYPED(load, ACCUM)(w->query, operand_row(operands, LKV_Q, t), d);
  TYPED(clear, ACCUM)(w->y, d);
  for (size_t first = 0; first <= t; first += tile) {
    const size_t count = size_min(tile, t + 1 - first);
    stream_online_load_tile(w, operands, first, count, eps, d);

    for (size_t i = 0; i < count; i++) zero += w->weight[i] * 0;

    /* m* and the factor e of the sums so far. */
    const ACCUM m_new = TYPED(max, ACCUM)(m, TYPED(largest, ACCUM)(w->weight, count));
    const ACCUM keep = TYPED(rescale, ACCUM)(m, m_new);

    /* l and y under m*. */
    l = keep * l + TYPED(exponentials, ACCUM)(w->weight, m_new, count);
    for (size_t c = 0; c < d; c++) w->y[c] *= keep;
    TYPED(add_rows, ACCUM)(w->y, w->weight, w->value, d, count, d);
    m = m_new;
  }
  for (size_t c = 0; c < d; c++) out[c] = (f32)(w->y[c] / l);
  return zero == 0 && wide_is_finite(out, d);
}

static lkv_status stream_online_attention(const lkv_problem *problem,
                                          const lkv_operands *operands, void *workspace,
                                          lkv_output y) {
  const size_t tokens = problem->seq_len, d = problem->head_dim;
  const size_t tile = size_min(problem->tile_k, tokens);
  const ACCUM eps = (ACCUM)problem->eps;
  arena a = {.base = workspace};
  stream_online w;
  assert(tokens >= 1 && d >= 1 && tile >= 1);
  stream_online_layout(problem, &a, &w);

  TYPED(prefix_clear, ACCUM)(w.k, d);
  TYPED(prefix_clear, ACCUM)(w.v, d);
  for (size_t t = 0; t < tokens; t++) {
    stream_online_add(&w, w.k, operand_row(operands, LKV_KK, t),
                      operand_row(operands, LKV_VK, t), d);
    stream_online_add(&w, w.v, operand_row(operands, LKV_KV, t),
                      operand_row(operands, LKV_VV, t), d);
    if (!stream_online_query(&w, operands, t, tile, eps, d, output_row(y, t)))
      wide_query(problem, operands, t, w.wide, output_row(y, t));
  }
  return LKV_OK;
}
