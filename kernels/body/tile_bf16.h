/* The tiles of body/tile.h with bfloat16 operands and factors, over a vocabulary with
 * pairs (simd/scalar_bf16.h); sums, softmax and output in float32.
 *
 *   r_t = S_K(t) Q_t          logit s_i = (QK_i . r_t) / (QK_i . Z_K(t) + eps)     i <= t
 *   g_t = sum_i softmax_i(s) / (QV_i . Z_V(t) + eps) QV_i          y_t = g_t S_V(t)
 *
 * Rounded to bfloat16, each once, is what a product takes that is no operand: S_K and
 * S_V of the tokens before the chunk, R (log2 e in it: logits are in base 2), Z_K, Z_V,
 * p / B, and g. Float32 stays what a chunk adds to S over its own tokens,
 *
 *   S_K(t) Q_t = S_K(c) Q_t + sum_{c<=j<=t} KK_j (VK_j . Q_t)        and y_t likewise.
 *
 * Loops: chunks of tile_q tokens; panels of PANEL queries; tiles of tile_k keys; blocks
 * of keys (N and A, B) or of columns (G); the sum, two terms a step. Rows of QK, QV, VK
 * and KV meet a panel as they come, two columns an element; for G two rows of QV are
 * packed into one. Keys of the panel's own tokens are tiles apart, masked.
 *
 * Time O(T^2 d + T d^2), workspace O(d^2 + d tile_k). */
#include <assert.h>
#include <string.h>

#include "body/arena.h"
#include "body/tile_gemm_bf16.h"
#include "linkv/kernel.h"

#define REAL f32

enum {
  TILE_TOKENS = 16,                                 /* that join the states at once */
  TILE_LOGITS = SIMD_REGISTERS >= 32 ? 4 : 3,       /* keys a block of N and A */
  TILE_EXPONENTIALS = SIMD_REGISTERS >= 32 ? 4 : 2, /* keys a turn */
};

#define TILE_LOG2_E 1.44269504F

/* S and Z of one key and value operand. */
typedef struct tile_state {
  f32 *s, *z; /* (d, width), (width) */
} tile_state;

/* Of uint32_t: two bf16 an element, of neighbouring rows of what is named. */
typedef struct tile_work {
  size_t d, width, pairs; /* head_dim; rounded up to whole panels; halved, rounded up */
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
} tile_work;

static lkv_tiles tile_default_tiles(const lkv_problem *problem) {
  (void)problem;
  return (lkv_tiles){.q = TILE_DEFAULT_Q, .k = TILE_DEFAULT_K};
}

static void tile_state_layout(tile_state *state, arena *a, size_t d, size_t width) {
  state->s = arena_take(a, size_times(d, width), sizeof(f32));
  state->z = arena_take(a, width, sizeof(f32));
}

