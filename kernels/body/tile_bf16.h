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

#include "body/tile_gemm_bf16.h"

#define REAL  f32
#define STATE f32

#include "body/tile_prefix_bf16.h"

enum { TILE_LOGITS = SIMD_REGISTERS >= 32 ? 4 : 3 }; /* keys a block of N and A */

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

/* w->weight = p of `count` keys; l += sum p. */
SIMD_OUTLINE void tile_exponentials(const tile_work *w, size_t count, const f32 *shift) {
  VEC sum[2] = {T(load)(w->sum), T(load)(w->sum + LANES)};
  tile_exponentials_rows(w->weight, sum, count, shift);
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
  tile_rescale(w->max, w->sum, w->g, w->d, highest, shift);
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
  tile_highest(w->weight, count, highest);
  tile_rescale(w->max, w->sum, w->g, w->d, highest, shift);
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
static void tile_queries(tile_work *w, const lkv_problem *problem,
                         const lkv_operands *operands, size_t first, size_t last,
                         lkv_output y) {
  size_t chunk_end;
  for (size_t chunk = first; chunk < last; chunk = chunk_end) {
    chunk_end = chunk + size_min(problem->tile_q, last - chunk);
    tile_state_reach(w, &w->k, operands, LKV_KK, LKV_VK, chunk);
    tile_state_reach(w, &w->v, operands, LKV_KV, LKV_VV, chunk);
    for (size_t t = chunk; t < chunk_end; t += PANEL)
      tile_panel(w, problem, operands, chunk, t, size_min(PANEL, chunk_end - t), y);
  }
}

#include "body/tile_blocks.h"
