/* Workspace of body/tile_bf16.h, and what a panel has of the tokens before its queries,
 * at its start and end:
 *
 *   r_t = S_K(c) Q_t + sum_{c<=j<=t} KK_j (VK_j . Q_t)          Z_K(t), Z_V(t)
 *   y_t = g_t S_V(c) + sum_{c<=j<=t} (g_t . KV_j) VV_j          g_t = G / l
 *
 * Loops: S by blocks of tokens, up to the chunk's start c; the chunk's tokens by panels;
 * columns; the sum, two terms a step.
 */
typedef rows_bf16 tile_rows;

#include "body/tile_softmax.h"
#include "body/tile_state.h"

#define TILE_LOG2_E 1.44269504F

/* Of uint32_t: two bf16 an element, of neighbouring rows of what is named. */
struct tile_work {
  size_t d, width, pairs; /* head_dim; rounded up to whole panels; halved, rounded up */
  size_t chunk;           /* tile_q */
  tile_state k, v;
  uint32_t *key, *value; /* (TILE_TOKENS / 2, width): on their way into the states */
  bf16 *rounded;         /* (d, width), where key is: S_K */
  uint32_t *s_v;         /* (pairs, width), where key is */
  uint32_t *query;       /* (pairs, PANEL): Q, later g */
  f32 *panel;            /* (width, PANEL): R before it is rounded, later Y */
  f32 *wide;             /* (PANEL, width): rows of an operand */
  uint32_t *r_z;         /* (pairs, 2 PANEL): R beside Z_K */
  uint32_t *z_v;         /* (pairs, PANEL) */
  f32 *g;                /* (d, PANEL) */
  f32 *weight;           /* (keys, PANEL): s, then p, then p / B */
  uint32_t *weights;     /* (keys / 2, PANEL), where weight is: p / B */
  uint32_t *values;      /* (keys / 2, d): QV */
  f32 *rows;             /* (PANEL, width), where weight is: a panel transposed */
  f32 *max;              /* (PANEL): running maximum, starts at -inf */
  f32 *sum;              /* (PANEL) */
};

static void tile_layout(const lkv_problem *problem, arena *a, tile_work *w) {
  const size_t d = problem->head_dim;
  const size_t keys = size_min(problem->tile_k, problem->seq_len);
  const size_t width = size_round_up(d, PANEL), pairs = width / 2;
  const size_t panel = size_times(width, PANEL);
  w->d = d;
  w->width = width;
  w->pairs = d / 2 + d % 2;
  w->chunk = problem->tile_q;
  tile_state_layout(&w->k, a, d, width);
  tile_state_layout(&w->v, a, d, width);
  const size_t packed = size_times(TILE_TOKENS / 2, width);
  const size_t state = size_times(pairs, width), packs = size_times(packed, 2);
  w->key = arena_take(a, packs > state ? packs : state, sizeof(uint32_t));
  w->value = w->key ? w->key + packed : NULL;
  w->rounded = (void *)w->key;
  w->s_v = w->key;
  w->query = arena_take(a, size_times(pairs, PANEL), sizeof(uint32_t));
  w->panel = arena_take(a, panel, sizeof(f32));
  w->wide = arena_take(a, panel, sizeof(f32));
  w->r_z = arena_take(a, size_times(pairs, 2 * PANEL), sizeof(uint32_t));
  w->z_v = arena_take(a, size_times(pairs, PANEL), sizeof(uint32_t));
  w->g = arena_take(a, panel, sizeof(f32));
  const size_t least = width > PANEL ? width : PANEL;
  w->weight = arena_take(a, size_times(keys > least ? keys : least, PANEL), sizeof(f32));
  w->weights = (void *)w->weight;
  w->rows = w->weight;
  w->values = arena_take(a, size_times(keys / 2 + keys % 2, d), sizeof(uint32_t));
  w->max = arena_take(a, PANEL, sizeof(f32));
  w->sum = arena_take(a, PANEL, sizeof(f32));
}

static rows_bf16 tile_operand(const lkv_operands *operands, int which, size_t first) {
  const size_t stride = operands->stride[which];
  return (rows_bf16){.data = (const bf16 *)operands->data[which] + first * stride,
                     .stride = stride};
}

static rows_bf16 tile_rows_from(rows_bf16 x, size_t first) {
  return (rows_bf16){.data = row_bf16(x, first), .stride = x.stride};
}

/* Tokens meet by twos in the chunk that they share. */
static void tile_state_add_rows(const tile_work *w, f32 *s, size_t row, size_t count,
                                rows_bf16 key, rows_bf16 value, size_t first,
                                size_t last) {
  size_t tokens;
  for (size_t j = first; j < last; j += tokens) {
    const size_t left = size_min(last - j, w->chunk - j % w->chunk);
    tokens = size_min(TILE_TOKENS, left);
    pack_bf16(w->key, w->width, tile_rows_from(key, j), tokens, w->d);
    pack_bf16(w->value, w->width, tile_rows_from(value, j), tokens, w->d);
    for (size_t c = 0; c < w->width; c += PANEL)
      pairs_accumulate(s + row * w->width + c, w->width, w->key + row, w->width, count,
                       w->value + c, w->width, (tokens + 1) / 2);
  }
}

/* z[c] += column column + c of key j, c < count. */
static void tile_sum_row(f32 *z, rows_bf16 key, size_t j, size_t column, size_t count) {
  const bf16 *row = row_bf16(key, j) + column;
  for (size_t c = 0; c < count; c++) z[c] += lkv_bfloat16_widen(row[c]);
}

/* Panels: arrays (head_dim, PANEL) with queries in lanes. */

