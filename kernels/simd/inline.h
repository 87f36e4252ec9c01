/* What every vocabulary shares: inlining, and the coefficients of exp2.
 *
 * A vocabulary (scalar.h, avx2.h, avx512.h) gives, for f32 and f64, names ending in _f32
 * and _f64: the types vec and mask, LANES elements to a vec, and
 *
 *   set load loadu store               store and load want a vec's own alignment
 *   add sub mul div fma                fma(a, b, c) = a b + c
 *   max                                max(a, b) = b where either is NaN
 *   less equal from all                masks; from(n): the lanes n, n + 1, ...
 *   keep select                        keep(m, x) = m ? x : 0
 *   raise                              p 2^n, n in the low bits of `shifted`
 *   exp2                               see below
 *   transpose                          LANES vecs in place
 *   mac                                fma in c's own register: the inner loops', where a
 *                                      compiler left to choose copies and spills
 *   pin                                a value the compiler may not move or duplicate
 *
 * and SIMD_REGISTERS, the vecs that fit the registers. A file includes one vocabulary.
 * Templates over it define REAL, f32 or f64.
 *
 * exp2(x), x <= 0 or NaN: x = n + r, n the nearest integer, |r| <= 1/2, 2^x = 2^n p(r).
 * p is minimax with p(0) = 1 and coefficients rounded one by one, to 3e-9 (f32) and
 * 1.8e-17 (f64); the
 * result is within 1 ulp. Below the smallest normal number 2^e it is not 2^x but some
 * number in [0, 2^e), and 0 from x = e - 1 down: the exponent's bits run out. */
#ifndef SIMD_INLINE_H
#define SIMD_INLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "body/types.h"

#define SIMD_INLINE BODY_INLINE

/* A function of its own, whether or not the including kernel calls it. */
#if defined(__clang__)
#define SIMD_OUTLINE static __attribute__((noinline, unused))
#else
#define SIMD_OUTLINE static __attribute__((noinline, noclone, unused))
#endif

/* A name of type REAL, and the types and sizes of one. */
#define T(name) TYPED(name, REAL)
#define VEC     TYPED(vec, REAL)
#define MASK    TYPED(mask, REAL)
#define LANES   TYPED(LANES, REAL)
#define PANEL   TYPED(panel, REAL)
#define BLOCK   TYPED(BLOCK, REAL)
#define ROWS    TYPED(rows, REAL)

/* Loops of constant length vanish. SIMD_UNROLL_4: four turns at a time, so that the end
 * of a loop is near enough for the branch predictor to remember. */
#if defined(LKV_PLAIN)
#define SIMD_UNROLL
#define SIMD_UNROLL_4
#elif defined(__clang__)
#define SIMD_UNROLL   _Pragma("clang loop unroll(full)")
#define SIMD_UNROLL_4 _Pragma("unroll(4)")
#else
#define SIMD_UNROLL   _Pragma("GCC unroll 32")
#define SIMD_UNROLL_4 _Pragma("GCC unroll 4")
#endif

/* At x = EXP2_LOWEST the exponent's bits reach 0, and p = 1 has no others.
 * x + EXP2_ROUND has n in the low bits of its mantissa; EXP2_SHIFT bits up is the
 * exponent. */
#define EXP2_ROUND_f32  0x1.8p23F
#define EXP2_ROUND_f64  0x1.8p52
#define EXP2_SHIFT_f32  23
#define EXP2_SHIFT_f64  52
#define EXP2_LOWEST_f32 (-127.0F)
#define EXP2_LOWEST_f64 (-1023.0)

enum { EXP2_DEGREE_f32 = 6, EXP2_DEGREE_f64 = 11 };

/* Of r^1, r^2, ... in p. */
static const f32 exp2_coefficient_f32[EXP2_DEGREE_f32] = {
    0x1.62e432p-1F, 0x1.ebfbe6p-3F,  0x1.c6adb2p-5F,
    0x1.3b219cp-7F, 0x1.5fb6e0p-10F, 0x1.4c02a4p-13F};
static const f64 exp2_coefficient_f64[EXP2_DEGREE_f64] = {
    0x1.62e42fefa39f3p-1,  0x1.ebfbdff82c598p-3,  0x1.c6b08d7048f31p-5,
    0x1.3b2ab6fba1e1cp-7,  0x1.5d87fe7bbbe5ap-10, 0x1.4309130960fa5p-13,
    0x1.ffcbee3ae13f4p-17, 0x1.62bfd49f2021ap-20, 0x1.b5416813ea947p-24,
    0x1.e605f8e6a787fp-28, 0x1.c062b56db3286p-32};

#endif
