/* a = S_K Q_t; l_i = (QK_i . a) / (QK_i . Z_K + eps); w_i = e^(l_i - max l);
 * u = sum_i w_i / (QV_i . Z_V + eps) QV_i; y = (u S_V) / sum_i w_i. */
#include "reassociated.h"

#include <math.h>
#include <string.h>

enum { Q, QK, KK, VK, QV, KV, VV };

size_t reassociated_room(const oracle_shape *shape) {
  return shape->seq_len + 2 * shape->head_dim;
}

static double dot(size_t d, const double *a, const double *b) {
  double sum = 0;
  for (size_t c = 0; c < d; c++) sum += a[c] * b[c];
  return sum;
}

void reassociated_row(const oracle_shape *shape, double eps,
                      const double *const operands[ORACLE_OPERANDS], const oracle_row *at,
                      double *room, double *y) {
  const size_t d = shape->head_dim, stride = shape->heads * d, t = at->t;
  const size_t start = at->batch * shape->seq_len * stride + at->head * d;
  const double *q = operands[Q] + start + t * stride;
  double *a = room, *u = a + d, *logit = u + d, max = -INFINITY, sum = 0;
  for (size_t r = 0; r < d; r++) a[r] = dot(d, at->s_k + r * d, q);
  for (size_t i = 0; i <= t; i++) {
    const double *qk = operands[QK] + start + i * stride;
    logit[i] = dot(d, qk, a) / (dot(d, qk, at->z_k) + eps);
    if (!(logit[i] <= max)) max = logit[i];
  }
  memset(u, 0, d * sizeof *u);
  for (size_t i = 0; i <= t; i++) {
    const double *qv = operands[QV] + start + i * stride;
    const double weight = exp(logit[i] - max);
    const double share = weight / (dot(d, qv, at->z_v) + eps);
    for (size_t c = 0; c < d; c++) u[c] += share * qv[c];
    sum += weight;
  }
  memset(y, 0, d * sizeof *y);
  for (size_t r = 0; r < d; r++)
    for (size_t c = 0; c < d; c++) y[c] += u[r] * at->s_v[r * d + c];
  for (size_t c = 0; c < d; c++) y[c] /= sum;
}
