#include "factor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { Q = 0, QK = 1, QV = 4 };

bool factors_make(factor_sizes *f, const oracle_shape *shape, error *err) {
  const size_t d = shape->head_dim, T = shape->seq_len;
  double *at = calloc(3 * T + d * d + 3 * d, sizeof *at);
  if (!at) return error_set(err, "bound: out of memory for %zu tokens of %zu", T, d);
  *f = (factor_sizes){
      .room = at, .n = at, .d = at + T, .dv = at + 2 * T, .s_v = at + 3 * T};
  f->sq = f->s_v + d * d;
  f->zk = f->sq + d;
  f->zv = f->zk + d;
  return true;
}

void factors_free(factor_sizes *f) {
  free(f->room);
  *f = (factor_sizes){0};
}

/* `walk` is the sum of the squares on the way, over n tokens. */
static double size_of(double element, double walk, double n) {
  return sqrt(element * element + walk / n);
}

static double dot(size_t d, const double *a, const double *b) {
  double sum = 0;
  for (size_t c = 0; c < d; c++) sum += a[c] * b[c];
  return sum;
}

static void take_states(factor_sizes *f, const magnitudes *m, const oracle_row *row) {
  const size_t d = m->shape.head_dim;
  const double *q = m->absolute[Q];
  const double n = (double)row->t + 1;
  for (size_t a = 0; a < d; a++) {
    f->sq[a] = 0;
    for (size_t b = 0; b < d; b++) {
      const size_t at = a * d + b;
      f->sq[a] += size_of(row->s_k[at], m->walk_sk[at], n) * q[b];
      f->s_v[at] = size_of(row->s_v[at], m->walk_sv[at], n);
    }
    f->zk[a] = size_of(row->z_k[a], m->walk_zk[a], n);
    f->zv[a] = size_of(row->z_v[a], m->walk_zv[a], n);
  }
}

void factors_take(factor_sizes *f, const magnitudes *m, const oracle_row *row) {
  const size_t d = m->shape.head_dim;
  take_states(f, m, row);
  for (size_t i = 0; i <= row->t; i++) {
    f->n[i] = dot(d, m->absolute[QK] + i * d, f->sq);
    f->d[i] = dot(d, m->absolute[QK] + i * d, f->zk);
    f->dv[i] = dot(d, m->absolute[QV] + i * d, f->zv);
  }
}

void factors_value(const factor_sizes *f, size_t head_dim, const double *a, double *out) {
  memset(out, 0, head_dim * sizeof *out);
  for (size_t r = 0; r < head_dim; r++)
    for (size_t c = 0; c < head_dim; c++) out[c] += a[r] * f->s_v[r * head_dim + c];
}
