/* Element types of the bodies, and names that carry one: TYPED(dot, f32) is dot_f32. */
#ifndef BODY_TYPES_H
#define BODY_TYPES_H

#include <math.h>
#include <stddef.h>

#include "linkv/problem.h"

typedef float f32;
typedef double f64;

#define TYPED_PASTE(name, type) name##_##type
#define TYPED(name, type)       TYPED_PASTE(name, type)

/* Inlined, whatever the size. Where LKV_PLAIN is defined that is left to the compiler, as
 * is unrolling: with a sanitizer's checks or emulated vectors in each copy of a body it
 * takes minutes. What is read, written and computed is the same. */
#ifdef LKV_PLAIN
#define BODY_INLINE static inline
#else
#define BODY_INLINE static inline __attribute__((always_inline))
#endif

static inline f32 exp_f32(f32 x) {
  return expf(x);
}

static inline f64 exp_f64(f64 x) {
  return exp(x);
}

static inline const f32 *operand_row(const lkv_operands *operands, int which, size_t t) {
  return (const f32 *)operands->data[which] + t * operands->stride[which];
}

static inline f32 *output_row(lkv_output y, size_t t) {
  return (f32 *)y.data + t * y.stride;
}

#endif
