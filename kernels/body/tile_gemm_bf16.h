/* The products of a tile whose factors are bfloat16, over a vocabulary with pairs
 * (simd/scalar_bf16.h); sums in float32. As in tile_gemm_template.h queries lie in the
 * lanes, PANEL of them; here a panel holds two of what is summed over in each element:
 *
 *   dot         out[i][q]  = sum_p x[i][2p, 2p + 1] . panel[p][q]
 *   accumulate  out[c][q] += sum_p x[2p, 2p + 1][c] . w[p][q]
 *
 * dot takes rows as they come, two columns an element; accumulate wants two rows in one
 * (pack). The high half of an odd one out is 0. */
#ifndef BODY_TILE_GEMM_BF16_H
#define BODY_TILE_GEMM_BF16_H

#include "body/tile_gemm_f32.h"

#define REAL f32

typedef uint16_t bf16;

/* Element (i, c) is data[i * stride + c]. */
typedef struct rows_bf16 {
  const bf16 *data;
  size_t stride;
} rows_bf16;

SIMD_INLINE const bf16 *row_bf16(rows_bf16 x, size_t i) {
  return x.data + i * x.stride;
}

/* Two neighbours of a row, of any alignment. */
SIMD_INLINE uint32_t pair_at(const bf16 *p) {
  uint32_t pair;
  __builtin_memcpy(&pair, p, sizeof pair);
  return pair;
}

/* acc[i][h] += elements[i] . panel[half h]. */
SIMD_INLINE void pairs_step(VEC acc[][2], const uint32_t *elements, size_t block,
                            const uint32_t *panel) {
  const vec_pairs low = pin_pairs(load_pairs(panel));
  const vec_pairs high = pin_pairs(load_pairs(panel + LANES));
  SIMD_UNROLL
  for (size_t i = 0; i < block; i++) {
    const vec_pairs element = pin_pairs(set_pairs(elements[i]));
    acc[i][0] = mac_pairs(element, low, acc[i][0]);
    acc[i][1] = mac_pairs(element, high, acc[i][1]);
  }
}

/* acc[i][h] = sum_c row[i][c] panel[c][half h]. */
SIMD_INLINE void pairs_dot(VEC acc[][2], const bf16 *const row[], size_t block,
                           const uint32_t *panel, size_t d) {
  uint32_t elements[BLOCK];
  SIMD_UNROLL
  for (size_t i = 0; i < block; i++) acc[i][0] = acc[i][1] = T(set)(0);
  SIMD_UNROLL_4
  for (size_t p = 0; p < d / 2; p++) {
    SIMD_UNROLL
    for (size_t i = 0; i < block; i++) elements[i] = pair_at(row[i] + 2 * p);
    pairs_step(acc, elements, block, panel + p * PANEL);
  }
  if (d % 2 == 0) return;
  SIMD_UNROLL
  for (size_t i = 0; i < block; i++) elements[i] = row[i][d - 1];
  pairs_step(acc, elements, block, panel + d / 2 * PANEL);
}

SIMD_INLINE void pairs_dot_block(f32 *out, rows_bf16 x, size_t first, size_t block,
                                 const uint32_t *panel, size_t d) {
  VEC acc[BLOCK][2];
  const bf16 *row[BLOCK];
  SIMD_UNROLL
  for (size_t i = 0; i < block; i++) row[i] = row_bf16(x, first + i);
  pairs_dot(acc, row, block, panel, d);
  SIMD_UNROLL
  for (size_t i = 0; i < block; i++) {
    T(store)(out + (first + i) * PANEL, acc[i][0]);
    T(store)(out + (first + i) * PANEL + LANES, acc[i][1]);
  }
}

/* A call of `block` with a size of 1 .. BLOCK that the compiler knows. */
#if SIMD_REGISTERS >= 32
#define PAIRS_LARGER(block) \
  case 7:                   \
    block(7);               \
    break;                  \
  case 8:                   \
    block(8);               \
    break;
#else
#define PAIRS_LARGER(block)
#endif
#define PAIRS_SWITCH(size, block) \
  switch (size) {                 \
    case 1:                       \
      block(1);                   \
      break;                      \
    case 2:                       \
      block(2);                   \
      break;                      \
    case 3:                       \
      block(3);                   \
      break;                      \
    case 4:                       \
      block(4);                   \
      break;                      \
    case 5:                       \
      block(5);                   \
      break;                      \
    case 6:                       \
      block(6);                   \
      break;                      \
      PAIRS_LARGER(block)         \
  }

/* out[i][q], i < count, of a (count, PANEL) array. */
SIMD_OUTLINE void pairs_dot_rows(f32 *out, rows_bf16 x, size_t count,
                                 const uint32_t *panel, size_t d) {
  size_t size;
  for (size_t i = 0; i < count; i += size) {
    size = T(block)(count - i, BLOCK);
#define DOT_BLOCK(n) pairs_dot_block(out, x, i, n, panel, d)
    PAIRS_SWITCH(size, DOT_BLOCK)
#undef DOT_BLOCK
  }
}

/* As pairs_step, where the low half of an element counts for the lanes >= lane alone and
 * the high one for those >= lane + 1, whatever it holds. */
