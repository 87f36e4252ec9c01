/* In place of the compiler's: AVX2 and AVX-512 by SIMDe, in portable C, so that kernels
 * of intrinsics that this CPU lacks are run all the same. What SIMDe (0.7.4) has not, or
 * has with another result, is here. */
#ifndef EMULATED_IMMINTRIN_H
#define EMULATED_IMMINTRIN_H

#define SIMDE_NO_NATIVE
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx2.h>
#include <simde/x86/avx512.h>
#include <simde/x86/fma.h>

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "linkv/bfloat16.h"

#define EMULATED static inline __attribute__((unused))

typedef simde__mmask8 __mmask8;
typedef simde__mmask16 __mmask16;

#ifndef _CMP_LT_OQ
#define _CMP_EQ_OQ   SIMDE_CMP_EQ_OQ
#define _CMP_LT_OQ   SIMDE_CMP_LT_OQ
#define _CMP_UNORD_Q SIMDE_CMP_UNORD_Q
#endif

#ifndef _MM_FROUND_NO_EXC
#define _MM_FROUND_TO_NEAREST_INT SIMDE_MM_FROUND_TO_NEAREST_INT
#define _MM_FROUND_NO_EXC         SIMDE_MM_FROUND_NO_EXC
#endif

enum { EMULATED_BLOCKS = 4 }; /* of 128 bits */

/* Of each block: elements 2 side and 2 side + 1 of a and b in turn. */
EMULATED __m512 emulated_unpack_ps(__m512 a, __m512 b, int side) {
  float x[16], y[16], out[16];
  memcpy(x, &a, sizeof x);
  memcpy(y, &b, sizeof y);
  for (int i = 0; i < 16; i += 4)
    for (int k = 0; k < 2; k++) {
      out[i + 2 * k] = x[i + 2 * side + k];
      out[i + 2 * k + 1] = y[i + 2 * side + k];
    }
  memcpy(&a, out, sizeof out);
  return a;
}

EMULATED __m512d emulated_unpack_pd(__m512d a, __m512d b, int side) {
  double x[8], y[8], out[8];
  memcpy(x, &a, sizeof x);
  memcpy(y, &b, sizeof y);
  for (int i = 0; i < 8; i += 2) {
    out[i] = x[i + side];
    out[i + 1] = y[i + side];
  }
  memcpy(&a, out, sizeof out);
  return a;
}

/* Of each block: two elements of a, then two of b, chosen by two bits each. */
EMULATED __m512 emulated_shuffle_ps(__m512 a, __m512 b, int choice) {
  float x[16], y[16], out[16];
  memcpy(x, &a, sizeof x);
  memcpy(y, &b, sizeof y);
  for (int i = 0; i < 16; i++) {
    const int from = i / 4 * 4 + (choice >> (i % 4 * 2) & 3);
    out[i] = i % 4 < 2 ? x[from] : y[from];
  }
  memcpy(&a, out, sizeof out);
  return a;
}

/* Two blocks of a, then two of b, chosen by two bits each. */
EMULATED void emulated_shuffle_blocks(const void *a, const void *b, void *out,
                                      int choice) {
  for (int i = 0; i < EMULATED_BLOCKS; i++)
    memcpy((char *)out + 16 * i,
           (const char *)(i < 2 ? a : b) + 16 * (choice >> (2 * i) & 3), 16);
}

EMULATED __m512 emulated_shuffle_f32x4(__m512 a, __m512 b, int choice) {
  __m512 out;
  emulated_shuffle_blocks(&a, &b, &out, choice);
  return out;
}

EMULATED __m512d emulated_shuffle_f64x2(__m512d a, __m512d b, int choice) {
  __m512d out;
  emulated_shuffle_blocks(&a, &b, &out, choice);
  return out;
}

EMULATED __m512i emulated_cvtepu16_epi32(__m256i a) {
  uint16_t x[16];
  uint32_t out[16];
  __m512i wide;
  memcpy(x, &a, sizeof x);
  for (int i = 0; i < 16; i++) out[i] = x[i];
  memcpy(&wide, out, sizeof wide);
  return wide;
}

/* Bfloat16: denormal numbers are 0, of what goes in and of what comes out. */

EMULATED float emulated_flush(float x) {
  return fabsf(x) < FLT_MIN ? copysignf(0, x) : x;
}

EMULATED __m256i emulated_cvtneps_pbh(__m512 a) {
  float x[16];
  uint16_t out[16];
  __m256i narrow;
  memcpy(x, &a, sizeof x);
  for (int i = 0; i < 16; i++) out[i] = lkv_bfloat16_round(emulated_flush(x[i]));
  memcpy(&narrow, out, sizeof narrow);
  return narrow;
}

/* b in the lower half, a in the upper one. */
EMULATED __m512i emulated_cvtne2ps_pbh(__m512 a, __m512 b) {
  const __m256i half[2] = {emulated_cvtneps_pbh(b), emulated_cvtneps_pbh(a)};
  __m512i out;
  memcpy(&out, half, sizeof out);
  return out;
}

EMULATED __m512 emulated_dpbf16_ps(__m512 c, __m512i a, __m512i b) {
  float sum[16];
  uint16_t x[32], y[32];
  memcpy(sum, &c, sizeof sum);
  memcpy(x, &a, sizeof x);
  memcpy(y, &b, sizeof y);
  for (int i = 31; i >= 0; i--) {
    const float left = emulated_flush(lkv_bfloat16_widen(x[i]));
    const float right = emulated_flush(lkv_bfloat16_widen(y[i]));
    sum[i / 2] = emulated_flush(emulated_flush(sum[i / 2]) + left * right);
  }
  memcpy(&c, sum, sizeof c);
  return c;
}

#undef _mm512_unpacklo_ps
#undef _mm512_unpackhi_ps
#undef _mm512_unpacklo_pd
#undef _mm512_unpackhi_pd
#undef _mm512_shuffle_ps
#undef _mm512_shuffle_f32x4
#undef _mm512_shuffle_f64x2
#undef _mm512_cvtepu16_epi32
#undef _mm512_dpbf16_ps
#define _mm512_unpacklo_ps(a, b) emulated_unpack_ps(a, b, 0)
#define _mm512_unpackhi_ps(a, b) emulated_unpack_ps(a, b, 1)
#define _mm512_unpacklo_pd(a, b) emulated_unpack_pd(a, b, 0)
#define _mm512_unpackhi_pd(a, b) emulated_unpack_pd(a, b, 1)
#define _mm512_shuffle_ps        emulated_shuffle_ps
#define _mm512_shuffle_f32x4     emulated_shuffle_f32x4
#define _mm512_shuffle_f64x2     emulated_shuffle_f64x2
#define _mm512_cvtepu16_epi32    emulated_cvtepu16_epi32
#define _mm512_cvtneps_pbh       emulated_cvtneps_pbh
#define _mm512_cvtne2ps_pbh      emulated_cvtne2ps_pbh
#define _mm512_dpbf16_ps         emulated_dpbf16_ps

#endif
