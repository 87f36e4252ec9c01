/* The vocabulary (simd/inline.h) in AVX2 and FMA. */
#ifndef SIMD_AVX2_H
#define SIMD_AVX2_H

#include <immintrin.h>

#include "simd/inline.h"

#define SIMD_REGISTERS 16

typedef __m256 vec_f32;
typedef __m256 mask_f32;
typedef __m256d vec_f64;
typedef __m256d mask_f64;

enum { LANES_f32 = 8, LANES_f64 = 4 };

SIMD_INLINE vec_f32 set_f32(f32 x) {
  return _mm256_set1_ps(x);
}

SIMD_INLINE vec_f32 load_f32(const f32 *p) {
  return _mm256_load_ps(p);
}

SIMD_INLINE vec_f32 loadu_f32(const f32 *p) {
  return _mm256_loadu_ps(p);
}

SIMD_INLINE void store_f32(f32 *p, vec_f32 x) {
  _mm256_store_ps(p, x);
}

SIMD_INLINE vec_f32 add_f32(vec_f32 a, vec_f32 b) {
  return _mm256_add_ps(a, b);
}

SIMD_INLINE vec_f32 sub_f32(vec_f32 a, vec_f32 b) {
  return _mm256_sub_ps(a, b);
}

SIMD_INLINE vec_f32 mul_f32(vec_f32 a, vec_f32 b) {
  return _mm256_mul_ps(a, b);
}

SIMD_INLINE vec_f32 div_f32(vec_f32 a, vec_f32 b) {
  return _mm256_div_ps(a, b);
}

SIMD_INLINE vec_f32 fma_f32(vec_f32 a, vec_f32 b, vec_f32 c) {
  return _mm256_fmadd_ps(a, b, c);
}

SIMD_INLINE vec_f32 max_f32(vec_f32 a, vec_f32 b) {
  return _mm256_max_ps(a, b);
}

SIMD_INLINE mask_f32 equal_f32(vec_f32 a, vec_f32 b) {
  return _mm256_cmp_ps(a, b, _CMP_EQ_OQ);
}

SIMD_INLINE mask_f32 less_f32(vec_f32 a, vec_f32 b) {
  return _mm256_cmp_ps(a, b, _CMP_LT_OQ);
}

SIMD_INLINE vec_f32 keep_f32(mask_f32 m, vec_f32 x) {
  return _mm256_and_ps(m, x);
}

SIMD_INLINE vec_f32 select_f32(mask_f32 m, vec_f32 a, vec_f32 b) {
  return _mm256_blendv_ps(b, a, m);
}

SIMD_INLINE bool all_f32(mask_f32 m) {
  return _mm256_movemask_ps(m) == 0xff;
}

SIMD_INLINE mask_f32 from_f32(ptrdiff_t first) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_castsi256_ps(_mm256_cmpgt_epi32(lane, _mm256_set1_epi32((int)first - 1)));
}

SIMD_INLINE vec_f32 raise_f32(vec_f32 p, vec_f32 shifted) {
  const __m256i n = _mm256_slli_epi32(_mm256_castps_si256(shifted), EXP2_SHIFT_f32);
  return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), n));
}

SIMD_INLINE vec_f32 mac_f32(vec_f32 a, vec_f32 b, vec_f32 c) {
  __asm__("vfmadd231ps %2, %1, %0" : "+x"(c) : "x"(a), "x"(b));
  return c;
}

SIMD_INLINE vec_f32 pin_f32(vec_f32 x) {
  __asm__("" : "+x"(x));
  return x;
}

/* Pairs, then pairs of pairs, then halves. */
SIMD_INLINE void transpose_f32(vec_f32 v[LANES_f32]) {
  vec_f32 a[LANES_f32], b[LANES_f32];
  SIMD_UNROLL
  for (int i = 0; i < 8; i += 2) {
    a[i] = _mm256_unpacklo_ps(v[i], v[i + 1]);
    a[i + 1] = _mm256_unpackhi_ps(v[i], v[i + 1]);
  }
  SIMD_UNROLL
  for (int i = 0; i < 8; i += 4) {
    b[i] = _mm256_shuffle_ps(a[i], a[i + 2], 0x44);
    b[i + 1] = _mm256_shuffle_ps(a[i], a[i + 2], 0xee);
    b[i + 2] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0x44);
    b[i + 3] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0xee);
  }
  SIMD_UNROLL
  for (int i = 0; i < 4; i++) {
    v[i] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x20);
    v[i + 4] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x31);
  }
}

