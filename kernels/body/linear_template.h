/* Vectors and prefix states of type REAL, f32 or f64: a template, included once a type.
 *
 * Sums are associated by hand into independent partial sums, so that compilers vectorise
 * them as written and every build of one kernel rounds alike. */
#include "body/arena.h"
#include "body/types.h"

enum { TYPED(LANES, REAL) = 8 };

/* Prefix states of one slice: S = sum_j key_j value_j^T, a (d, d) matrix, and
 * Z = sum_j key_j. */
typedef struct TYPED(prefix, REAL) {
  REAL *s;
  REAL *z;
} TYPED(prefix, REAL);

static inline REAL *TYPED(take, REAL)(arena *a, size_t count) {
  return arena_take(a, count, sizeof(REAL));
}

static inline void TYPED(clear, REAL)(REAL *x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = 0;
}

static inline void TYPED(load, REAL)(REAL *restrict out, const f32 *restrict in,
                                     size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = in[i];
}

/* The larger; NaN where either is. */
static inline REAL TYPED(max, REAL)(REAL a, REAL b) {
  return ((a > b) | (a != a)) ? a : b;
}

/* Largest of count >= 1 elements; NaN where one is. */
static inline REAL TYPED(largest, REAL)(const REAL *x, size_t count) {
  REAL lane[TYPED(LANES, REAL)];
  size_t i = 0;
  for (size_t k = 0; k < TYPED(LANES, REAL); k++) lane[k] = x[0];
  for (; i + TYPED(LANES, REAL) <= count; i += TYPED(LANES, REAL))
    for (size_t k = 0; k < TYPED(LANES, REAL); k++)
      lane[k] = TYPED(max, REAL)(lane[k], x[i + k]);
  for (; i < count; i++) lane[0] = TYPED(max, REAL)(lane[0], x[i]);
  for (size_t k = 1; k < TYPED(LANES, REAL); k++)
    lane[0] = TYPED(max, REAL)(lane[0], lane[k]);
  return lane[0];
}

static inline REAL TYPED(dot, REAL)(const REAL *restrict a, const REAL *restrict b,
                                    size_t d) {
  REAL lane[TYPED(LANES, REAL)] = {0};
  REAL rest = 0;
  size_t c = 0;
  for (; c + TYPED(LANES, REAL) <= d; c += TYPED(LANES, REAL))
    for (size_t k = 0; k < TYPED(LANES, REAL); k++) lane[k] += a[c + k] * b[c + k];
  for (; c < d; c++) rest += a[c] * b[c];
  for (size_t k = 0; k < TYPED(LANES, REAL) / 2; k++)
    lane[k] += lane[k + TYPED(LANES, REAL) / 2];
  return ((lane[0] + lane[2]) + (lane[1] + lane[3])) + rest;
}

/* out += sum_i coefficient_i row_i; row i starts at rows[i * stride].
 * Four rows a pass, so that `out` is read and written a quarter as often. */
static inline void TYPED(add_rows, REAL)(REAL *restrict out,
                                         const REAL *restrict coefficient,
                                         const REAL *restrict rows, size_t stride,
                                         size_t count, size_t d) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const REAL *restrict row = rows + i * stride;
    const REAL w0 = coefficient[i], w1 = coefficient[i + 1];
    const REAL w2 = coefficient[i + 2], w3 = coefficient[i + 3];
    for (size_t c = 0; c < d; c++)
      out[c] += (w0 * row[c] + w1 * row[stride + c]) +
                (w2 * row[2 * stride + c] + w3 * row[3 * stride + c]);
  }
  for (; i < count; i++)
    for (size_t c = 0; c < d; c++) out[c] += coefficient[i] * rows[i * stride + c];
}

static inline TYPED(prefix, REAL) TYPED(prefix_take, REAL)(arena *a, size_t d) {
  REAL *s = TYPED(take, REAL)(a, size_times(d, d));
  return (TYPED(prefix, REAL)){.s = s, .z = TYPED(take, REAL)(a, d)};
}

static inline void TYPED(prefix_clear, REAL)(TYPED(prefix, REAL) p, size_t d) {
  TYPED(clear, REAL)(p.s, d * d);
  TYPED(clear, REAL)(p.z, d);
}

/* S += key value^T, Z += key. */
static inline void TYPED(prefix_add, REAL)(TYPED(prefix, REAL) p,
                                           const REAL *restrict key,
                                           const REAL *restrict value, size_t d) {
  for (size_t a = 0; a < d; a++) {
    REAL *restrict row = p.s + a * d;
    for (size_t b = 0; b < d; b++) row[b] += key[a] * value[b];
  }
  for (size_t a = 0; a < d; a++) p.z[a] += key[a];
}

/* out = x S. */
static inline void TYPED(prefix_numerator, REAL)(REAL *restrict out,
                                                 TYPED(prefix, REAL) p,
                                                 const REAL *restrict x, size_t d) {
  TYPED(clear, REAL)(out, d);
  TYPED(add_rows, REAL)(out, x, p.s, d, d, d);
}

/* x . Z + eps. */
static inline REAL TYPED(prefix_denominator, REAL)(TYPED(prefix, REAL) p, const REAL *x,
                                                   REAL eps, size_t d) {
  return TYPED(dot, REAL)(x, p.z, d) + eps;
}

/* out = x S / (x . Z + eps): k_i(t) of x = QK_i, v_i(t) of x = QV_i. */
static inline void TYPED(prefix_apply, REAL)(REAL *restrict out, TYPED(prefix, REAL) p,
                                             const REAL *restrict x, REAL eps, size_t d) {
  const REAL denominator = TYPED(prefix_denominator, REAL)(p, x, eps, d);
  TYPED(prefix_numerator, REAL)(out, p, x, d);
  for (size_t c = 0; c < d; c++) out[c] /= denominator;
}

/* In place, x_i = exp(x_i - shift); returns their sum. A shift of -inf (every x_i is -inf
 * too) counts as 0: such weights are 0, not NaN. */
static inline REAL TYPED(exponentials, REAL)(REAL *x, REAL shift, size_t count) {
  const REAL finite_shift = shift == -INFINITY ? 0 : shift;
  REAL sum = 0;
  for (size_t i = 0; i < count; i++) x[i] = TYPED(exp, REAL)(x[i] - finite_shift);
  for (size_t i = 0; i < count; i++) sum += x[i];
  return sum;
}

/* In place over count >= 1 logits. Not finite where the logits' largest is not. */
static inline void TYPED(softmax, REAL)(REAL *x, size_t count) {
  const REAL sum = TYPED(exponentials, REAL)(x, TYPED(largest, REAL)(x, count), count);
  for (size_t i = 0; i < count; i++) x[i] /= sum;
}

/* Factor that carries sums shifted by `from` over to the shift `to` >= from. 0 where
 * nothing but -inf was summed. */
static inline REAL TYPED(rescale, REAL)(REAL from, REAL to) {
  return from == -INFINITY ? 0 : TYPED(exp, REAL)(from - to);
}
