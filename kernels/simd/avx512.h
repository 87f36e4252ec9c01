/* The vocabulary (simd/inline.h) in AVX-512 F, BW, DQ and VL. Without the instructions
 * themselves, where something stands for the intrinsics, it goes without assembly. */
#ifndef SIMD_AVX512_H
#define SIMD_AVX512_H

#include <immintrin.h>

#include "simd/inline.h"

#define SIMD_REGISTERS 32

#ifdef __AVX512F__
#define SIMD_PIN(x) __asm__("" : "+v"(x))
#else
#define SIMD_PIN(x) (void)(x)
#endif

typedef __m512 vec_f32;
typedef __mmask16 mask_f32;

enum { LANES_f32 = 16 };

SIMD_INLINE vec_f32 set_f32(f32 x) {
  return _mm512_set1_ps(x);
}

SIMD_INLINE vec_f32 load_f32(const f32 *p) {
  return _mm512_load_ps(p);
}

SIMD_INLINE vec_f32 loadu_f32(const f32 *p) {
  return _mm512_loadu_ps(p);
}

SIMD_INLINE void store_f32(f32 *p, vec_f32 x) {
  _mm512_store_ps(p, x);
}

SIMD_INLINE vec_f32 add_f32(vec_f32 a, vec_f32 b) {
  return _mm512_add_ps(a, b);
}

SIMD_INLINE vec_f32 sub_f32(vec_f32 a, vec_f32 b) {
  return _mm512_sub_ps(a, b);
}

SIMD_INLINE vec_f32 mul_f32(vec_f32 a, vec_f32 b) {
  return _mm512_mul_ps(a, b);
}

SIMD_INLINE vec_f32 div_f32(vec_f32 a, vec_f32 b) {
  return _mm512_div_ps(a, b);
}

SIMD_INLINE vec_f32 fma_f32(vec_f32 a, vec_f32 b, vec_f32 c) {
  return _mm512_fmadd_ps(a, b, c);
}

SIMD_INLINE vec_f32 mac_f32(vec_f32 a, vec_f32 b, vec_f32 c) {
#ifdef __AVX512F__
  __asm__("vfmadd231ps %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));
  return c;
#else
  return _mm512_fmadd_ps(a, b, c);
#endif
}

SIMD_INLINE vec_f32 max_f32(vec_f32 a, vec_f32 b) {
  return _mm512_max_ps(a, b);
}

SIMD_INLINE mask_f32 less_f32(vec_f32 a, vec_f32 b) {
  return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}

SIMD_INLINE mask_f32 equal_f32(vec_f32 a, vec_f32 b) {
  return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
}

SIMD_INLINE vec_f32 keep_f32(mask_f32 m, vec_f32 x) {
  return _mm512_maskz_mov_ps(m, x);
}

SIMD_INLINE vec_f32 select_f32(mask_f32 m, vec_f32 a, vec_f32 b) {
  return _mm512_mask_mov_ps(b, m, a);
}

SIMD_INLINE bool all_f32(mask_f32 m) {
  return m == (mask_f32)-1;
}

SIMD_INLINE mask_f32 from_f32(ptrdiff_t first) {
  const ptrdiff_t hidden = first < 0 ? 0 : first > LANES_f32 ? LANES_f32 : first;
  const unsigned seen = ((1U << LANES_f32) - 1) >> hidden << hidden;
  return (mask_f32)seen;
}

SIMD_INLINE vec_f32 raise_f32(vec_f32 p, vec_f32 shifted) {
  const __m512i n = _mm512_slli_epi32(_mm512_castps_si512(shifted), EXP2_SHIFT_f32);
  return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p), n));
}

SIMD_INLINE vec_f32 pin_f32(vec_f32 x) {
  SIMD_PIN(x);
  return x;
}

/* Within each 128-bit block as in 4 x 4, then the blocks. */
SIMD_INLINE void transpose_f32(vec_f32 v[LANES_f32]) {
  vec_f32 a[LANES_f32], b[LANES_f32];
  SIMD_UNROLL
  for (int i = 0; i < 16; i += 2) {
    a[i] = _mm512_unpacklo_ps(v[i], v[i + 1]);
    a[i + 1] = _mm512_unpackhi_ps(v[i], v[i + 1]);
  }
  SIMD_UNROLL
  for (int i = 0; i < 16; i += 4) {
    b[i] = _mm512_shuffle_ps(a[i], a[i + 2], 0x44);
    b[i + 1] = _mm512_shuffle_ps(a[i], a[i + 2], 0xee);
    b[i + 2] = _mm512_shuffle_ps(a[i + 1], a[i + 3], 0x44);
    b[i + 3] = _mm512_shuffle_ps(a[i + 1], a[i + 3], 0xee);
  }
  SIMD_UNROLL
  for (int i = 0; i < 4; i++) {
    const vec_f32 even_low = _mm512_shuffle_f32x4(b[i], b[i + 4], 0x88);
    const vec_f32 odd_low = _mm512_shuffle_f32x4(b[i], b[i + 4], 0xdd);
    const vec_f32 even_high = _mm512_shuffle_f32x4(b[i + 8], b[i + 12], 0x88);
    const vec_f32 odd_high = _mm512_shuffle_f32x4(b[i + 8], b[i + 12], 0xdd);
    v[i] = _mm512_shuffle_f32x4(even_low, even_high, 0x88);
    v[i + 4] = _mm512_shuffle_f32x4(odd_low, odd_high, 0x88);
    v[i + 8] = _mm512_shuffle_f32x4(even_low, even_high, 0xdd);
    v[i + 12] = _mm512_shuffle_f32x4(odd_low, odd_high, 0xdd);
  }
}

