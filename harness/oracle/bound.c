/* Per row: errors of denominators and numerators -> lambda of each logit -> the bound
 * over all tokens at once (direct), or over the good ones with the rest as unknowns
 * (split). Three gauges go through the same code. */
#include "bound.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bound_context.h"
#include "culprit.h"
#include "fit_columns.h"
#include "masked_row.h"
#include "reassociated.h"
#include "split.h"
#include "token_error.h"
#include "token_set.h"

enum { QV = 4 };

double bound_largest_size(size_t d, const double *a) {
  double largest = 0;
  for (size_t c = 0; c < d; c++)
    if (!(fabs(a[c]) <= largest)) largest = isnan(a[c]) ? INFINITY : fabs(a[c]);
  return largest;
}

static bool any_value_unresolved(const bound_view *v, const oracle_row *row) {
  for (size_t i = 0; i <= row->t; i++)
    if (!token_value_resolved(v, row, i)) return true;
  return false;
}

static double largest_lambda(const bound_view *v, const oracle_row *row) {
  double largest = 0;
  for (size_t i = 0; i <= row->t; i++) largest = bound_larger(largest, v->lambda[i]);
  return largest;
}

/* B of one row by one gauge. Returns how many unknowns are to be fitted; 0 where none
 * are needed. */
static size_t bound_row_of(bound_context *x, bound_view *v, const oracle_row *row,
                           double *out) {
  const size_t d = x->shape->head_dim;
  const double small = BOUND_SMALL / x->factor * x->scale;
  const bool unresolved = any_value_unresolved(v, row);
  for (size_t c = 0; c < d; c++) out[c] = INFINITY;
  if (unresolved && !v->gauge.noise) return 0;
  if (largest_lambda(v, row) <= LARGEST_LAMBDA && !unresolved)
    set_bound(x, v, row, row->weight, v->lambda, row->y, out);
  if (bound_largest_size(d, out) <= small) return 0;
  const size_t chosen = split_bound(x, v, row, out);
  return bound_largest_size(d, out) <= small ? 0 : chosen;
}

/* The oracle's own error in the base of a fit, for the unknowns are fitted to it as well:
 * in x->own. */
static void own_of_base(bound_context *x, const oracle_row *row) {
  const bound_view *stat = &x->view[STAT];
  bound_view own = x->view[OWN];
  own.in = stat->in;
  own.out = stat->out;
  for (size_t i = 0; i <= row->t; i++) {
    own.grow[i] = fmin(own.lambda[i], stat->grow[i]);
    if (!token_value_resolved(stat, row, i)) own.error_dv[i] = INFINITY;
  }
  split_bound_good(x, &own, row);
  memcpy(x->own, x->part, x->shape->head_dim * sizeof *x->own);
}

static bool row_is_finite(const oracle_row *row, size_t d) {
  for (size_t c = 0; c < d; c++)
    if (!isfinite(row->y[c])) return false;
  for (size_t i = 0; i <= row->t; i++)
    if (!isfinite(row->logit[i])) return false;
  return true;
}

/* The same of values whose numerators and denominators are summed in absolute value. */
static double uncancelled_scale(bound_context *x, const oracle_row *row) {
  const size_t d = x->shape->head_dim;
  memset(x->good, 0, d * sizeof *x->good);
  for (size_t i = 0; i <= row->t; i++) {
    const double share = row->weight[i] / fmax(x->m.dv_abs[i], DBL_MIN);
    for (size_t c = 0; c < d; c++) x->good[c] += share * x->m.absolute[QV][i * d + c];
  }
  magnitudes_value_abs(&x->m, x->good, x->other);
  return bound_largest_size(d, x->other);
}

