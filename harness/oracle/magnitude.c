#include "magnitude.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "product.h"

enum { Q, QK, KK, VK, QV, KV, VV };

static double *take(double **room, size_t count) {
  double *taken = *room;
  *room += count;
  return taken;
}

/* Whether every token's row is kept, for later rows. */
static bool keeps(int operand, bool square) {
  return operand == QK || operand == QV || (square && operand == KK);
}

static double *abs_row(const magnitudes *m, int operand, size_t t) {
  return m->absolute[operand] + (keeps(operand, false) ? t * m->shape.head_dim : 0);
}

static double *sq_row(const magnitudes *m, int operand, size_t t) {
  return m->square[operand] + (keeps(operand, true) ? t * m->shape.head_dim : 0);
}

bool magnitudes_make(magnitudes *m, const oracle_shape *shape, double eps,
                     const magnitude_operands *operands, error *err) {
  const size_t d = shape->head_dim, T = shape->seq_len;
  *m = (magnitudes){.shape = *shape, .eps = eps, .operands = operands};
  double *room =
      calloc(5 * T * d + 9 * d + 6 * d * (d + 1) + 7 * d + 8 * T, sizeof *room);
  if (!room) return error_set(err, "bound: out of memory for %zu tokens of %zu", T, d);
  m->room = room;
  for (int o = 0; o < ORACLE_OPERANDS; o++) {
    m->absolute[o] = take(&room, keeps(o, false) ? T * d : d);
    m->square[o] = take(&room, keeps(o, true) ? T * d : d);
  }
  double **const matrices[] = {&m->abs_sk, &m->abs_sv,  &m->sq_sk,
                               &m->sq_sv,  &m->walk_sk, &m->walk_sv};
  double **const vectors[] = {
      &m->abs_zk, &m->abs_zv, &m->sq_zk, &m->sq_zv, &m->walk_zk, &m->walk_zv, &m->abs_vk,
      &m->abs_vv, &m->abs_qv, &m->abs_n, &m->sq_n,  &m->sq_d,    &m->sq_dv};
  double **const tokens[] = {&m->n_abs, &m->n_sq,   &m->n_underflow, &m->d_abs,
                             &m->d_sq,  &m->dv_abs, &m->dv_sq,       &m->score};
  for (size_t i = 0; i < 6; i++) *matrices[i] = take(&room, d * d);
  for (size_t i = 0; i < 13; i++) *vectors[i] = take(&room, d);
  for (size_t i = 0; i < 8; i++) *tokens[i] = take(&room, T);
  return true;
}

void magnitudes_free(magnitudes *m) {
  free(m->room);
  *m = (magnitudes){0};
}

/* Absolute values and squares of the token's operands. */
static void take_sizes(magnitudes *m, const oracle_row *row) {
  const size_t d = m->shape.head_dim, stride = m->shape.heads * d;
  const size_t start = (row->batch * m->shape.seq_len + row->t) * stride + row->head * d;
  const bool exact = m->operands->inner == 0;
  for (int o = 0; o < ORACLE_OPERANDS; o++) {
    const double *x = (exact ? m->operands->value : m->operands->absolute)[o] + start;
    double *absolute = abs_row(m, o, row->t), *square = sq_row(m, o, row->t);
    for (size_t c = 0; c < d; c++) {
      absolute[c] = fabs(x[c]);
      square[c] = exact ? x[c] * x[c] : m->operands->square[o][start + c];
    }
  }
}

/* Token t joins the sums of one key or value operand. */
static void join(size_t d, const double *restrict a, const double *restrict b,
                 const double *restrict state, double *restrict sum,
                 double *restrict square, double *restrict walk, const double *a2,
                 const double *b2) {
  for (size_t r = 0; r < d; r++)
    for (size_t c = 0; c < d; c++) {
      const size_t at = r * d + c;
      sum[at] += a[r] * b[c];
      square[at] += a2[r] * b2[c];
      walk[at] += state[at] * state[at];
    }
}

static void join_z(size_t d, const double *a, const double *a2, const double *z,
                   double *sum, double *square, double *walk) {
  for (size_t c = 0; c < d; c++) {
    sum[c] += a[c];
    square[c] += a2[c];
    walk[c] += z[c] * z[c];
  }
}

static void add(size_t d, const double *a, double *sum) {
  for (size_t c = 0; c < d; c++) sum[c] += a[c];
}

