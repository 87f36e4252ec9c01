/* The vocabulary (simd/inline.h) in portable C: the compiler's vectors, of 16 bytes or
 * what the including file defines as SCALAR_BYTES. */
#ifndef SIMD_SCALAR_H
#define SIMD_SCALAR_H

#include <string.h>

#include "simd/inline.h"

#ifndef SCALAR_BYTES
#define SCALAR_BYTES 16
#endif
#ifndef SIMD_REGISTERS
#define SIMD_REGISTERS 16
#endif

typedef f32 vec_f32 __attribute__((vector_size(SCALAR_BYTES)));
typedef int32_t mask_f32 __attribute__((vector_size(SCALAR_BYTES)));

enum { LANES_f32 = SCALAR_BYTES / sizeof(f32) };

SIMD_INLINE vec_f32 set_f32(f32 x) {
  vec_f32 v;
  for (int k = 0; k < LANES_f32; k++) v[k] = x;
  return v;
}

SIMD_INLINE vec_f32 loadu_f32(const f32 *p) {
  vec_f32 v;
  memcpy(&v, p, sizeof v);
  return v;
}

SIMD_INLINE vec_f32 load_f32(const f32 *p) {
  return loadu_f32(p);
}

SIMD_INLINE void store_f32(f32 *p, vec_f32 x) {
  memcpy(p, &x, sizeof x);
}

SIMD_INLINE vec_f32 add_f32(vec_f32 a, vec_f32 b) {
  return a + b;
}

SIMD_INLINE vec_f32 sub_f32(vec_f32 a, vec_f32 b) {
  return a - b;
}

SIMD_INLINE vec_f32 mul_f32(vec_f32 a, vec_f32 b) {
  return a * b;
}

SIMD_INLINE vec_f32 div_f32(vec_f32 a, vec_f32 b) {
  return a / b;
}

/* The product is exact in float64: as good as one rounding, where the CPU has no fma. */
SIMD_INLINE vec_f32 fma_f32(vec_f32 a, vec_f32 b, vec_f32 c) {
  typedef f64 wide __attribute__((vector_size(2 * SCALAR_BYTES)));
  return __builtin_convertvector(
      __builtin_convertvector(a, wide) * __builtin_convertvector(b, wide) +
          __builtin_convertvector(c, wide),
      vec_f32);
}

SIMD_INLINE vec_f32 mac_f32(vec_f32 a, vec_f32 b, vec_f32 c) {
  return a * b + c;
}

SIMD_INLINE mask_f32 less_f32(vec_f32 a, vec_f32 b) {
  return a < b;
}

SIMD_INLINE mask_f32 equal_f32(vec_f32 a, vec_f32 b) {
  return a == b;
}

SIMD_INLINE vec_f32 select_f32(mask_f32 m, vec_f32 a, vec_f32 b) {
  return (vec_f32)(((mask_f32)a & m) | ((mask_f32)b & ~m));
}

SIMD_INLINE vec_f32 keep_f32(mask_f32 m, vec_f32 x) {
  return (vec_f32)((mask_f32)x & m);
}

SIMD_INLINE vec_f32 max_f32(vec_f32 a, vec_f32 b) {
  return select_f32(a > b, a, b);
}

SIMD_INLINE bool all_f32(mask_f32 m) {
  bool all = true;
  for (int k = 0; k < LANES_f32; k++) all = all && m[k];
  return all;
}

SIMD_INLINE mask_f32 from_f32(ptrdiff_t first) {
  mask_f32 m;
  for (int k = 0; k < LANES_f32; k++) m[k] = k >= first ? -1 : 0;
  return m;
}

SIMD_INLINE vec_f32 raise_f32(vec_f32 p, vec_f32 shifted) {
  typedef uint32_t bits __attribute__((vector_size(SCALAR_BYTES)));
  return (vec_f32)((bits)p + ((bits)shifted << EXP2_SHIFT_f32));
}

SIMD_INLINE vec_f32 pin_f32(vec_f32 x) {
  return x;
}

