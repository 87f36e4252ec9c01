/* exp2 over a vocabulary, of type REAL: see simd/inline.h. */
SIMD_INLINE VEC T(exp2)(VEC x) {
  const VEC round = T(set)(T(EXP2_ROUND));
  const MASK tiny = T(less)(x, T(set)(T(EXP2_LOWEST)));

  /* x = n + r. */
  const VEC shifted = T(add)(x, round);
  const VEC r = T(sub)(x, T(sub)(shifted, round));

  /* p(r), Horner. */
  VEC p = T(set)(T(exp2_coefficient)[T(EXP2_DEGREE) - 1]);
  SIMD_UNROLL
  for (int i = T(EXP2_DEGREE) - 2; i >= 0; i--)
    p = T(fma)(p, r, T(set)(T(exp2_coefficient)[i]));
  p = T(fma)(p, r, T(set)(1));

  /* 2^n p(r): n joins the exponent. */
  return T(drop)(tiny, T(raise)(p, shifted));
}