void magnitudes_pass(magnitudes *m, const oracle_row *row) {
  const size_t d = m->shape.head_dim, t = row->t;
  if (t == 0) memset(m->abs_sk, 0, sizeof(double) * (6 * d * d + 9 * d));
  take_sizes(m, row);
  const double *kk = abs_row(m, KK, t), *kv = abs_row(m, KV, t);
  const double *kk2 = sq_row(m, KK, t), *kv2 = sq_row(m, KV, t);
  const double *vk = abs_row(m, VK, t), *vv = abs_row(m, VV, t);
  join(d, kk, vk, row->s_k, m->abs_sk, m->sq_sk, m->walk_sk, kk2, sq_row(m, VK, t));
  join(d, kv, vv, row->s_v, m->abs_sv, m->sq_sv, m->walk_sv, kv2, sq_row(m, VV, t));
  join_z(d, kk, kk2, row->z_k, m->abs_zk, m->sq_zk, m->walk_zk);
  join_z(d, kv, kv2, row->z_v, m->abs_zv, m->sq_zv, m->walk_zv);
  add(d, vk, m->abs_vk);
  add(d, vv, m->abs_vv);
  add(d, abs_row(m, QV, t), m->abs_qv);
}

static magnitude_counts count_roundings(const magnitudes *m, size_t t) {
  const double n = (double)t + 1, d = (double)m->shape.head_dim;
  const double inner = (double)m->operands->inner;
  const magnitude_roundings numerator = {n + 2 * d + 3 + 4 * inner, 2, 4, d + 3};
  const magnitude_roundings denominator = {n + d + 1 + 2 * inner, 1, 2, 2};
  const magnitude_roundings value = {3 * n + d + 8 + 3 * inner, 3, 3, d + 2};
  return (magnitude_counts){.numerator = numerator,
                            .denominator = denominator,
                            .value = value,
                            .sum = 2 * n + 6,
                            .products = 2 * n * d + 2};
}

/* What every logit of the row shares, one component a of QK. */
static void numerator_component(magnitudes *m, const oracle_row *row, const double *q,
                                size_t a) {
  const size_t d = m->shape.head_dim;
  const double *abs_q = m->absolute[Q], *sq_q = m->square[Q];
  const double count = m->counts.numerator.steps;
  double sum = 0, squares = 0, walk = 0, product = 0;
  for (size_t b = 0; b < d; b++) {
    const double s = row->s_k[a * d + b];
    sum += m->abs_sk[a * d + b] * abs_q[b];
    squares += (m->sq_sk[a * d + b] + s * s) * sq_q[b];
    walk += m->walk_sk[a * d + b] * sq_q[b];
    product += s * q[b];
  }
  m->abs_n[a] = sum;
  m->sq_n[a] = count * (squares + product * product) + walk;
}

/* The error of KK_j meets VK_j . Q_t as a whole. */
static void numerator_scores(magnitudes *m, const oracle_row *row, const double *vk,
                             const double *q) {
  const size_t d = m->shape.head_dim, stride = m->shape.heads * d;
  const double count = m->counts.numerator.steps;
  product_dots(row->t + 1, d, vk, stride, q, 0, m->score);
  for (size_t j = 0; j <= row->t; j++) {
    const double factor = count * m->score[j] * m->score[j];
    const double *restrict kk = m->square[KK] + j * d;
    double *restrict sum = m->sq_n;
    for (size_t a = 0; a < d; a++) sum[a] += factor * kk[a];
  }
}

static double largest_of(size_t count, const double *x) {
  double largest = 0;
  for (size_t i = 0; i < count; i++)
    if (!(x[i] <= largest)) largest = x[i];
  return largest;
}

