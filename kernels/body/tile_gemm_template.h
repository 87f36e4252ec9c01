/* The two products of a tile, over a vocabulary, of type REAL: a template, included once
 * a type. Queries lie in the lanes, a panel is PANEL = 2 vecs of them; the other factor
 * is broadcast an element at a time, row-major, as it comes.
 *
 *   dot         out[i][q]  = sum_c x[i][c] panel[c][q]
 *   accumulate  out[c][q] += sum_i x[i][c] w[i][q]
 *
 * Loops: blocks of rows i (dot) or columns c (accumulate), as many as the registers hold
 * two accumulators for; within a block the sum. Blocks are of constant size: an
 * accumulator array sized by a parameter would live in memory. */
#include <assert.h>

#include "simd/inline.h"

enum {
  PANEL = 2 * LANES,                   /* queries */
  BLOCK = SIMD_REGISTERS >= 32 ? 8 : 6 /* rows or columns at once */
};

/* Rows of a matrix; row i is the index[i]th where `index` is not NULL. */
typedef struct ROWS {
  const REAL *data;
  size_t stride;
  const size_t *index;
} ROWS;

SIMD_INLINE const REAL *T(row)(ROWS x, size_t i) {
  return x.data + (x.index ? x.index[i] : i) * x.stride;
}

/* Size of the next block of `left` where at most `most` fit: no small block at the end.
 */
SIMD_INLINE size_t T(block)(size_t left, size_t most) {
  if (left <= most) return left;
  return left < 2 * most ? (left + 1) / 2 : most;
}

/* acc[i][h] += row[i][c] panel[c][half h], h >= half. */
SIMD_INLINE void T(dot_column)(VEC acc[][2], const REAL *const row[], size_t block,
                               const REAL *panel, size_t c, size_t half) {
  const REAL *at = panel + c * PANEL;
  VEC side[2];
  SIMD_UNROLL
  for (size_t h = half; h < 2; h++) side[h] = T(pin)(T(load)(at + h * LANES));
  SIMD_UNROLL
  for (size_t i = 0; i < block; i++) {
    const VEC element = T(pin)(T(set)(row[i][c]));
    SIMD_UNROLL
    for (size_t h = half; h < 2; h++) acc[i][h] = T(mac)(element, side[h], acc[i][h]);
  }
}

SIMD_INLINE void T(dot_columns)(VEC acc[][2], const REAL *const row[], size_t block,
                                const REAL *panel, size_t d, size_t half) {
  SIMD_UNROLL_4
  for (size_t c = 0; c < d; c++) T(dot_column)(acc, row, block, panel, c, half);
}

SIMD_INLINE void T(dot_start)(VEC acc[][2], const REAL *row[], ROWS x, size_t first,
                              size_t block) {
  SIMD_UNROLL
  for (size_t i = 0; i < block; i++) {
    row[i] = T(row)(x, first + i);
    acc[i][0] = acc[i][1] = T(set)(0);
  }
}

SIMD_INLINE void T(dot_store)(REAL *out, size_t out_stride, ROWS x, size_t first,
                              size_t block, const REAL *panel, size_t d, size_t half) {
  VEC acc[BLOCK][2];
  const REAL *row[BLOCK];
  T(dot_start)(acc, row, x, first, block);
  T(dot_columns)(acc, row, block, panel, d, half);
  SIMD_UNROLL
  for (size_t i = 0; i < block; i++) SIMD_UNROLL
  for (size_t h = half; h < 2; h++)
    T(store)(out + (first + i) * out_stride + h * LANES, acc[i][h]);
}

