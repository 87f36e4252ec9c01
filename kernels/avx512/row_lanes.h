/* The vectors of body/row_panel.h in AVX-512. */
#ifndef AVX512_ROW_LANES_H
#define AVX512_ROW_LANES_H

#include "avx2/row_transpose.h"

/* Rows of a register block: 16 accumulators, whose FMAs broadcast from memory. */
enum { ROW_LANES = 16, ROW_BLOCK_FULL = 16, ROW_BLOCK_PART = 16 };

typedef __m512 row_vector;
typedef __mmask16 row_mask;

static inline row_vector row_zero(void) {
  return _mm512_setzero_ps();
}

static inline row_vector row_set(float x) {
  return _mm512_set1_ps(x);
}

/* Aligned to 64 bytes, as row_store. */
static inline row_vector row_load(const float *x) {
  return _mm512_load_ps(x);
}

static inline void row_store(float *to, row_vector x) {
  _mm512_store_ps(to, x);
}

static inline row_vector row_add(row_vector a, row_vector b) {
  return _mm512_add_ps(a, b);
}

static inline row_vector row_sub(row_vector a, row_vector b) {
  return _mm512_sub_ps(a, b);
}

static inline row_vector row_mul(row_vector a, row_vector b) {
  return _mm512_mul_ps(a, b);
}

static inline row_vector row_div(row_vector a, row_vector b) {
  return _mm512_div_ps(a, b);
}

/* a b + c */
static inline row_vector row_fma(row_vector a, row_vector b, row_vector c) {
  return _mm512_fmadd_ps(a, b, c);
}

/* The larger of `bound`, a number, and x; NaN where x is. */
static inline row_vector row_at_least(row_vector bound, row_vector x) {
  return _mm512_max_ps(bound, x);
}

/* The larger; NaN where either is. */
static inline row_vector row_max(row_vector a, row_vector b) {
  return _mm512_mask_mov_ps(_mm512_max_ps(a, b), _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q),
                            a);
}

/* Lanes `first` <= 16 and later. */
static inline row_mask row_from(size_t first) {
  return (row_mask)(0xffffU << first);
}

/* x, 0 outside the mask. */
static inline row_vector row_keep(row_mask mask, row_vector x) {
  return _mm512_maskz_mov_ps(mask, x);
}

/* a in the mask, b outside. */
static inline row_vector row_pick(row_mask mask, row_vector a, row_vector b) {
  return _mm512_mask_mov_ps(b, mask, a);
}

static inline row_vector row_round(row_vector x) {
  return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/* x 2^n, rounded once. */
static inline row_vector row_scale(row_vector x, row_vector n) {
  return _mm512_scalef_ps(x, n);
}

#endif
