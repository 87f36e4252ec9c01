/* exp2 over a vocabulary, of type REAL: see simd/inline.h. */

/* x_i = exp2(x_i) of `count` vecs, a constant. Step by step for all of them: a chain of
 * multiplications waits for itself, several do not. */
SIMD_INLINE void T(exp2_each)(VEC x[], int count) {
  const VEC round = T(set)(TYPED(EXP2_ROUND, REAL));
  VEC r[8], p[8];

  /* x = n + r, from EXP2_LOWEST up; NaN stays. From here on x has n in its low bits. */
  SIMD_UNROLL
  for (int k = 0; k < count; k++) {
    const VEC clamped = T(max)(T(set)(TYPED(EXP2_LOWEST, REAL)), x[k]);
    x[k] = T(add)(clamped, round);
    r[k] = T(sub)(clamped, T(sub)(x[k], round));
    p[k] = T(set)(TYPED(exp2_coefficient, REAL)[TYPED(EXP2_DEGREE, REAL) - 1]);
  }

  /* p(r), Horner. */
  SIMD_UNROLL
  for (int i = TYPED(EXP2_DEGREE, REAL) - 2; i >= 0; i--) {
    const VEC coefficient = T(set)(TYPED(exp2_coefficient, REAL)[i]);
    SIMD_UNROLL
    for (int k = 0; k < count; k++) p[k] = T(fma)(p[k], r[k], coefficient);
  }

  /* 2^n p(r): n joins the exponent. */
  SIMD_UNROLL
  for (int k = 0; k < count; k++) x[k] = T(raise)(T(fma)(p[k], r[k], T(set)(1)), x[k]);
}

SIMD_INLINE VEC T(exp2)(VEC x) {
  T(exp2_each)(&x, 1);
  return x;
}