/* Size of the values that the row averages: max over components of sum p |v|. */
static double values_scale(bound_context *x, const oracle_row *row) {
  const size_t d = x->shape->head_dim;
  memset(x->other, 0, d * sizeof *x->other);
  for (size_t i = 0; i <= row->t; i++)
    for (size_t c = 0; c < d; c++)
      x->other[c] += row->weight[i] * fabs(row->value[i * d + c]);
  const double scale = bound_largest_size(d, x->other);
  return scale > 0 ? scale : uncancelled_scale(x, row);
}

static bool token_is_nan(const bound_context *x, const oracle_row *row) {
  const size_t d = x->shape->head_dim, stride = x->shape->heads * d;
  const size_t start = (row->batch * x->shape->seq_len + row->t) * stride + row->head * d;
  for (int o = 0; o < ORACLE_OPERANDS; o++)
    for (size_t c = 0; c < d; c++)
      if (isnan(x->operands->value[o][start + c])) return true;
  return false;
}

/* Stat is never above det; both carry the factor. What overflowed bounds nothing. */
static void finish_bounds(const bound_context *x, double *det, double *stat) {
  for (size_t c = 0; c < x->shape->head_dim; c++) {
    if (isnan(det[c])) det[c] = INFINITY;
    if (!(stat[c] <= det[c])) stat[c] = det[c];
    det[c] *= x->factor;
    stat[c] *= x->factor;
  }
}

/* The oracle's own error over the bound it grants; of a wide row, its rounding to float64
 * too. */
static double own_share(const bound_context *x, const oracle_row *row,
                        const double *granted) {
  const bool wide = x->view[OWN].gauge.of.unit < GAUGE_FLOAT64;
  double largest = 0;
  if (x->unit <= GAUGE_FLOAT64) return 0;
  for (size_t c = 0; c < x->shape->head_dim; c++) {
    const double own = x->own[c] + (wide ? GAUGE_FLOAT64 * fabs(row->y[c]) : 0);
    const double share = isinf(granted[c]) ? 0 : own / granted[c];
    if (!(share <= largest)) largest = isnan(share) ? INFINITY : share;
  }
  return largest;
}

/* Whether another association of the row gives the same but for rounding, which is at
 * most x->own on either side. A row in a wide type has been computed twice already. */
static bool is_confirmed(bound_context *x, const oracle_row *row) {
  double *y = x->other;
  if (!x->result->token || x->view[OWN].gauge.of.unit < GAUGE_FLOAT64) return true;
  reassociated_row(x->shape, x->m.eps, x->operands->value, row, x->again, y);
  for (size_t c = 0; c < x->shape->head_dim; c++)
    if (!isinf(x->own[c]) && !(fabs(y[c] - row->y[c]) <= 2 * x->own[c])) return false;
  return true;
}

/* What is granted the elements of row `index`, and why. */
static bool bound_one(bound_context *x, const oracle_row *row, size_t index, error *err) {
  const size_t d = x->shape->head_dim;
  bounds *b = x->result;
  bound_row *to = &b->row[index];
  double *det = b->det + index * d, *stat = b->stat + index * d;
  to->scale = x->scale = values_scale(x, row);
  set_underflow(x, row);
  if (x->factors.room) factors_take(&x->factors, &x->m, row);
  for (int g = 0; g < GAUGES; g++) token_errors(x, &x->view[g], row);
  bound_row_of(x, &x->view[OWN], row, x->own);
  const bool confirmed = is_confirmed(x, row);
  bound_row_of(x, &x->view[DET], row, det);
  const size_t chosen = bound_row_of(x, &x->view[STAT], row, stat);
  row_describe(x, row, to);
  finish_bounds(x, det, stat);
  if (chosen && !fit_keep(x, row, chosen, to, err)) return false;
  if (to->fit != BOUND_NO_FIT) own_of_base(x, row);
  to->own = own_share(x, row, to->fit == BOUND_NO_FIT ? stat : bounds_allowance(b, to));
  if (!confirmed) to->own = INFINITY;
  return true;
}

