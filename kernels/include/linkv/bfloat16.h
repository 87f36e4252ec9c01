/* bfloat16: the upper half of a float32, 8 bits of precision and float32's exponents. */
#ifndef LINKV_BFLOAT16_H
#define LINKV_BFLOAT16_H

#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* To nearest, ties to even; NaN stays NaN, what is beyond the largest becomes infinite.
 */
static inline uint16_t lkv_bfloat16_round(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  const uint32_t nearest = bits + 0x7fffu + (bits >> 16 & 1u);
  return (uint16_t)((x != x ? bits | 0x400000u : nearest) >> 16);
}

/* The same of a float64, rounded once: by way of a float32 whose last bit stands for all
 * that was cut off. */
static inline uint16_t lkv_bfloat16_round_f64(double x) {
  float narrow = (float)x;
  if (x == x && (double)narrow != x) {
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    const int away = x < 0 ? (double)narrow < x : (double)narrow > x;
    bits = (bits - (uint32_t)away) | 1u;
    memcpy(&narrow, &bits, sizeof narrow);
  }
  return lkv_bfloat16_round(narrow);
}

/* Exact. */
static inline float lkv_bfloat16_widen(uint16_t x) {
  const uint32_t bits = (uint32_t)x << 16;
  float wide;
  memcpy(&wide, &bits, sizeof wide);
  return wide;
}

#ifdef __cplusplus
}
#endif
#endif