SIMD_INLINE void transpose_f32(vec_f32 v[LANES_f32]) {
  for (int i = 0; i < LANES_f32; i++)
    for (int k = 0; k < i; k++) {
      const f32 swap = v[i][k];
      v[i][k] = v[k][i];
      v[k][i] = swap;
    }
}

typedef f64 vec_f64 __attribute__((vector_size(SCALAR_BYTES)));
typedef int64_t mask_f64 __attribute__((vector_size(SCALAR_BYTES)));

enum { LANES_f64 = SCALAR_BYTES / sizeof(f64) };

SIMD_INLINE vec_f64 set_f64(f64 x) {
  vec_f64 v;
  for (int k = 0; k < LANES_f64; k++) v[k] = x;
  return v;
}

SIMD_INLINE vec_f64 loadu_f64(const f64 *p) {
  vec_f64 v;
  memcpy(&v, p, sizeof v);
  return v;
}

SIMD_INLINE vec_f64 load_f64(const f64 *p) {
  return loadu_f64(p);
}

SIMD_INLINE void store_f64(f64 *p, vec_f64 x) {
  memcpy(p, &x, sizeof x);
}

SIMD_INLINE vec_f64 add_f64(vec_f64 a, vec_f64 b) {
  return a + b;
}

SIMD_INLINE vec_f64 sub_f64(vec_f64 a, vec_f64 b) {
  return a - b;
}

SIMD_INLINE vec_f64 mul_f64(vec_f64 a, vec_f64 b) {
  return a * b;
}

SIMD_INLINE vec_f64 div_f64(vec_f64 a, vec_f64 b) {
  return a / b;
}

SIMD_INLINE vec_f64 fma_f64(vec_f64 a, vec_f64 b, vec_f64 c) {
  return a * b + c;
}

SIMD_INLINE vec_f64 mac_f64(vec_f64 a, vec_f64 b, vec_f64 c) {
  return a * b + c;
}

SIMD_INLINE mask_f64 less_f64(vec_f64 a, vec_f64 b) {
  return a < b;
}

SIMD_INLINE mask_f64 equal_f64(vec_f64 a, vec_f64 b) {
  return a == b;
}

SIMD_INLINE vec_f64 select_f64(mask_f64 m, vec_f64 a, vec_f64 b) {
  return (vec_f64)(((mask_f64)a & m) | ((mask_f64)b & ~m));
}

SIMD_INLINE vec_f64 keep_f64(mask_f64 m, vec_f64 x) {
  return (vec_f64)((mask_f64)x & m);
}

SIMD_INLINE vec_f64 max_f64(vec_f64 a, vec_f64 b) {
  return select_f64(a > b, a, b);
}

SIMD_INLINE bool all_f64(mask_f64 m) {
  bool all = true;
  for (int k = 0; k < LANES_f64; k++) all = all && m[k];
  return all;
}

SIMD_INLINE mask_f64 from_f64(ptrdiff_t first) {
  mask_f64 m;
  for (int k = 0; k < LANES_f64; k++) m[k] = k >= first ? -1 : 0;
  return m;
}

SIMD_INLINE vec_f64 raise_f64(vec_f64 p, vec_f64 shifted) {
  typedef uint64_t bits __attribute__((vector_size(SCALAR_BYTES)));
  return (vec_f64)((bits)p + ((bits)shifted << EXP2_SHIFT_f64));
}

SIMD_INLINE vec_f64 pin_f64(vec_f64 x) {
  return x;
}

SIMD_INLINE void transpose_f64(vec_f64 v[LANES_f64]) {
  for (int i = 0; i < LANES_f64; i++)
    for (int k = 0; k < i; k++) {
      const f64 swap = v[i][k];
      v[i][k] = v[k][i];
      v[k][i] = swap;
    }
}

#define REAL f32
#include "simd/exp2_template.h"
#undef REAL
#define REAL f64
#include "simd/exp2_template.h"
#undef REAL

#endif
