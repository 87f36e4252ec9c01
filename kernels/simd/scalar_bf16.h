/* Pairs of bfloat16 in portable C. A vocabulary of pairs goes with one of simd/inline.h:
 * each lane of a vec_pairs holds two bfloat16, low and high, where a vec_f32 holds one
 * float32.
 *
 *   set_pairs load_pairs store_pairs   of 32-bit elements; aligned as those of f32
 *   mac_pairs(a, b, c)                 c + a.low b.low + a.high b.high, in float32
 *   round_pairs(low, high)             to nearest even; NaN stays NaN
 *   keep_pairs(low, high, x)           0 in place of the halves that a mask leaves out
 *   pin_pairs                          as pin
 *   widen_f32(p)                       LANES bfloat16, of any alignment, as vec_f32
 *   narrow_f32(p, x)                   the reverse, rounded
 *
 * Where mac_pairs is an instruction it takes and makes 0 in place of denormal numbers. */
#ifndef SIMD_SCALAR_BF16_H
#define SIMD_SCALAR_BF16_H

#include "linkv/bfloat16.h"
#include "simd/scalar.h"

typedef uint32_t vec_pairs __attribute__((vector_size(SCALAR_BYTES)));

SIMD_INLINE vec_pairs load_pairs(const uint32_t *p) {
  vec_pairs v;
  memcpy(&v, p, sizeof v);
  return v;
}

SIMD_INLINE void store_pairs(uint32_t *p, vec_pairs x) {
  memcpy(p, &x, sizeof x);
}

SIMD_INLINE vec_pairs set_pairs(uint32_t x) {
  vec_pairs v;
  for (int k = 0; k < LANES_f32; k++) v[k] = x;
  return v;
}

SIMD_INLINE vec_f32 mac_pairs(vec_pairs a, vec_pairs b, vec_f32 c) {
  const vec_f32 low = (vec_f32)(a << 16) * (vec_f32)(b << 16);
  const vec_f32 high = (vec_f32)(a & 0xffff0000u) * (vec_f32)(b & 0xffff0000u);
  return c + low + high;
}

/* In the upper half of each lane; the lower one holds what was cut off. */
SIMD_INLINE vec_pairs round_upper(vec_f32 x) {
  const vec_pairs bits = (vec_pairs)x;
  const vec_pairs nearest = bits + 0x7fff + (bits >> 16 & 1);
  const vec_pairs number = (vec_pairs)((bits & 0x7fffffff) <= 0x7f800000);
  return (nearest & number) | ((bits | 0x400000) & ~number);
}

SIMD_INLINE vec_pairs round_pairs(vec_f32 low, vec_f32 high) {
  return round_upper(low) >> 16 | (round_upper(high) & 0xffff0000u);
}

SIMD_INLINE vec_pairs keep_pairs(mask_f32 low, mask_f32 high, vec_pairs x) {
  return x & (((vec_pairs)low & 0xffff) | ((vec_pairs)high & 0xffff0000u));
}

SIMD_INLINE vec_pairs pin_pairs(vec_pairs x) {
  return x;
}

SIMD_INLINE vec_f32 widen_f32(const uint16_t *p) {
  vec_f32 v;
  for (int k = 0; k < LANES_f32; k++) v[k] = lkv_bfloat16_widen(p[k]);
  return v;
}

SIMD_INLINE void narrow_f32(uint16_t *p, vec_f32 x) {
  const vec_pairs upper = round_upper(x);
  for (int k = 0; k < LANES_f32; k++) p[k] = (uint16_t)(upper[k] >> 16);
}

#endif