SIMD_INLINE void T(dot_rows)(REAL *out, size_t out_stride, ROWS x, size_t first,
                             size_t last, const REAL *panel, size_t d, size_t half) {
  size_t size;
  assert(!x.index);
  x.index = NULL;
  for (size_t i = first; i < last; i += size) {
    size = T(block)(last - i, BLOCK);
    switch (size) {
#define DOT_CASE(n)                                         \
  case n:                                                   \
    T(dot_store)(out, out_stride, x, i, n, panel, d, half); \
    break
      DOT_CASE(1);
      DOT_CASE(2);
      DOT_CASE(3);
      DOT_CASE(4);
      DOT_CASE(5);
      DOT_CASE(6);
#if SIMD_REGISTERS >= 32
      DOT_CASE(7);
      DOT_CASE(8);
#endif
#undef DOT_CASE
    }
  }
}

/* out[i][q] = sum_c x[i][c] panel[c][q], i < count. */
SIMD_OUTLINE void T(dot)(REAL *out, size_t out_stride, ROWS x, size_t count,
                         const REAL *panel, size_t d) {
  T(dot_rows)(out, out_stride, x, 0, count, panel, d, 0);
}

/* The same of rows first .. last - 1, in the high half of the lanes. */
SIMD_OUTLINE void T(dot_high)(REAL *out, size_t out_stride, ROWS x, size_t first,
                              size_t last, const REAL *panel, size_t d) {
  T(dot_rows)(out, out_stride, x, first, last, panel, d, 1);
}

/* Of `count` rows of which the first is seen from lane `lane` on and each by one lane
 * fewer: how many any lane of the low half sees. */
SIMD_INLINE size_t T(seen_low)(size_t count, ptrdiff_t lane) {
  const ptrdiff_t seen = LANES - lane;
  return seen < 0 ? 0 : (size_t)seen < count ? (size_t)seen : count;
}

/* acc[c][h] += x[i][column + c] w[i][half h], h >= half. */
SIMD_INLINE void T(accumulate_row)(VEC acc[][2], ROWS x, size_t column, size_t block,
                                   const REAL *w, size_t w_stride, size_t i,
                                   size_t half) {
  const REAL *row = T(row)(x, i) + column, *at = w + i * w_stride;
  VEC side[2];
  SIMD_UNROLL
  for (size_t h = half; h < 2; h++) side[h] = T(pin)(T(loadu)(at + h * LANES));
  SIMD_UNROLL
  for (size_t c = 0; c < block; c++) {
    const VEC element = T(pin)(T(set)(row[c]));
    SIMD_UNROLL
    for (size_t h = half; h < 2; h++) acc[c][h] = T(mac)(element, side[h], acc[c][h]);
  }
}

/* The same where row i counts for the lanes >= lane + i alone, whatever it holds. */
SIMD_INLINE void T(accumulate_seen)(VEC acc[][2], ROWS x, size_t column, size_t block,
                                    const REAL *w, size_t w_stride, size_t i,
                                    ptrdiff_t lane) {
  const REAL *row = T(row)(x, i) + column, *at = w + i * w_stride;
  const ptrdiff_t from = lane + (ptrdiff_t)i;
  const MASK see_low = T(from)(from), see_high = T(from)(from - (ptrdiff_t)LANES);
  const VEC low = T(loadu)(at), high = T(loadu)(at + LANES);
  SIMD_UNROLL
  for (size_t c = 0; c < block; c++) {
    const VEC element = T(set)(row[c]);
    acc[c][0] = T(mac)(T(keep)(see_low, element), low, acc[c][0]);
    acc[c][1] = T(mac)(T(keep)(see_high, element), high, acc[c][1]);
  }
}

/* Over `count` rows, of which the low half of the lanes takes the first `low`; each from
 * its lane on where `masked`. */