static void take_row(magnitudes *m, const oracle_row *row) {
  const size_t d = m->shape.head_dim, stride = m->shape.heads * d;
  const size_t start = row->batch * m->shape.seq_len * stride + row->head * d;
  const double *q = m->operands->value[Q] + start + row->t * stride;
  const double *abs_q = m->absolute[Q];
  const double count = m->counts.denominator.steps;
  m->abs_q = m->abs_vkq = 0;
  for (size_t a = 0; a < d; a++) {
    numerator_component(m, row, q, a);
    m->sq_d[a] = count * (m->sq_zk[a] + row->z_k[a] * row->z_k[a]) + m->walk_zk[a];
    m->sq_dv[a] = count * (m->sq_zv[a] + row->z_v[a] * row->z_v[a]) + m->walk_zv[a];
    m->abs_q += abs_q[a];
    m->abs_vkq += m->abs_vk[a] * abs_q[a];
  }
  numerator_scores(m, row, m->operands->value[VK] + start, q);
  m->abs_vv_max = largest_of(d, m->abs_vv);
  m->abs_qv_sum = 0;
  for (size_t a = 0; a < d; a++) m->abs_qv_sum += m->abs_qv[a];
  m->largest = fmax(largest_of(d * d, m->abs_sk), largest_of(d * d, m->abs_sv));
}

static void take_pair(magnitudes *m, const oracle_row *row, size_t i) {
  const size_t d = m->shape.head_dim;
  const double *qk = m->absolute[QK] + i * d, *qk2 = m->square[QK] + i * d;
  const double *qv = m->absolute[QV] + i * d, *qv2 = m->square[QV] + i * d;
  const double *key = row->key + i * d, *q2 = m->square[Q];
  const double D = row->denominator_k[i], n = row->logit[i] * D;
  const double dv = row->denominator_v[i] - m->eps, eps2 = m->eps * m->eps;
  double n_abs = 0, n_sq = 0, parts = 0, d_abs = 0, d_sq = 0, abs_qk = 0;
  double dv_abs = 0, dv_sq = 0;
  for (size_t c = 0; c < d; c++) {
    n_abs += qk[c] * m->abs_n[c];
    n_sq += qk2[c] * m->sq_n[c];
    parts += key[c] * key[c] * q2[c];
    d_abs += qk[c] * m->abs_zk[c];
    d_sq += qk2[c] * m->sq_d[c];
    dv_abs += qv[c] * m->abs_zv[c];
    dv_sq += qv2[c] * m->sq_dv[c];
    abs_qk += qk[c];
  }
  const double count = m->counts.numerator.steps, down = m->counts.denominator.steps;
  m->n_abs[i] = n_abs;
  m->n_sq[i] = n_sq + count * (parts * D * D + n * n);
  m->n_underflow[i] = (1 + abs_qk) * (1 + m->abs_q) + d_abs + m->abs_vkq;
  m->d_abs[i] = d_abs + m->eps;
  m->d_sq[i] = d_sq + down * ((D - m->eps) * (D - m->eps) + eps2);
  m->dv_abs[i] = dv_abs + m->eps;
  m->dv_sq[i] = dv_sq + down * (dv * dv + eps2);
  m->largest = fmax(m->largest, fmax(n_abs, fmax(m->d_abs[i], m->dv_abs[i])));
}

void magnitudes_drop_columns(magnitudes *m, const bool *dropped) {
  const size_t d = m->shape.head_dim;
  for (size_t c = 0; c < d; c++) {
    if (!dropped[c]) continue;
    for (size_t a = 0; a < d; a++)
      m->abs_sv[a * d + c] = m->sq_sv[a * d + c] = m->walk_sv[a * d + c] = 0;
    m->abs_vv[c] = 0;
  }
}

void magnitudes_take(magnitudes *m, const oracle_row *row) {
  m->counts = count_roundings(m, row->t);
  take_row(m, row);
  magnitudes_retake(m, row);
}

void magnitudes_retake(magnitudes *m, const oracle_row *row) {
  for (size_t i = 0; i <= row->t; i++) take_pair(m, row, i);
}

void magnitudes_value_abs(const magnitudes *m, const double *a, double *restrict out) {
  const size_t d = m->shape.head_dim;
  memset(out, 0, d * sizeof *out);
  for (size_t r = 0; r < d; r++)
    for (size_t c = 0; c < d; c++) out[c] += a[r] * m->abs_sv[r * d + c];
}

void magnitudes_value_sq(const magnitudes *m, const double *s_v, const double *a,
                         double *restrict out) {
  const size_t d = m->shape.head_dim;
  memset(out, 0, d * sizeof *out);
  for (size_t r = 0; r < d; r++)
    for (size_t c = 0; c < d; c++) {
      const size_t at = r * d + c;
      const double squares = m->sq_sv[at] + s_v[at] * s_v[at];
      out[c] += a[r] * (m->counts.value.steps * squares + m->walk_sv[at]);
    }
}