static void tile_layout(const lkv_problem *problem, arena *a, tile_work *w) {
  const size_t d = problem->head_dim;
  const size_t keys = size_min(problem->tile_k, problem->seq_len);
  const size_t width = size_round_up(d, PANEL), pairs = width / 2;
  const size_t panel = size_times(width, PANEL);
  w->d = d;
  w->width = width;
  w->pairs = d / 2 + d % 2;
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

static size_t tile_workspace_bytes(const lkv_problem *problem) {
  arena a = {0};
  tile_work w;
  tile_layout(problem, &a, &w);
  return a.used;
}

static rows_bf16 tile_operand(const lkv_operands *operands, int which, size_t first) {
  const size_t stride = operands->stride[which];
  return (rows_bf16){.data = (const bf16 *)operands->data[which] + first * stride,
                     .stride = stride};
}

static rows_bf16 tile_rows_from(rows_bf16 x, size_t first) {
  return (rows_bf16){.data = row_bf16(x, first), .stride = x.stride};
}

/* Prefix states. */

static void tile_state_clear(const tile_work *w, tile_state *state) {
  memset(state->s, 0, w->d * w->width * sizeof(f32));
  memset(state->z, 0, w->width * sizeof(f32));
}

/* Rows row .. row + count - 1 of S += key^T value over tokens first .. last - 1 of a
 * chunk. */
static void tile_state_add_rows(const tile_work *w, f32 *s, size_t row, size_t count,
                                rows_bf16 key, rows_bf16 value, size_t first,
                                size_t last) {
  for (size_t j = first; j < last; j += TILE_TOKENS) {
    const size_t tokens = size_min(TILE_TOKENS, last - j), pairs = (tokens + 1) / 2;
    pack_bf16(w->key, w->width, tile_rows_from(key, j), tokens, w->d);
    pack_bf16(w->value, w->width, tile_rows_from(value, j), tokens, w->d);
    for (size_t c = 0; c < w->width; c += PANEL)
      pairs_accumulate(s + row * w->width + c, w->width, w->key + row, w->width, count,
                       w->value + c, w->width, pairs);
  }
}

static void tile_state_add(const tile_work *w, const tile_state *state,
                           const lkv_operands *operands, int key, int value, size_t first,
                           size_t last) {
  tile_state_add_rows(w, state->s, 0, w->d, tile_operand(operands, key, 0),
                      tile_operand(operands, value, 0), first, last);
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

/* panel[c][q] *= factor[q], c < d. */
static void tile_scale(const tile_work *w, f32 *panel, const f32 *factor) {
  for (size_t h = 0; h < PANEL; h += LANES) {
    const VEC f = T(load)(factor + h);
    for (size_t c = 0; c < w->d; c++) {
      f32 *at = panel + c * PANEL + h;
      T(store)(at, T(mul)(T(load)(at), f));
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
  tile_scale(w, w->panel, w->max);
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
  tile_scale(w, w->g, w->max);
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

/* Tiles. */

/* N and A take in a pair of columns: each element of QK meets R and Z_K. */
SIMD_INLINE void tile_logits_step(VEC n[][2], VEC a[][2], const uint32_t *elements,
                                  size_t block, const uint32_t *r_z) {
  vec_pairs element[TILE_LOGITS], panel;
  SIMD_UNROLL
  for (size_t i = 0; i < block; i++) element[i] = pin_pairs(set_pairs(elements[i]));
  SIMD_UNROLL
  for (size_t h = 0; h < 2; h++) {
    panel = pin_pairs(load_pairs(r_z + h * LANES));
    SIMD_UNROLL
    for (size_t i = 0; i < block; i++) n[i][h] = mac_pairs(element[i], panel, n[i][h]);
  }
  SIMD_UNROLL
  for (size_t h = 0; h < 2; h++) {
    panel = pin_pairs(load_pairs(r_z + (2 + h) * LANES));
    SIMD_UNROLL
    for (size_t i = 0; i < block; i++) a[i][h] = mac_pairs(element[i], panel, a[i][h]);
  }
}

/* s of `block` keys from `first` on to `out`; `highest` takes them in. */
SIMD_INLINE void tile_logits_block(f32 *out, f32 *highest, rows_bf16 qk, size_t first,
                                   size_t block, const uint32_t *r_z, size_t d, f32 eps) {
  VEC n[TILE_LOGITS][2], a[TILE_LOGITS][2];
  const bf16 *row[TILE_LOGITS];
  uint32_t elements[TILE_LOGITS];
  SIMD_UNROLL
  for (size_t i = 0; i < block; i++) {
    row[i] = row_bf16(qk, first + i);
    n[i][0] = n[i][1] = a[i][0] = a[i][1] = T(set)(0);
  }
  SIMD_UNROLL_4
  for (size_t p = 0; p < d / 2; p++) {
    SIMD_UNROLL
    for (size_t i = 0; i < block; i++) elements[i] = pair_at(row[i] + 2 * p);
    tile_logits_step(n, a, elements, block, r_z + p * 2 * PANEL);
  }
  if (d % 2) {
    SIMD_UNROLL
    for (size_t i = 0; i < block; i++) elements[i] = row[i][d - 1];
    tile_logits_step(n, a, elements, block, r_z + d / 2 * 2 * PANEL);
  }

  /* s = N / (A + eps). The maximum leaves NaN out: it comes back as a weight. */
  const VEC shift = T(set)(eps);
  SIMD_UNROLL
  for (size_t h = 0; h < 2; h++) {
    VEC max = T(load)(highest + h * LANES);
    SIMD_UNROLL
    for (size_t i = 0; i < block; i++) {
      const VEC s = T(div)(n[i][h], T(add)(a[i][h], shift));
      T(store)(out + i * PANEL + h * LANES, s);
      max = T(max)(s, max);
    }
    T(store)(highest + h * LANES, max);
  }
}

/* s of `count` keys to w->weight, their maximum a lane to `highest`. */
SIMD_OUTLINE void tile_logits(const tile_work *w, rows_bf16 qk, size_t count, f32 eps,
                              f32 *highest) {
  size_t size;
  for (size_t q = 0; q < PANEL; q++) highest[q] = -INFINITY;
  for (size_t i = 0; i < count; i += size) {
    size = T(block)(count - i, TILE_LOGITS);
    f32 *out = w->weight + i * PANEL;
#define LOGITS_BLOCK(n) tile_logits_block(out, highest, qk, i, n, w->r_z, w->d, eps)
    switch (size) {
      case 1:
        LOGITS_BLOCK(1);
        break;
      case 2:
        LOGITS_BLOCK(2);
        break;
#if SIMD_REGISTERS >= 32
      case 3:
        LOGITS_BLOCK(3);
        break;
#endif
      default:
        LOGITS_BLOCK(TILE_LOGITS);
    }
#undef LOGITS_BLOCK
  }
}

/* The logits' maximum again, where some were hidden. */
static void tile_highest(const tile_work *w, size_t count, f32 *highest) {
  for (size_t h = 0; h < PANEL; h += LANES) {
    VEC max = T(set)(-INFINITY);
    for (size_t i = 0; i < count; i++)
      max = T(max)(T(load)(w->weight + i * PANEL + h), max);
    T(store)(highest + h, max);
  }
}

/* m* = max(m, s); G and l are carried over to it. `shift` is m*, 0 where no logit is
 * above -inf: such weights are 0, not NaN. */
static void tile_rescale(const tile_work *w, const f32 *highest, f32 *shift) {
  _Alignas(64) f32 factor[PANEL];
  bool same = true;
  for (size_t h = 0; h < PANEL; h += LANES) {
    const VEC low = T(set)(-INFINITY), one = T(set)(1), old = T(load)(w->max + h);
    const VEC max = T(max)(T(load)(highest + h), old);
    const VEC finite = T(keep)(T(less)(low, max), max);
    const VEC f = T(exp2)(T(sub)(old, finite));
    T(store)(w->max + h, max);
    T(store)(shift + h, finite);
    T(store)(factor + h, f);
    same = same && T(all)(T(equal)(f, one));
  }
  if (same) return;
  for (size_t q = 0; q < PANEL; q++) w->sum[q] *= factor[q];
  tile_scale(w, w->g, factor);
}

/* p = 2^(s - m*) of `keys` keys, in place. */
SIMD_INLINE void tile_exponentials_block(f32 *weight, VEC sum[2], size_t keys,
                                         const VEC shift[2]) {
  VEC x[2 * TILE_EXPONENTIALS];
  SIMD_UNROLL
  for (size_t v = 0; v < 2 * keys; v++)
    x[v] = T(sub)(T(load)(weight + v * LANES), shift[v % 2]);
  T(exp2_each)(x, (int)(2 * keys));
  SIMD_UNROLL
  for (size_t v = 0; v < 2 * keys; v++) {
    T(store)(weight + v * LANES, x[v]);
    sum[v % 2] = T(add)(sum[v % 2], x[v]);
  }
}

/* w->weight = p of `count` keys; l += sum p. */
SIMD_OUTLINE void tile_exponentials(const tile_work *w, size_t count, const f32 *shift) {
  const VEC by[2] = {T(load)(shift), T(load)(shift + LANES)};
  VEC sum[2] = {T(load)(w->sum), T(load)(w->sum + LANES)};
  size_t i = 0;
  for (; i + TILE_EXPONENTIALS <= count; i += TILE_EXPONENTIALS)
    tile_exponentials_block(w->weight + i * PANEL, sum, TILE_EXPONENTIALS, by);
  for (; i < count; i++) tile_exponentials_block(w->weight + i * PANEL, sum, 1, by);
  T(store)(w->sum, sum[0]);
  T(store)(w->sum + LANES, sum[1]);
}

/* p / B of `block` keys, in place of p. */
SIMD_INLINE void tile_weights_block(f32 *weight, rows_bf16 qv, size_t first, size_t block,
                                    const uint32_t *z_v, size_t d, VEC eps) {
  VEC b[BLOCK][2];
  const bf16 *row[BLOCK];
  SIMD_UNROLL
  for (size_t i = 0; i < block; i++) row[i] = row_bf16(qv, first + i);
  pairs_dot(b, row, block, z_v, d);
  SIMD_UNROLL
  for (size_t i = 0; i < block; i++) SIMD_UNROLL
  for (size_t h = 0; h < 2; h++) {
    f32 *at = weight + (first + i) * PANEL + h * LANES;
    T(store)(at, T(div)(T(load)(at), T(add)(b[i][h], eps)));
  }
}

/* w->weight = p / B of `count` keys. */
SIMD_OUTLINE void tile_weights(const tile_work *w, rows_bf16 qv, size_t count, f32 eps) {
  const VEC shift = T(set)(eps);
  size_t size;
  for (size_t i = 0; i < count; i += size) {
    size = T(block)(count - i, BLOCK);
#define WEIGHTS_BLOCK(n) tile_weights_block(w->weight, qv, i, n, w->z_v, w->d, shift)
    PAIRS_SWITCH(size, WEIGHTS_BLOCK)
#undef WEIGHTS_BLOCK
  }
}

/* Keys first .. first + count - 1, seen by every query of the panel. */
static void tile_keys(const tile_work *w, const lkv_operands *operands, size_t first,
                      size_t count, f32 eps) {
  _Alignas(64) f32 highest[PANEL], shift[PANEL];
  const rows_bf16 qv = tile_operand(operands, LKV_QV, first);
  tile_logits(w, tile_operand(operands, LKV_QK, first), count, eps, highest);
  tile_rescale(w, highest, shift);
  tile_exponentials(w, count, shift);
  tile_weights(w, qv, count, eps);
  round_bf16(w->weights, PANEL, w->weight, count, PANEL);
  pack_bf16(w->values, w->d, qv, count, w->d);
  pairs_accumulate(w->g, PANEL, w->values, w->d, w->d, w->weights, PANEL,
                   (count + 1) / 2);
}

/* Keys of the panel's own tokens; the first is seen from lane `lane` on. */
static void tile_keys_causal(const tile_work *w, const lkv_operands *operands,
                             size_t first, size_t count, f32 eps, ptrdiff_t lane) {
  _Alignas(64) f32 highest[PANEL], shift[PANEL];
  const rows_bf16 qv = tile_operand(operands, LKV_QV, first);
  const size_t pairs = (count + 1) / 2;
  tile_logits(w, tile_operand(operands, LKV_QK, first), count, eps, highest);
  T(hide)(w->weight, count, lane, -INFINITY);
  tile_highest(w, count, highest);
  tile_rescale(w, highest, shift);
  tile_exponentials(w, count, shift);
  tile_weights(w, qv, count, eps);
  T(hide)(w->weight, count, lane, 0);
  round_bf16(w->weights, PANEL, w->weight, count, PANEL);
  pack_bf16(w->values, w->d, qv, count, w->d);
  if (all_finite_bf16(qv, count, w->d))
    pairs_accumulate(w->g, PANEL, w->values, w->d, w->d, w->weights, PANEL, pairs);
  else
    pairs_accumulate_causal(w->g, PANEL, w->values, w->d, w->d, w->weights, PANEL, pairs,
                            lane);
}

/* y of queries first .. first + count - 1, count <= PANEL, of the chunk that starts at
 * `chunk`; they join Z. */
static void tile_panel(const tile_work *w, const lkv_problem *problem,
                       const lkv_operands *operands, size_t chunk, size_t first,
                       size_t count, lkv_output y) {
  const f32 eps = (f32)problem->eps;
  const size_t end = first + count;
  size_t keys;
  tile_start_panel(w, operands, chunk, first, count);
  for (size_t i = 0; i < first; i += keys) {
    keys = size_min(problem->tile_k, first - i);
    tile_keys(w, operands, i, keys, eps);
  }
  for (size_t i = first; i < end; i += keys) {
    keys = size_min(problem->tile_k, end - i);
    tile_keys_causal(w, operands, i, keys, eps, (ptrdiff_t)(i - first));
  }
  tile_finish_panel(w, operands, chunk, first, count, y);
}

/* Rows first .. last - 1 of y, from the states of the tokens before `first`, which is a
 * multiple of tile_q. */
static void tile_queries(const tile_work *w, const lkv_problem *problem,
                         const lkv_operands *operands, size_t first, size_t last,
                         lkv_output y) {
  size_t chunk_end;
  for (size_t chunk = first; chunk < last; chunk = chunk_end) {
    chunk_end = chunk + size_min(problem->tile_q, last - chunk);
    for (size_t t = chunk; t < chunk_end; t += PANEL)
      tile_panel(w, problem, operands, chunk, t, size_min(PANEL, chunk_end - t), y);
    if (chunk_end == last) break;
    tile_state_add(w, &w->k, operands, LKV_KK, LKV_VK, chunk, chunk_end);
    tile_state_add(w, &w->v, operands, LKV_KV, LKV_VV, chunk, chunk_end);
  }
}

static lkv_status tile_attention(const lkv_problem *problem, const lkv_operands *operands,
                                 void *workspace, lkv_output y) {
  arena a = {.base = workspace};
  tile_work w;
  assert(problem->seq_len >= 1 && problem->head_dim >= 1);
  assert(problem->tile_q >= 1 && problem->tile_k >= 1);
  tile_layout(problem, &a, &w);
  tile_state_clear(&w, &w.k);
  tile_state_clear(&w, &w.v);
  tile_queries(&w, problem, operands, 0, problem->seq_len, y);
  return LKV_OK;
}

/* Query blocks, as in body/tile.h: they share the states of the tokens before each block
 * but the first. Every element is summed in the order of tile_attention, so y has its
 * bits. A part is TILE_PART rows of S_K or S_V. */

enum { TILE_PART = 16, TILE_BLOCK = 128 };

/* Queries of a block: whole chunks, and enough that the states stay smaller than an
 * operand or two. */
static size_t tile_block_queries(const lkv_problem *problem) {
  const size_t chunk = size_min(problem->tile_q, problem->seq_len);
  const size_t least = problem->head_dim > TILE_BLOCK ? problem->head_dim : TILE_BLOCK;
  return ((least - 1) / chunk + 1) * chunk;
}

static size_t tile_block_count(const lkv_problem *problem) {
  return (problem->seq_len - 1) / tile_block_queries(problem) + 1;
}

/* Elements of one S and Z. */
static size_t tile_state_size(const lkv_problem *problem) {
  const size_t width = size_round_up(problem->head_dim, PANEL);
  return size_times(size_plus(problem->head_dim, 1), width);
}

static size_t tile_shared_bytes(const lkv_problem *problem) {
  const size_t states = size_times(2, tile_block_count(problem) - 1);
  return size_times(size_times(tile_state_size(problem), states), sizeof(f32));
}

static size_t tile_parts(const lkv_problem *problem) {
  return 2 * ((problem->head_dim - 1) / TILE_PART + 1);
}

static lkv_status tile_prepare(const lkv_problem *problem, const lkv_operands *operands,
                               size_t part, void *workspace, void *shared) {
  const size_t size = tile_state_size(problem), queries = tile_block_queries(problem);
  const size_t which = part % 2, row = part / 2 * TILE_PART, chunk = problem->tile_q;
  const rows_bf16 key = tile_operand(operands, which ? LKV_KV : LKV_KK, 0);
  const rows_bf16 value = tile_operand(operands, which ? LKV_VV : LKV_VK, 0);
  arena a = {.base = workspace};
  tile_work w;
  tile_layout(problem, &a, &w);
  const size_t rows = size_min(TILE_PART, w.d - row), count = rows * w.width;

  for (size_t block = 1; block < tile_block_count(problem); block++) {
    /* The states before the block before, and that block's tokens. */
    f32 *s = (f32 *)shared + (2 * (block - 1) + which) * size;
    f32 *z = s + w.d * w.width + row;
    if (block == 1) {
      memset(s + row * w.width, 0, count * sizeof(f32));
      memset(z, 0, rows * sizeof(f32));
    } else {
      memcpy(s + row * w.width, s + row * w.width - 2 * size, count * sizeof(f32));
      memcpy(z, z - 2 * size, rows * sizeof(f32));
    }
    const size_t first = (block - 1) * queries, last = block * queries;
    for (size_t j = first; j < last; j += chunk)
      tile_state_add_rows(&w, s, row, rows, key, value, j, j + size_min(chunk, last - j));
    for (size_t j = first; j < last; j++)
      for (size_t c = 0; c < rows; c++)
        z[c] += lkv_bfloat16_widen(row_bf16(key, j)[row + c]);
  }
  return LKV_OK;
}

static void tile_state_load(const tile_work *w, const tile_state *state,
                            const f32 *from) {
  memcpy(state->s, from, w->d * w->width * sizeof(f32));
  memset(state->z, 0, w->width * sizeof(f32));
  memcpy(state->z, from + w->d * w->width, w->d * sizeof(f32));
}

static lkv_status tile_attend_block(const lkv_problem *problem,
                                    const lkv_operands *operands, const void *shared,
                                    size_t block, void *workspace, lkv_output y) {
  const size_t size = tile_state_size(problem), queries = tile_block_queries(problem);
  const size_t first = block * queries;
  const size_t last = first + size_min(queries, problem->seq_len - first);
  arena a = {.base = workspace};
  tile_work w;
  tile_layout(problem, &a, &w);
  if (block == 0) {
    tile_state_clear(&w, &w.k);
    tile_state_clear(&w, &w.v);
  } else {
    const f32 *state = (const f32 *)shared + 2 * (block - 1) * size;
    tile_state_load(&w, &w.k, state);
    tile_state_load(&w, &w.v, state + size);
  }
  tile_queries(&w, problem, operands, first, last, y);
  return LKV_OK;
}

static const lkv_blocks tile_blocks = {
    .count = tile_block_count,
    .shared_bytes = tile_shared_bytes,
    .parts = tile_parts,
    .prepare = tile_prepare,
    .attend = tile_attend_block,
};