SIMD_INLINE void T(accumulate_block)(REAL *out, size_t out_stride, ROWS x, size_t column,
                                     size_t block, const REAL *w, size_t w_stride,
                                     size_t low, size_t count, bool masked,
                                     ptrdiff_t lane) {
  VEC acc[BLOCK][2];
  SIMD_UNROLL
  for (size_t c = 0; c < block; c++) {
    acc[c][0] = T(load)(out + c * out_stride);
    acc[c][1] = T(load)(out + c * out_stride + LANES);
  }
  if (masked) {
    for (size_t i = 0; i < count; i++)
      T(accumulate_seen)(acc, x, column, block, w, w_stride, i, lane);
  } else {
    SIMD_UNROLL_4
    for (size_t i = 0; i < low; i++)
      T(accumulate_row)(acc, x, column, block, w, w_stride, i, 0);
    SIMD_UNROLL_4
    for (size_t i = low; i < count; i++)
      T(accumulate_row)(acc, x, column, block, w, w_stride, i, 1);
  }
  SIMD_UNROLL
  for (size_t c = 0; c < block; c++) {
    T(store)(out + c * out_stride, acc[c][0]);
    T(store)(out + c * out_stride + LANES, acc[c][1]);
  }
}

SIMD_INLINE void T(accumulate_columns)(REAL *out, size_t out_stride, ROWS x,
                                       size_t columns, const REAL *w, size_t w_stride,
                                       size_t low, size_t count, bool masked,
                                       ptrdiff_t lane) {
  size_t size;
  for (size_t c = 0; c < columns; c += size) {
    REAL *at = out + c * out_stride;
    size = T(block)(columns - c, BLOCK);
    switch (size) {
#define ACCUMULATE_CASE(n)                                                               \
  case n:                                                                                \
    T(accumulate_block)(at, out_stride, x, c, n, w, w_stride, low, count, masked, lane); \
    break
      ACCUMULATE_CASE(1);
      ACCUMULATE_CASE(2);
      ACCUMULATE_CASE(3);
      ACCUMULATE_CASE(4);
      ACCUMULATE_CASE(5);
      ACCUMULATE_CASE(6);
#if SIMD_REGISTERS >= 32
      ACCUMULATE_CASE(7);
      ACCUMULATE_CASE(8);
#endif
#undef ACCUMULATE_CASE
    }
  }
}

/* out[c][q] += sum_i x[i][c] w[i][q], c < columns, i < count. */
SIMD_OUTLINE void T(accumulate)(REAL *out, size_t out_stride, ROWS x, size_t columns,
                                const REAL *w, size_t w_stride, size_t count) {
  assert(!x.index);
  x.index = NULL;
  T(accumulate_columns)(out, out_stride, x, columns, w, w_stride, count, count, false, 0);
}

/* The same of listed rows. */
SIMD_OUTLINE void T(accumulate_listed)(REAL *out, size_t out_stride, ROWS x,
                                       size_t columns, const REAL *w, size_t w_stride,
                                       size_t count) {
  assert(x.index);
  if (!x.index) return;
  T(accumulate_columns)(out, out_stride, x, columns, w, w_stride, count, count, false, 0);
}

SIMD_OUTLINE void T(accumulate_lower)(REAL *out, size_t out_stride, ROWS x,
                                      size_t columns, const REAL *w, size_t w_stride,
                                      size_t count, ptrdiff_t lane) {
  assert(!x.index);
  x.index = NULL;
  T(accumulate_columns)
  (out, out_stride, x, columns, w, w_stride, T(seen_low)(count, lane), count, false,
   lane);
}

SIMD_OUTLINE void T(accumulate_masked)(REAL *out, size_t out_stride, ROWS x,
                                       size_t columns, const REAL *w, size_t w_stride,
                                       size_t count, ptrdiff_t lane) {
  T(accumulate_columns)
  (out, out_stride, x, columns, w, w_stride, count, count, true, lane);
}

/* Whether x[i][c], i < count, c < columns, are all finite: 0 times each is 0. */
SIMD_OUTLINE bool T(all_finite)(ROWS x, size_t count, size_t columns) {
  VEC sum[2] = {T(set)(0), T(set)(0)};
  REAL rest = 0;
  for (size_t i = 0; i < count; i++) {
    const REAL *row = T(row)(x, i);
    size_t c = 0;
    for (; c + PANEL <= columns; c += PANEL) {
      sum[0] = T(fma)(T(loadu)(row + c), T(set)(0), sum[0]);
      sum[1] = T(fma)(T(loadu)(row + c + LANES), T(set)(0), sum[1]);
    }
    for (; c < columns; c++) rest += row[c] * 0;
  }
  return rest == 0 && T(all)(T(equal)(T(add)(sum[0], sum[1]), T(set)(0)));
}

