/* The online softmax of a panel in base 2, a query a lane:
 *
 *   m* = max(m, max_i s_i)          G, l *= 2^(m - m*)
 *   p_i = 2^(s_i - m*)               l += sum_i p_i
 *
 * Loops: keys; vecs of the panel. The including body defines REAL, of s, p, m and G, and
 * STATE, of l. Logits and weights are (keys, PANEL), G is (head_dim, PANEL).
 */
enum { TILE_EXPONENTIALS = SIMD_REGISTERS >= 32 ? 4 : 2 }; /* keys a turn */

/* The logits' maximum again, where some were hidden. */
static void tile_highest(const REAL *weight, size_t count, REAL *highest) {
  for (size_t h = 0; h < PANEL; h += LANES) {
    VEC max = T(set)(-INFINITY);
    for (size_t i = 0; i < count; i++) max = T(max)(T(load)(weight + i * PANEL + h), max);
    T(store)(highest + h, max);
  }
}

/* panel[c][q] *= factor[q], c < d. */
static void tile_scale(REAL *panel, size_t d, const REAL *factor) {
  for (size_t h = 0; h < PANEL; h += LANES) {
    const VEC f = T(load)(factor + h);
    for (size_t c = 0; c < d; c++) {
      REAL *at = panel + c * PANEL + h;
      T(store)(at, T(mul)(T(load)(at), f));
    }
  }
}

/* m* = max(m, s), m = `running`; G and l are carried over to it. `shift` is m*, 0 where
 * no logit is above -inf: such weights are 0, not NaN. */
static void tile_rescale(REAL *running, STATE *sum, REAL *g, size_t d,
                         const REAL *highest, REAL *shift) {
  _Alignas(64) REAL factor[PANEL];
  bool same = true;
  for (size_t h = 0; h < PANEL; h += LANES) {
    const VEC low = T(set)(-INFINITY), one = T(set)(1), old = T(load)(running + h);
    const VEC max = T(max)(T(load)(highest + h), old);
    const VEC finite = T(keep)(T(less)(low, max), max);
    const VEC f = T(exp2)(T(sub)(old, finite));
    T(store)(running + h, max);
    T(store)(shift + h, finite);
    T(store)(factor + h, f);
    same = same && T(all)(T(equal)(f, one));
  }
  if (same) return;
  for (size_t q = 0; q < PANEL; q++) sum[q] *= (STATE)factor[q];
  tile_scale(g, d, factor);
}

/* p = 2^(s - m*) of `keys` keys, in place. */
SIMD_INLINE void tile_exponentials_block(REAL *weight, VEC sum[2], size_t keys,
                                         const VEC shift[2]) {
  VEC x[2 * TILE_EXPONENTIALS];
  SIMD_UNROLL
  for (size_t v = 0; v < 2 * keys; v++)
    x[v] = T(sub)(T(load)(weight + v * LANES), shift[v % 2]);
  T(exp2_each)(x, (int)(2 * keys));
  SIMD_UNROLL
  for (size_t v = 0; v < 2 * keys; v++) {
    T(store)(weight + v * LANES, x[v]);
    sum[v % 2] = T(add)(sum[v % 2], x[v]);
  }
}

/* weight = p of `count` keys; `sum` takes them in. */
SIMD_INLINE void tile_exponentials_rows(REAL *weight, VEC sum[2], size_t count,
                                        const REAL *shift) {
  const VEC by[2] = {T(load)(shift), T(load)(shift + LANES)};
  size_t i = 0;
  for (; i + TILE_EXPONENTIALS <= count; i += TILE_EXPONENTIALS)
    tile_exponentials_block(weight + i * PANEL, sum, TILE_EXPONENTIALS, by);
  for (; i < count; i++) tile_exponentials_block(weight + i * PANEL, sum, 1, by);
}
