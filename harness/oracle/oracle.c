/* Loop order, per (batch, head): for t { add token t to S_K, Z_K, S_V, Z_V;
 *   for i <= t { k_i, logit_i }; softmax; for i <= t { v_i; y_t += p_i v_i } }. */
#include "oracle.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "product.h"

enum { Q, QK, KK, VK, QV, KV, VV };

typedef struct slice {
  size_t seq_len, head_dim, stride;
  double eps;
  const double *operand[ORACLE_OPERANDS];
  double *y;
} slice;

/* The prefix sums at t, and what is made of them for the tokens i <= t. */
typedef struct state {
  double *s_k, *z_k, *s_v, *z_v;
  double *key, *value;                   /* (seq_len, head_dim) */
  double *denominator_k, *denominator_v; /* (seq_len) */
  double *logit, *weight;                /* (seq_len) */
} state;

static const double *row_of(const slice *s, int operand, size_t t) {
  return s->operand[operand] + t * s->stride;
}

/* S += a b^T and Z += a */
static void accumulate(size_t d, const double *restrict a, const double *restrict b,
                       double *restrict s, double *restrict z) {
  for (size_t r = 0; r < d; r++) {
    for (size_t c = 0; c < d; c++) s[r * d + c] += a[r] * b[c];
    z[r] += a[r];
  }
}

/* The largest of n values, NaN if any is NaN. */
static double maximum(size_t n, const double *x) {
  double max = x[0];
  for (size_t i = 0; i < n && !isnan(max); i++)
    if (!(x[i] <= max)) max = x[i];
  return max;
}

/* For i <= t: out_i = q_i S / (q_i . Z + eps), the effective keys or values, and what is
 * below the line. */
static void effective_rows(const slice *s, int query, size_t t, const double *sum,
                           const double *z, double *denominator, double *out) {
  const size_t d = s->head_dim;
  const double *q = row_of(s, query, 0);
  product_dots(t + 1, d, q, s->stride, z, s->eps, denominator);
  product_rows(t + 1, d, d, q, s->stride, sum, denominator, out);
}

/* y_t, for prefix sums that include token t. */
static void query(const slice *s, state *st, size_t t, double *y) {
  const size_t d = s->head_dim;
  effective_rows(s, QK, t, st->s_k, st->z_k, st->denominator_k, st->key);
  product_dots(t + 1, d, st->key, d, row_of(s, Q, t), 0, st->logit);

  const double max = maximum(t + 1, st->logit);
  double sum = 0;
  for (size_t i = 0; i <= t; i++) sum += st->weight[i] = exp(st->logit[i] - max);

  effective_rows(s, QV, t, st->s_v, st->z_v, st->denominator_v, st->value);
  for (size_t c = 0; c < d; c++) y[c] = 0;
  for (size_t i = 0; i <= t; i++) {
    const double *value = st->value + i * d;
    st->weight[i] /= sum;
    for (size_t c = 0; c < d; c++) y[c] += st->weight[i] * value[c];
  }
}

static void show_states(const state *st, oracle_row *row) {
  row->s_k = st->s_k, row->z_k = st->z_k, row->s_v = st->s_v, row->z_v = st->z_v;
}

static void show(const state *st, oracle_row *row) {
  row->key = st->key, row->value = st->value;
  row->denominator_k = st->denominator_k, row->denominator_v = st->denominator_v;
  row->logit = st->logit, row->weight = st->weight;
}

static bool attend(const slice *s, state *st, oracle_row at, oracle_sample sample,
                   const oracle_visitor *visitor, error *err) {
  const size_t d = s->head_dim;
  memset(st->s_k, 0, d * d * sizeof(double));
  memset(st->s_v, 0, d * d * sizeof(double));
  memset(st->z_k, 0, d * sizeof(double));
  memset(st->z_v, 0, d * sizeof(double));
  show_states(st, &at);
  for (at.t = 0; at.t < s->seq_len && at.place < sample.count; at.t++) {
    accumulate(d, row_of(s, KK, at.t), row_of(s, VK, at.t), st->s_k, st->z_k);
    accumulate(d, row_of(s, KV, at.t), row_of(s, VV, at.t), st->s_v, st->z_v);
    if (sample.token && sample.token[at.place] != at.t) {
      if (visitor) visitor->pass(visitor->context, &at);
      continue;
    }
    oracle_row row = at;
    double *y = s->y + at.place++ * s->stride;
    query(s, st, at.t, y);
    show(st, &row);
    row.y = y;
    if (visitor && !visitor->visit(visitor->context, &row, err)) return false;
  }
  return true;
}

static void lay_out(double *room, size_t d, size_t tokens, state *st) {
  st->s_k = room;
  st->s_v = st->s_k + d * d;
  st->z_k = st->s_v + d * d;
  st->z_v = st->z_k + d;
  st->key = st->z_v + d;
  st->value = st->key + tokens * d;
  st->denominator_k = st->value + tokens * d;
  st->denominator_v = st->denominator_k + tokens;
  st->logit = st->denominator_v + tokens;
  st->weight = st->logit + tokens;
}

bool oracle_attention(const oracle_shape *shape, double eps,
                      const double *const operands[ORACLE_OPERANDS], double *y,
                      const oracle_visitor *visitor, error *err) {
  const oracle_sample all = {.count = shape->seq_len};
  return oracle_attention_rows(shape, eps, operands, all, y, visitor, err);
}

bool oracle_attention_rows(const oracle_shape *shape, double eps,
                           const double *const operands[ORACLE_OPERANDS],
                           oracle_sample sample, double *y, const oracle_visitor *visitor,
                           error *err) {
  const size_t d = shape->head_dim, T = shape->seq_len, H = shape->heads;
  if (d > UINT32_MAX / sizeof(double) || T > SIZE_MAX / 64 / (d + 2))
    return error_set(err, "oracle: a head_dim of %zu is too large for %zu tokens", d, T);

  double *room = calloc(2 * d * d + 2 * d + 2 * T * d + 4 * T, sizeof *room);
  if (!room)
    return error_set(err, "oracle: out of memory for %zu tokens of head_dim %zu", T, d);
  state st;
  lay_out(room, d, T, &st);

  bool ok = true;
  for (size_t b = 0; ok && b < shape->batch; b++)
    for (size_t h = 0; ok && h < H; h++) {
      const size_t start = b * T * H * d + h * d;
      slice s = {.seq_len = T,
                 .head_dim = d,
                 .stride = H * d,
                 .eps = eps,
                 .y = y + b * sample.count * H * d + h * d};
      for (int o = 0; o < ORACLE_OPERANDS; o++) s.operand[o] = operands[o] + start;
      ok = attend(&s, &st, (oracle_row){.batch = b, .head = h}, sample, visitor, err);
    }
  free(room);
  return ok;
}

void oracle_project(size_t rows, size_t inner, size_t cols, const double *x,
                    const double *w, double *out) {
  product_rows(rows, inner, cols, x, inner, w, NULL, out);
}