/* out[c][q] += sum_i x[i][c] w[i][q] where query q sees row i from lane lane + i on; w is
 * 0 in the lanes below. Those zeros keep out what is finite; a row with NaN or infinity
 * is masked. */
static inline void T(accumulate_causal)(REAL *out, size_t out_stride, ROWS x,
                                        size_t columns, const REAL *w, size_t w_stride,
                                        size_t count, ptrdiff_t lane) {
  if (T(all_finite)(x, count, columns))
    T(accumulate_lower)(out, out_stride, x, columns, w, w_stride, count, lane);
  else
    T(accumulate_masked)(out, out_stride, x, columns, w, w_stride, count, lane);
}

/* The largest |x[i][c]|, i < count, c < columns; NaN is left out. */
SIMD_OUTLINE REAL T(largest)(ROWS x, size_t count, size_t columns) {
  _Alignas(64) REAL lane[LANES];
  const VEC zero = T(set)(0);
  VEC most = zero;
  REAL largest = 0;
  for (size_t i = 0; i < count; i++) {
    const REAL *row = T(row)(x, i);
    size_t c = 0;
    for (; c + LANES <= columns; c += LANES) {
      const VEC at = T(loadu)(row + c);
      most = T(max)(T(sub)(zero, at), T(max)(at, most));
    }
    for (; c < columns; c++) {
      const REAL at = row[c] < 0 ? -row[c] : row[c];
      if (at > largest) largest = at;
    }
  }
  T(store)(lane, most);
  for (size_t k = 0; k < LANES; k++)
    if (lane[k] > largest) largest = lane[k];
  return largest;
}

/* w[i][q] becomes `instead` in the lanes below lane + i. */
SIMD_OUTLINE void T(hide)(REAL *w, size_t count, ptrdiff_t lane, REAL instead) {
  for (size_t i = 0; i < count; i++)
    for (size_t h = 0; h < PANEL; h += LANES) {
      REAL *at = w + i * PANEL + h;
      const MASK seen = T(from)(lane + (ptrdiff_t)i - (ptrdiff_t)h);
      T(store)
      (at, T(select)(seen, T(load)(at), T(set)(instead)));
    }
}

/* panel[c][q] = rows[q][c], c < width, a multiple of LANES; PANEL rows. */
SIMD_OUTLINE void T(to_panel)(REAL *panel, size_t panel_stride, const REAL *rows,
                              size_t width) {
  VEC v[LANES];
  for (size_t h = 0; h < PANEL; h += LANES)
    for (size_t c = 0; c < width; c += LANES) {
      SIMD_UNROLL
      for (size_t i = 0; i < LANES; i++) v[i] = T(load)(rows + (h + i) * width + c);
      T(transpose)(v);
      SIMD_UNROLL
      for (size_t i = 0; i < LANES; i++)
        T(store)(panel + (c + i) * panel_stride + h, v[i]);
    }
}

/* rows[q][c] = panel[c][q]. */
SIMD_OUTLINE void T(from_panel)(REAL *rows, size_t width, const REAL *panel) {
  VEC v[LANES];
  for (size_t h = 0; h < PANEL; h += LANES)
    for (size_t c = 0; c < width; c += LANES) {
      SIMD_UNROLL
      for (size_t i = 0; i < LANES; i++) v[i] = T(load)(panel + (c + i) * PANEL + h);
      T(transpose)(v);
      SIMD_UNROLL
      for (size_t i = 0; i < LANES; i++) T(store)(rows + (h + i) * width + c, v[i]);
    }
}