SIMD_INLINE vec_f64 set_f64(f64 x) {
  return _mm256_set1_pd(x);
}

SIMD_INLINE vec_f64 load_f64(const f64 *p) {
  return _mm256_load_pd(p);
}

SIMD_INLINE vec_f64 loadu_f64(const f64 *p) {
  return _mm256_loadu_pd(p);
}

SIMD_INLINE void store_f64(f64 *p, vec_f64 x) {
  _mm256_store_pd(p, x);
}

SIMD_INLINE vec_f64 add_f64(vec_f64 a, vec_f64 b) {
  return _mm256_add_pd(a, b);
}

SIMD_INLINE vec_f64 sub_f64(vec_f64 a, vec_f64 b) {
  return _mm256_sub_pd(a, b);
}

SIMD_INLINE vec_f64 mul_f64(vec_f64 a, vec_f64 b) {
  return _mm256_mul_pd(a, b);
}

SIMD_INLINE vec_f64 div_f64(vec_f64 a, vec_f64 b) {
  return _mm256_div_pd(a, b);
}

SIMD_INLINE vec_f64 fma_f64(vec_f64 a, vec_f64 b, vec_f64 c) {
  return _mm256_fmadd_pd(a, b, c);
}

SIMD_INLINE vec_f64 max_f64(vec_f64 a, vec_f64 b) {
  return _mm256_max_pd(a, b);
}

SIMD_INLINE mask_f64 equal_f64(vec_f64 a, vec_f64 b) {
  return _mm256_cmp_pd(a, b, _CMP_EQ_OQ);
}

SIMD_INLINE mask_f64 less_f64(vec_f64 a, vec_f64 b) {
  return _mm256_cmp_pd(a, b, _CMP_LT_OQ);
}

SIMD_INLINE vec_f64 keep_f64(mask_f64 m, vec_f64 x) {
  return _mm256_and_pd(m, x);
}

SIMD_INLINE vec_f64 select_f64(mask_f64 m, vec_f64 a, vec_f64 b) {
  return _mm256_blendv_pd(b, a, m);
}

SIMD_INLINE bool all_f64(mask_f64 m) {
  return _mm256_movemask_pd(m) == 0xf;
}

SIMD_INLINE mask_f64 from_f64(ptrdiff_t first) {
  const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
  return _mm256_castsi256_pd(
      _mm256_cmpgt_epi64(lane, _mm256_set1_epi64x((long long)first - 1)));
}

SIMD_INLINE vec_f64 raise_f64(vec_f64 p, vec_f64 shifted) {
  const __m256i n = _mm256_slli_epi64(_mm256_castpd_si256(shifted), EXP2_SHIFT_f64);
  return _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(p), n));
}

SIMD_INLINE vec_f64 mac_f64(vec_f64 a, vec_f64 b, vec_f64 c) {
  __asm__("vfmadd231pd %2, %1, %0" : "+x"(c) : "x"(a), "x"(b));
  return c;
}

SIMD_INLINE vec_f64 pin_f64(vec_f64 x) {
  __asm__("" : "+x"(x));
  return x;
}

SIMD_INLINE void transpose_f64(vec_f64 v[LANES_f64]) {
  const vec_f64 a = _mm256_unpacklo_pd(v[0], v[1]);
  const vec_f64 b = _mm256_unpackhi_pd(v[0], v[1]);
  const vec_f64 c = _mm256_unpacklo_pd(v[2], v[3]);
  const vec_f64 d = _mm256_unpackhi_pd(v[2], v[3]);
  v[0] = _mm256_permute2f128_pd(a, c, 0x20);
  v[1] = _mm256_permute2f128_pd(b, d, 0x20);
  v[2] = _mm256_permute2f128_pd(a, c, 0x31);
  v[3] = _mm256_permute2f128_pd(b, d, 0x31);
}

#define REAL f32
#include "simd/exp2_template.h"
#undef REAL
#define REAL f64
#include "simd/exp2_template.h"
#undef REAL

#endif
