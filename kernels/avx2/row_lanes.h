/* The vectors of body/row_panel.h in AVX2 and FMA. */
#ifndef AVX2_ROW_LANES_H
#define AVX2_ROW_LANES_H

#include <stdint.h>

#include "avx2/row_transpose.h"

/* Rows of a register block: 6 x 2 accumulators, two vectors and a broadcast fill 15 of 16
 * registers; 8 x 1 hide the latency of an FMA. */
enum { ROW_LANES = 8, ROW_BLOCK_FULL = 6, ROW_BLOCK_PART = 8 };

typedef __m256 row_vector;
typedef __m256 row_mask;

static inline row_vector row_zero(void) {
  return _mm256_setzero_ps();
}

static inline row_vector row_set(float x) {
  return _mm256_set1_ps(x);
}

/* Aligned to 32 bytes, as row_store. */
static inline row_vector row_load(const float *x) {
  return _mm256_load_ps(x);
}

static inline void row_store(float *to, row_vector x) {
  _mm256_store_ps(to, x);
}

static inline row_vector row_add(row_vector a, row_vector b) {
  return _mm256_add_ps(a, b);
}

static inline row_vector row_sub(row_vector a, row_vector b) {
  return _mm256_sub_ps(a, b);
}

static inline row_vector row_mul(row_vector a, row_vector b) {
  return _mm256_mul_ps(a, b);
}

static inline row_vector row_div(row_vector a, row_vector b) {
  return _mm256_div_ps(a, b);
}

/* a b + c */
static inline row_vector row_fma(row_vector a, row_vector b, row_vector c) {
  return _mm256_fmadd_ps(a, b, c);
}

/* The larger of `bound`, a number, and x; NaN where x is. */
static inline row_vector row_at_least(row_vector bound, row_vector x) {
  return _mm256_max_ps(bound, x);
}

/* The larger; NaN where either is. */
static inline row_vector row_max(row_vector a, row_vector b) {
  return _mm256_blendv_ps(_mm256_max_ps(a, b), a, _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
}

/* Lanes `first` <= 8 and later. */
static inline row_mask row_from(size_t first) {
  static const int32_t ones[16] = {0,  0,  0,  0,  0,  0,  0,  0,
                                   -1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_loadu_ps((const float *)ones + 8 - first);
}

/* x, 0 outside the mask. */
static inline row_vector row_keep(row_mask mask, row_vector x) {
  return _mm256_and_ps(mask, x);
}

/* a in the mask, b outside. */
static inline row_vector row_pick(row_mask mask, row_vector a, row_vector b) {
  return _mm256_blendv_ps(b, a, mask);
}

static inline row_vector row_round(row_vector x) {
  return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/* 2^n, n an integer of [-126, 127]. */
static inline row_vector row_power(__m256i n) {
  return _mm256_castsi256_ps(
      _mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
}

/* x 2^n, rounded once, n an integer of [-252, 254]. */
static inline row_vector row_scale(row_vector x, row_vector n) {
  const __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1);
  return _mm256_mul_ps(_mm256_mul_ps(x, row_power(half)),
                       row_power(_mm256_sub_epi32(whole, half)));
}

#endif