typedef __m512d vec_f64;
typedef __mmask8 mask_f64;

enum { LANES_f64 = 8 };

SIMD_INLINE vec_f64 set_f64(f64 x) {
  return _mm512_set1_pd(x);
}

SIMD_INLINE vec_f64 load_f64(const f64 *p) {
  return _mm512_load_pd(p);
}

SIMD_INLINE vec_f64 loadu_f64(const f64 *p) {
  return _mm512_loadu_pd(p);
}

SIMD_INLINE void store_f64(f64 *p, vec_f64 x) {
  _mm512_store_pd(p, x);
}

SIMD_INLINE vec_f64 add_f64(vec_f64 a, vec_f64 b) {
  return _mm512_add_pd(a, b);
}

SIMD_INLINE vec_f64 sub_f64(vec_f64 a, vec_f64 b) {
  return _mm512_sub_pd(a, b);
}

SIMD_INLINE vec_f64 mul_f64(vec_f64 a, vec_f64 b) {
  return _mm512_mul_pd(a, b);
}

SIMD_INLINE vec_f64 div_f64(vec_f64 a, vec_f64 b) {
  return _mm512_div_pd(a, b);
}

SIMD_INLINE vec_f64 fma_f64(vec_f64 a, vec_f64 b, vec_f64 c) {
  return _mm512_fmadd_pd(a, b, c);
}

SIMD_INLINE vec_f64 mac_f64(vec_f64 a, vec_f64 b, vec_f64 c) {
#ifdef __AVX512F__
  __asm__("vfmadd231pd %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));
  return c;
#else
  return _mm512_fmadd_pd(a, b, c);
#endif
}

SIMD_INLINE vec_f64 max_f64(vec_f64 a, vec_f64 b) {
  return _mm512_max_pd(a, b);
}

SIMD_INLINE mask_f64 less_f64(vec_f64 a, vec_f64 b) {
  return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ);
}

SIMD_INLINE mask_f64 equal_f64(vec_f64 a, vec_f64 b) {
  return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ);
}

SIMD_INLINE vec_f64 keep_f64(mask_f64 m, vec_f64 x) {
  return _mm512_maskz_mov_pd(m, x);
}

SIMD_INLINE vec_f64 select_f64(mask_f64 m, vec_f64 a, vec_f64 b) {
  return _mm512_mask_mov_pd(b, m, a);
}

SIMD_INLINE bool all_f64(mask_f64 m) {
  return m == (mask_f64)-1;
}

SIMD_INLINE mask_f64 from_f64(ptrdiff_t first) {
  const ptrdiff_t hidden = first < 0 ? 0 : first > LANES_f64 ? LANES_f64 : first;
  const unsigned seen = ((1U << LANES_f64) - 1) >> hidden << hidden;
  return (mask_f64)seen;
}

SIMD_INLINE vec_f64 raise_f64(vec_f64 p, vec_f64 shifted) {
  const __m512i n = _mm512_slli_epi64(_mm512_castpd_si512(shifted), EXP2_SHIFT_f64);
  return _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(p), n));
}

SIMD_INLINE vec_f64 pin_f64(vec_f64 x) {
  SIMD_PIN(x);
  return x;
}

SIMD_INLINE void transpose_f64(vec_f64 v[LANES_f64]) {
  vec_f64 a[LANES_f64];
  SIMD_UNROLL
  for (int i = 0; i < 8; i += 2) {
    a[i] = _mm512_unpacklo_pd(v[i], v[i + 1]);
    a[i + 1] = _mm512_unpackhi_pd(v[i], v[i + 1]);
  }
  SIMD_UNROLL
  for (int i = 0; i < 2; i++) {
    const vec_f64 even_low = _mm512_shuffle_f64x2(a[i], a[i + 2], 0x88);
    const vec_f64 odd_low = _mm512_shuffle_f64x2(a[i], a[i + 2], 0xdd);
    const vec_f64 even_high = _mm512_shuffle_f64x2(a[i + 4], a[i + 6], 0x88);
    const vec_f64 odd_high = _mm512_shuffle_f64x2(a[i + 4], a[i + 6], 0xdd);
    v[i] = _mm512_shuffle_f64x2(even_low, even_high, 0x88);
    v[i + 2] = _mm512_shuffle_f64x2(odd_low, odd_high, 0x88);
    v[i + 4] = _mm512_shuffle_f64x2(even_low, even_high, 0xdd);
    v[i + 6] = _mm512_shuffle_f64x2(odd_low, odd_high, 0xdd);
  }
}

#define REAL f32
#include "simd/exp2_template.h"
#undef REAL
#define REAL f64
#include "simd/exp2_template.h"
#undef REAL

#endif