/* panel = the transpose of w->rows as rows of bf16, which stay together by twos. */
static void tile_rows_to_pairs(const tile_work *w, uint32_t *panel, size_t stride) {
  T(to_panel)((void *)panel, stride, w->rows, w->width / 2);
}

static bf16 *tile_bf16_row(const tile_work *w, size_t i) {
  return (bf16 *)(void *)w->rows + i * w->width;
}

/* w->query = Q^T; zero in the lanes past `count`. */
static void tile_load_queries(const tile_work *w, const lkv_operands *operands,
                              size_t first, size_t count) {
  const rows_bf16 in = tile_operand(operands, LKV_Q, first);
  for (size_t i = 0; i < PANEL; i++) {
    bf16 *to = tile_bf16_row(w, i);
    const size_t d = i < count ? w->d : 0;
    if (d) memcpy(to, row_bf16(in, i), d * sizeof *to);
    memset(to + d, 0, (w->width - d) * sizeof *to);
  }
  tile_rows_to_pairs(w, w->query, PANEL);
}

/* panel = Z(t)^T, t = first .. first + count - 1, which join Z; the last one's again in
 * the lanes past `count`. */
static void tile_load_sums(const tile_work *w, const tile_state *state, rows_bf16 key,
                           size_t count, uint32_t *panel, size_t stride) {
  f32 *restrict z = state->z;
  for (size_t i = 0; i < PANEL; i++) {
    if (i < count) {
      const bf16 *restrict row = row_bf16(key, i);
      for (size_t c = 0; c < w->d; c++) z[c] += lkv_bfloat16_widen(row[c]);
    }
    for (size_t c = 0; c < w->width; c += LANES)
      narrow_f32(tile_bf16_row(w, i) + c, T(load)(z + c));
  }
  tile_rows_to_pairs(w, panel, stride);
}

/* Rows of an operand in float32. */
static ROWS tile_widen(const tile_work *w, rows_bf16 x, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const bf16 *restrict row = row_bf16(x, i);
    f32 *restrict to = w->wide + i * w->width;
    for (size_t c = 0; c < w->d; c++) to[c] = lkv_bfloat16_widen(row[c]);
  }
  return (ROWS){.data = w->wide, .stride = w->width};
}

/* w->panel[c][q] += sum_j y_j[c] (x_j . w->query[q]) over the chunk's tokens j <= t of
 * each query. */
static void tile_add_chunk(const tile_work *w, const lkv_operands *operands, int x, int y,
                           size_t chunk, size_t first, size_t count) {
  for (size_t j = chunk; j < first + count; j += PANEL) {
    const size_t tokens = size_min(PANEL, first + count - j);
    pairs_dot_rows(w->weight, tile_operand(operands, x, j), tokens, w->query, w->d);
    const ROWS right = tile_widen(w, tile_operand(operands, y, j), tokens);
    if (j < first) {
      T(accumulate)(w->panel, PANEL, right, w->d, w->weight, PANEL, tokens);
    } else {
      T(hide)(w->weight, tokens, 0, 0);
      T(accumulate_causal)(w->panel, PANEL, right, w->d, w->weight, PANEL, tokens, 0);
    }
  }
}

/* r_z = R beside Z_K, z_v = Z_V, of queries first .. first + count - 1. */
static void tile_start_panel(const tile_work *w, const lkv_operands *operands,
                             size_t chunk, size_t first, size_t count) {
  tile_load_queries(w, operands, first, count);
  if (chunk > 0) {
    for (size_t e = 0; e < w->d * w->width; e += LANES)
      narrow_f32(w->rounded + e, T(load)(w->k.s + e));
    const rows_bf16 s_k = {.data = w->rounded, .stride = w->width};
    pairs_dot_rows(w->panel, s_k, w->d, w->query, w->d);
  } else {
    memset(w->panel, 0, w->d * PANEL * sizeof(f32));
  }
  tile_add_chunk(w, operands, LKV_VK, LKV_KK, chunk, first, count);
  for (size_t q = 0; q < PANEL; q++) w->max[q] = TILE_LOG2_E;
  tile_scale(w->panel, w->d, w->max);
  round_bf16(w->r_z, 2 * PANEL, w->panel, w->d, PANEL);
  tile_load_sums(w, &w->k, tile_operand(operands, LKV_KK, first), count, w->r_z + PANEL,
                 2 * PANEL);
  tile_load_sums(w, &w->v, tile_operand(operands, LKV_KV, first), count, w->z_v, PANEL);

  memset(w->g, 0, w->d * PANEL * sizeof(f32));
  for (size_t q = 0; q < PANEL; q++) {
    w->max[q] = -INFINITY;
    w->sum[q] = 0;
  }
}

/* y_t = g_t S_V(t), g_t = G / l. */
static void tile_finish_panel(const tile_work *w, const lkv_operands *operands,
                              size_t chunk, size_t first, size_t count, lkv_output y) {
  for (size_t q = 0; q < PANEL; q++) w->max[q] = 1 / w->sum[q];
  tile_scale(w->g, w->d, w->max);
  round_bf16(w->query, PANEL, w->g, w->d, PANEL);

  memset(w->panel, 0, w->width * PANEL * sizeof(f32));
  if (chunk > 0) {
    round_bf16(w->s_v, w->width, w->v.s, w->d, w->width);
    pairs_accumulate(w->panel, PANEL, w->s_v, w->width, w->d, w->query, PANEL, w->pairs);
  }
  tile_add_chunk(w, operands, LKV_KV, LKV_VV, chunk, first, count);
  T(from_panel)(w->rows, w->width, w->panel);
  for (size_t i = 0; i < count; i++)
    memcpy((f32 *)y.data + (first + i) * y.stride, w->rows + i * w->width,
           w->d * sizeof(f32));
}