/* The row again in a wide type, which then stands for the oracle's. */
static bool bound_again(bound_context *x, const oracle_row *row, size_t index,
                        wide_type type, error *err) {
  const size_t d = x->shape->head_dim;
  bounds *b = x->result;
  bound_row *to = &b->row[index];
  wide_row w;
  masked_row m = {0};
  if (!wide_row_make(type, x->shape, x->m.eps, x->operands->value, row, &w, err))
    return false;
  bool ok = masked_row_make(d, &w.row, x->masked, &m, err);
  if (ok && row_is_finite(&m.row, d)) {
    if (to->fit != BOUND_NO_FIT) b->fit_count = to->fit;
    *to = (bound_row){.fit = BOUND_NO_FIT,
                      .poisoned = to->poisoned,
                      .finite = true,
                      .overflows = to->overflows,
                      .wide = 1 + (uint64_t)type};
    x->view[OWN].gauge.of.unit = wide_type_unit(type);
    magnitudes_retake(&x->m, &m.row);
    ok = bound_one(x, &m.row, index, err);
    memcpy(b->y + index * d, w.row.y, d * sizeof *b->y);
    x->view[OWN].gauge.of.unit = GAUGE_FLOAT64;
  }
  masked_row_free(&m);
  wide_row_free(&w);
  return ok;
}

/* Projected operands are not exact: no type helps. */
static bool escalate(bound_context *x, const oracle_row *row, size_t index, error *err) {
  bool ok = true;
  for (wide_type type = 0; ok && type < WIDE_TYPES; type++)
    if (!(x->result->row[index].own <= BOUND_OWN_SHARE) && !x->operands->inner &&
        wide_type_available(type))
      ok = bound_again(x, row, index, type, err);
  return ok;
}

static void look_for_nan(bound_context *x, const oracle_row *row) {
  x->poisoned = (row->t > 0 && x->poisoned) || token_is_nan(x, row);
}

static void pass(void *argument, const oracle_row *row) {
  bound_context *x = argument;
  magnitudes_pass(&x->m, row);
  look_for_nan(x, row);
}

/* The row, and again where need be; nothing is granted in columns that are masked. */
static bool bound_finite(bound_context *x, const oracle_row *row, size_t index,
                         error *err) {
  const size_t d = x->shape->head_dim;
  x->result->row[index].overflows =
      x->m.largest > (x->unit > GAUGE_FLOAT64 ? (double)FLT_MAX : DBL_MAX) / 4;
  if (!bound_one(x, row, index, err) || !escalate(x, row, index, err)) return false;
  for (size_t c = 0; c < d; c++)
    if (x->masked[c])
      x->result->det[index * d + c] = x->result->stat[index * d + c] = INFINITY;
  return true;
}

/* The row without the columns that VV has spoilt. */
static bool bound_masked(bound_context *x, const oracle_row *row, size_t index,
                         error *err) {
  masked_row m;
  if (!masked_row_make(x->shape->head_dim, row, x->masked, &m, err)) return false;
  bool ok = true;
  x->result->row[index].finite = row_is_finite(&m.row, x->shape->head_dim);
  if (x->result->row[index].finite) ok = bound_finite(x, &m.row, index, err);
  masked_row_free(&m);
  return ok;
}

static bool visit(void *argument, const oracle_row *row, error *err) {
  bound_context *x = argument;
  const size_t d = x->shape->head_dim;
  bounds *b = x->result;
  const size_t index =
      (row->batch * b->tokens + row->place) * x->shape->heads + row->head;
  bound_row *to = &b->row[index];
  *to = (bound_row){.fit = BOUND_NO_FIT};
  pass(x, row);
  const size_t masked = masked_columns(d, row, x->masked);
  if (masked) magnitudes_drop_columns(&x->m, x->masked);
  magnitudes_take(&x->m, row);
  for (size_t c = 0; c < d; c++)
    b->det[index * d + c] = b->stat[index * d + c] = INFINITY;
  to->poisoned = x->poisoned;
  if (masked) return masked == d || bound_masked(x, row, index, err);
  to->finite = row_is_finite(row, d);
  return !to->finite || bound_finite(x, row, index, err);
}

