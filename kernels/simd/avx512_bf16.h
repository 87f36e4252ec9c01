/* Pairs of bfloat16 (simd/scalar_bf16.h) in AVX-512 and AVX512-BF16. */
#ifndef SIMD_AVX512_BF16_H
#define SIMD_AVX512_BF16_H

#include "linkv/bfloat16.h"
#include "simd/avx512.h"

typedef __m512i vec_pairs;

SIMD_INLINE vec_pairs load_pairs(const uint32_t *p) {
  return _mm512_load_si512(p);
}

SIMD_INLINE void store_pairs(uint32_t *p, vec_pairs x) {
  _mm512_store_si512(p, x);
}

SIMD_INLINE vec_pairs set_pairs(uint32_t x) {
  return _mm512_set1_epi32((int)x);
}

SIMD_INLINE vec_f32 mac_pairs(vec_pairs a, vec_pairs b, vec_f32 c) {
#ifdef __AVX512BF16__
  __asm__("vdpbf16ps %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));
  return c;
#else
  return _mm512_dpbf16_ps(c, a, b);
#endif
}

/* Words 0, 16, 1, 17, ...: the two halves of a vector of bfloat16, low and high. */
SIMD_INLINE vec_pairs round_pairs(vec_f32 low, vec_f32 high) {
  const __m512i order = _mm512_set_epi32(0x001f000f, 0x001e000e, 0x001d000d, 0x001c000c,
                                         0x001b000b, 0x001a000a, 0x00190009, 0x00180008,
                                         0x00170007, 0x00160006, 0x00150005, 0x00140004,
                                         0x00130003, 0x00120002, 0x00110001, 0x00100000);
  return _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(high, low));
}

SIMD_INLINE vec_pairs keep_pairs(mask_f32 low, mask_f32 high, vec_pairs x) {
  const __m512i lows = _mm512_maskz_set1_epi32(low, 0xffff);
  const __m512i highs = _mm512_maskz_set1_epi32(high, (int)0xffff0000);
  return _mm512_and_si512(x, _mm512_or_si512(lows, highs));
}

SIMD_INLINE vec_pairs pin_pairs(vec_pairs x) {
  SIMD_PIN(x);
  return x;
}

SIMD_INLINE vec_f32 widen_f32(const uint16_t *p) {
  const __m512i words = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(words, 16));
}

SIMD_INLINE void narrow_f32(uint16_t *p, vec_f32 x) {
  _mm256_storeu_si256((__m256i *)p, (__m256i)_mm512_cvtneps_pbh(x));
}

#endif
