/* An exponential that compilers vectorise. */
#ifndef BLAS_EXP_H
#define BLAS_EXP_H

#include <stdint.h>
#include <string.h>

static inline float blas_bits(int32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* x where it is at least -105, whose exponential rounds to 0, else that; NaN stays. */
static inline float blas_exp_clamp(float x) {
  return ((x > -105.0F) | (x != x)) ? x : -105.0F;
}

/* e^x for -105 <= x <= 0, at most 1 ulp where the compiler fuses a multiplication and an
 * addition: x = n ln 2 + r, |r| <= ln 2 / 2, e^r a polynomial of degree 6; 2^n in two
 * factors, for denormal results. */
static inline float blas_exp(float x) {
  const float to_integer =
      0x1.8p+23F; /* added, it rounds to an integer in the low bits */
  const float shifted = x * 0x1.715476p+0F + to_integer;
  const float n = shifted - to_integer;
  float r = x - n * 0x1.62e4p-1F;
  r = r - n * 0x1.7f7d1cp-20F;
  float e = 0x1.6a23c8p-10F;
  e = e * r + 0x1.123a20p-7F;
  e = e * r + 0x1.5558f2p-5F;
  e = e * r + 0x1.555492p-3F;
  e = e * r + 0x1.fffffcp-2F;
  e = e * r + 1;
  e = e * r + 1;
  int32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  const int32_t whole = (bits & 0x7fffff) - 0x400000, half = whole >> 1;
  return e * blas_bits((half + 127) * (1 << 23)) *
         blas_bits((whole - half + 127) * (1 << 23));
}

#endif