SIMD_INLINE void pairs_step_causal(VEC acc[][2], const uint32_t *elements, size_t block,
                                   const uint32_t *panel, ptrdiff_t lane) {
  SIMD_UNROLL
  for (size_t h = 0; h < 2; h++) {
    const ptrdiff_t first = lane - (ptrdiff_t)(h * LANES);
    const vec_pairs weight = load_pairs(panel + h * LANES);
    SIMD_UNROLL
    for (size_t c = 0; c < block; c++) {
      const vec_pairs element = set_pairs(elements[c]);
      acc[c][h] = mac_pairs(keep_pairs(T(from)(first), T(from)(first + 1), element),
                            weight, acc[c][h]);
    }
  }
}

SIMD_INLINE void pairs_accumulate_block(f32 *out, size_t out_stride, const uint32_t *x,
                                        size_t x_stride, size_t block, const uint32_t *w,
                                        size_t w_stride, size_t pairs, bool causal,
                                        ptrdiff_t first_lane) {
  VEC acc[BLOCK][2];
  SIMD_UNROLL
  for (size_t c = 0; c < block; c++) {
    acc[c][0] = T(load)(out + c * out_stride);
    acc[c][1] = T(load)(out + c * out_stride + LANES);
  }
  SIMD_UNROLL_4
  for (size_t p = 0; p < pairs; p++) {
    if (causal)
      pairs_step_causal(acc, x + p * x_stride, block, w + p * w_stride,
                        first_lane + 2 * (ptrdiff_t)p);
    else
      pairs_step(acc, x + p * x_stride, block, w + p * w_stride);
  }
  SIMD_UNROLL
  for (size_t c = 0; c < block; c++) {
    T(store)(out + c * out_stride, acc[c][0]);
    T(store)(out + c * out_stride + LANES, acc[c][1]);
  }
}

SIMD_INLINE void pairs_accumulate_columns(f32 *out, size_t out_stride, const uint32_t *x,
                                          size_t x_stride, size_t columns,
                                          const uint32_t *w, size_t w_stride,
                                          size_t pairs, bool causal,
                                          ptrdiff_t first_lane) {
  size_t size;
  for (size_t c = 0; c < columns; c += size) {
    size = T(block)(columns - c, BLOCK);
#define ACCUMULATE_BLOCK(n)                                                       \
  pairs_accumulate_block(out + c * out_stride, out_stride, x + c, x_stride, n, w, \
                         w_stride, pairs, causal, first_lane)
    PAIRS_SWITCH(size, ACCUMULATE_BLOCK)
#undef ACCUMULATE_BLOCK
  }
}

/* out[c][q] += sum_p x[p][c] . w[p][q], c < columns, p < pairs. */
SIMD_OUTLINE void pairs_accumulate(f32 *out, size_t out_stride, const uint32_t *x,
                                   size_t x_stride, size_t columns, const uint32_t *w,
                                   size_t w_stride, size_t pairs) {
  pairs_accumulate_columns(out, out_stride, x, x_stride, columns, w, w_stride, pairs,
                           false, 0);
}

/* The same, where row i counts for the lanes >= first_lane + i alone. */
SIMD_OUTLINE void pairs_accumulate_causal(f32 *out, size_t out_stride, const uint32_t *x,
                                          size_t x_stride, size_t columns,
                                          const uint32_t *w, size_t w_stride,
                                          size_t pairs, ptrdiff_t first_lane) {
  pairs_accumulate_columns(out, out_stride, x, x_stride, columns, w, w_stride, pairs,
                           true, first_lane);
}

/* Whether x[i][c], i < count, c < columns, are all finite. */
SIMD_OUTLINE bool all_finite_bf16(rows_bf16 x, size_t count, size_t columns) {
  unsigned found = 0;
  for (size_t i = 0; i < count; i++) {
    const bf16 *row = row_bf16(x, i);
    for (size_t c = 0; c < columns; c++) found |= (row[c] & 0x7f80u) == 0x7f80u;
  }
  return !found;
}

/* out[p][c] = rows 2p and 2p + 1 of x, c < columns; 0 from there to `width`. */
SIMD_OUTLINE void pack_bf16(uint32_t *restrict out, size_t width, rows_bf16 x,
                            size_t count, size_t columns) {
  for (size_t p = 0; 2 * p < count; p++) {
    const bf16 *low = row_bf16(x, 2 * p), *high = row_bf16(x, 2 * p + 1);
    uint32_t *restrict to = out + p * width;
    if (2 * p + 1 < count)
      for (size_t c = 0; c < columns; c++) to[c] = low[c] | (uint32_t)high[c] << 16;
    else
      for (size_t c = 0; c < columns; c++) to[c] = low[c];
    for (size_t c = columns; c < width; c++) to[c] = 0;
  }
}

/* out[p][c] = rows 2p and 2p + 1 of in (count, width), rounded; pair after pair, so that
 * `out` may be where `in` is. */
SIMD_OUTLINE void round_bf16(uint32_t *out, size_t out_stride, const f32 *in,
                             size_t count, size_t width) {
  for (size_t p = 0; 2 * p < count; p++)
    for (size_t c = 0; c < width; c += LANES) {
      const f32 *at = in + 2 * p * width + c;
      const VEC low = T(load)(at);
      const VEC high = 2 * p + 1 < count ? T(load)(at + width) : T(set)(0);
      store_pairs(out + p * out_stride + c, round_pairs(low, high));
    }
}

#undef REAL

#endif
