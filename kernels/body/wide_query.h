/* One query again in float64, for a row that float32 has no room for.
 *
 *   r = sum_j KK_j (VK_j . Q_t)     s_i = (QK_i . r) / (QK_i . Z_K + eps)      i, j <= t
 *   g = sum_i softmax_i(s) / (QV_i . Z_V + eps) QV_i      y_t = sum_j VV_j (KV_j . g)
 *
 * A product of four float32 numbers may exceed float32 where the quotients that it makes
 * do not, and always fits float64. A row with NaN or infinity among what it sees is left
 * as it is. No prefix state is needed: time O(t d) a query, of the few that want it. */
#ifndef BODY_WIDE_QUERY_H
#define BODY_WIDE_QUERY_H

#include "body/types.h"
#include "linkv/kernel.h"

enum { WIDE_LANES = 8, WIDE_ARRAYS = 4 };

static inline bool wide_is_finite(const f32 *row, size_t d) {
  f32 lane[WIDE_LANES] = {0}, sum = 0;
  size_t c = 0;
  for (; c + WIDE_LANES <= d; c += WIDE_LANES)
    for (size_t k = 0; k < WIDE_LANES; k++) lane[k] += row[c + k] * 0;
  for (; c < d; c++) sum += row[c] * 0;
  for (size_t k = 0; k < WIDE_LANES; k++) sum += lane[k];
  return sum == 0;
}

static inline f64 wide_dot(const f32 *restrict x, const f64 *restrict y, size_t d) {
  f64 lane[WIDE_LANES] = {0}, sum = 0;
  size_t c = 0;
  for (; c + WIDE_LANES <= d; c += WIDE_LANES)
    for (size_t k = 0; k < WIDE_LANES; k++) lane[k] += (f64)x[c + k] * y[c + k];
  for (; c < d; c++) sum += (f64)x[c] * y[c];
  for (size_t k = 0; k < WIDE_LANES; k++) sum += lane[k];
  return sum;
}

/* out += weight x. */
static inline void wide_add(f64 *restrict out, f64 weight, const f32 *restrict x,
                            size_t d) {
  for (size_t c = 0; c < d; c++) out[c] += weight * (f64)x[c];
}

/* Whether everything that row t depends on is finite. */
static inline bool wide_sees_finite(const lkv_operands *operands, size_t t, size_t d) {
  for (int o = 0; o < LKV_OPERANDS; o++)
    for (size_t j = o == LKV_Q ? t : 0; j <= t; j++)
      if (!wide_is_finite(operand_row(operands, o, j), d)) return false;
  return true;
}

/* out = sum_j y_j (x_j . in), j <= t. */
static inline void wide_sum(const lkv_operands *operands, int x, int y, size_t t,
                            size_t d, const f64 *in, f64 *out) {
  for (size_t c = 0; c < d; c++) out[c] = 0;
  for (size_t j = 0; j <= t; j++)
    wide_add(out, wide_dot(operand_row(operands, x, j), in, d),
             operand_row(operands, y, j), d);
}

/* Row t of y again, from `scratch` of WIDE_ARRAYS d elements. */
static inline void wide_query(const lkv_problem *problem, const lkv_operands *operands,
                              size_t t, f64 *scratch, f32 *y) {
  const size_t d = problem->head_dim;
  const f64 eps = (f32)problem->eps;
  f64 *r = scratch, *z_k = r + d, *z_v = z_k + d, *g = z_v + d;
  if (!wide_sees_finite(operands, t, d)) return;

  /* Q_t, and with it r; Z. */
  for (size_t c = 0; c < d; c++) g[c] = (f64)operand_row(operands, LKV_Q, t)[c];
  wide_sum(operands, LKV_VK, LKV_KK, t, d, g, r);
  for (size_t c = 0; c < d; c++) z_k[c] = z_v[c] = g[c] = 0;
  for (size_t j = 0; j <= t; j++) {
    wide_add(z_k, 1, operand_row(operands, LKV_KK, j), d);
    wide_add(z_v, 1, operand_row(operands, LKV_KV, j), d);
  }

  /* l g under the running maximum. */
  f64 max = -INFINITY, l = 0;
  for (size_t i = 0; i <= t; i++) {
    const f32 *qk = operand_row(operands, LKV_QK, i);
    const f32 *qv = operand_row(operands, LKV_QV, i);
    const f64 s = wide_dot(qk, r, d) / (wide_dot(qk, z_k, d) + eps);
    if (s == -INFINITY) continue;
    if (s > max) {
      const f64 keep = exp(max - s);
      l *= keep;
      for (size_t c = 0; c < d; c++) g[c] *= keep;
      max = s;
    }
    const f64 p = exp(s - max);
    l += p;
    wide_add(g, p / (wide_dot(qv, z_v, d) + eps), qv, d);
  }

  for (size_t c = 0; c < d; c++) g[c] /= l;
  wide_sum(operands, LKV_KV, LKV_VV, t, d, g, r);
  for (size_t c = 0; c < d; c++) y[c] = (f32)r[c];
}

#endif
