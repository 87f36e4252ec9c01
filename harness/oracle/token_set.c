#include "token_set.h"

#include <math.h>
#include <string.h>

enum { QV = 4 };

/* 1 / (|Dv| - E_Dv), for a resolved denominator. */
static double reciprocal(const bound_view *v, const oracle_row *row, size_t i) {
  return 1 / (fabs(row->denominator_v[i]) - v->error_dv[i]);
}

void set_clear(bound_sums *s, size_t d) {
  memset(s->moved, 0, 7 * d * sizeof *s->moved);
  s->omega = s->shrunk = 0;
}

void set_add(bound_context *x, const bound_view *v, const oracle_row *row, size_t i,
             double w, double lambda, const double *restrict centre) {
  const size_t d = x->shape->head_dim;
  const double growth = expm1(lambda), grown = w * (growth + 1), moved = w * growth;
  const bool resolved = token_value_resolved(v, row, i);
  bound_sums *s = &x->sums;
  s->shrunk += w / (growth + 1);
  if (!resolved) {
    for (size_t c = 0; c < d; c++) s->moved[c] += moved * fabs(centre[c]);
    return;
  }
  const double inverse = reciprocal(v, row, i);
  const double relative = grown * (v->error_dv[i] * inverse * (1 + 2 * v->gauge.of.unit) +
                                   gauge_worst(v->gauge, 2));
  const double share = grown * inverse, dv = row->denominator_v[i];
  const double squared = share * dv * dv;
  const double *restrict value = row->value + i * d;
  const double *restrict inner =
      (v->gauge.noise ? x->m.square[QV] : x->m.absolute[QV]) + i * d;
  s->omega += share;
  for (size_t c = 0; c < d; c++) {
    const double size = fabs(value[c]);
    s->moved[c] += moved * fabs(value[c] - centre[c]);
    s->values[c] += grown * size;
    s->quotient[c] += relative * size;
    s->inner[c] += share * inner[c];
    s->numerator[c] += squared * size * size;
  }
  if (v->gauge.noise && x->factors.room)
    for (size_t c = 0; c < d; c++) s->absolute[c] += share * x->m.absolute[QV][i * d + c];
}

/* sum w e^lambda E_nv / (|Dv| - E_Dv), at once for all tokens of the set. */
void set_numerator_errors(bound_context *x, const bound_view *v, const oracle_row *row) {
  const size_t d = x->shape->head_dim;
  const double steps = x->m.counts.value.steps;
  bound_sums *s = &x->sums;
  const double down = 4 * steps * gauge_tiny(v->gauge) * s->omega *
                      (1 + x->m.abs_vv_max) * (1 + x->m.abs_qv_sum);
  if (!v->gauge.noise) {
    magnitudes_value_abs(&x->m, s->inner, s->error);
    for (size_t c = 0; c < d; c++) s->error[c] = v->value.worst * s->error[c] + down;
    return;
  }
  magnitudes_value_sq(&x->m, row->s_v, s->inner, s->error);
  if (x->factors.room) factors_value(&x->factors, d, s->absolute, s->rounded);
  for (size_t c = 0; c < d; c++) {
    const double square = s->omega * (s->error[c] + steps * s->numerator[c]);
    s->error[c] = gauge_noise(v->value, square, s->rounded[c]) + down;
  }
}

void set_bound(bound_context *x, const bound_view *v, const oracle_row *row,
               const double *weight, const double *lambda, const double *mean,
               double *restrict out) {
  const size_t d = x->shape->head_dim;
  bound_sums *s = &x->sums;
  set_clear(s, d);
  for (size_t i = 0; i <= row->t; i++)
    if (weight[i] > 0) set_add(x, v, row, i, weight[i], lambda[i], mean);
  set_numerator_errors(x, v, row);
  const double rounding = gauge_gamma(v->gauge, x->m.counts.sum);
  for (size_t c = 0; c < d; c++) {
    const double delta = s->quotient[c] + s->error[c];
    out[c] = (s->moved[c] + delta) / s->shrunk +
             rounding * ((s->values[c] + delta) / s->shrunk + fabs(mean[c])) +
             gauge_tiny(v->gauge) * x->underflow[c];
  }
}

void set_underflow(bound_context *x, const oracle_row *row) {
  const size_t d = x->shape->head_dim;
  const double m = 4 * x->m.counts.value.steps;
  magnitudes_value_abs(&x->m, x->m.abs_qv, x->underflow);
  double *restrict sum = x->other;
  for (size_t c = 0; c < d; c++) sum[c] = 1 + x->m.abs_vv[c];
  for (size_t i = 0; i <= row->t; i++)
    for (size_t c = 0; c < d; c++) sum[c] += fabs(row->value[i * d + c]);
  for (size_t a = 0; a < d; a++)
    for (size_t c = 0; c < d; c++) sum[c] += x->m.abs_sv[a * d + c];
  for (size_t c = 0; c < d; c++) x->underflow[c] = m * (sum[c] + x->underflow[c]);
}