static bool context_make(bound_context *x, error *err) {
  const size_t d = x->shape->head_dim, T = x->shape->seq_len;
  x->room = calloc(18 * T + 16 * d + reassociated_room(x->shape), sizeof *x->room);
  x->chosen = calloc(2 * T, sizeof *x->chosen);
  x->masked = calloc(d, sizeof *x->masked);
  if (!x->room || !x->chosen || !x->masked)
    return error_set(err, "bound: out of memory for a row");
  double *at = x->room;
  for (int g = 0; g < GAUGES; g++) {
    double **const arrays[] = {&x->view[g].lambda, &x->view[g].error_dv, &x->view[g].most,
                               &x->view[g].in,     &x->view[g].grow,     &x->view[g].out};
    for (size_t i = 0; i < 6; i++, at += T) *arrays[i] = at;
  }
  double **const vectors[] = {
      &x->sums.moved,     &x->sums.values, &x->sums.quotient, &x->sums.inner,
      &x->sums.numerator, &x->sums.error,  &x->sums.absolute, &x->sums.rounded,
      &x->center,         &x->good,        &x->other,         &x->part,
      &x->hull,           &x->zero,        &x->underflow,     &x->own};
  for (size_t i = 0; i < 16; i++, at += d) *vectors[i] = at;
  x->again = at;
  return (x->view[STAT].gauge.of.factor == 0 ||
          factors_make(&x->factors, x->shape, err)) &&
         magnitudes_make(&x->m, x->shape, x->m.eps, x->operands, err);
}

bool bounds_room(const oracle_shape *s, sample_rule rule, bounds *out, error *err) {
  const size_t d = s->head_dim;
  *out = (bounds){.head_dim = d};
  if (!sample_choose(s, rule, &out->token, &out->tokens, err)) return false;
  const size_t rows = out->rows = s->batch * out->tokens * s->heads;
  out->y = calloc(rows * d, sizeof *out->y);
  out->det = calloc(rows * d, sizeof *out->det);
  out->stat = calloc(rows * d, sizeof *out->stat);
  out->row = calloc(rows, sizeof *out->row);
  if (out->y && out->det && out->stat && out->row) return true;
  bounds_free(out);
  return error_set(err, "bound: out of memory for %zu rows of %zu", rows, d);
}

bool bounds_make(const oracle_shape *shape, double eps,
                 const magnitude_operands *operands, gauge_precision precision,
                 sample_rule rule, bounds *out, error *err) {
  bound_context x = {.shape = shape,
                     .operands = operands,
                     .unit = precision.unit,
                     .factor = precision.unit <= GAUGE_FLOAT64 ? 2 : 1,
                     .result = out};
  x.m.eps = eps;
  x.view[DET].gauge = (gauge){.of = precision};
  x.view[STAT].gauge = (gauge){.of = precision, .noise = true};
  x.view[OWN].gauge = (gauge){.of = {.unit = GAUGE_FLOAT64}};
  const oracle_visitor visitor = {visit, pass, &x};
  const bool ok = bounds_room(shape, rule, out, err) && context_make(&x, err) &&
                  oracle_attention_rows(shape, eps, operands->value,
                                        (oracle_sample){out->tokens, out->token}, out->y,
                                        &visitor, err);
  magnitudes_free(&x.m);
  factors_free(&x.factors);
  free(x.room);
  free(x.chosen);
  free(x.masked);
  if (!ok) bounds_free(out);
  return ok;
}

size_t bounds_token(const bounds *b, size_t place) {
  return b->token ? b->token[place] : place;
}

void bounds_free(bounds *b) {
  free(b->token);
  free(b->y);
  free(b->det);
  free(b->stat);
  free(b->row);
  free(b->fit);
  *b = (bounds){0};
}
