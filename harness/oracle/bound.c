/* Per row: errors of denominators and numerators -> lambda of each logit -> the bound
 * over all tokens at once (direct), or over the good ones with the rest as unknowns
 * (split). Three gauges go through the same code; names follow docs/verdicts.md. */
#include "bound.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DET, STAT, OWN, GAUGES };
enum { QV = 4 };

#define OWN_UNIT 0x1p-53
/* A logit known no better than this is an unknown. */
#define GOOD_LAMBDA 0.5
/* Beyond it e^lambda says nothing. */
#define LARGEST_LAMBDA 30.0
/* An unresolved value denominator is taken to be at least this share of its error: by
 * chance alone it is smaller once in 2^10 times. */
#define VALUE_FLOOR 0x1p-10
/* Unknowns that move the output by less, in units of its scale, are bounded, not fitted.
 */
#define SOFT 1e-3

typedef struct gauge {
  double unit;
  bool noise; /* squares, else absolute values */
} gauge;

/* One gauge's view of one row. Arrays of (seq_len). */
typedef struct view {
  gauge gauge;
  double *lambda;
  double *error_dv;
  double *most; /* largest weight a token may have */
  double *in;   /* weights of the good tokens, 0 elsewhere */
  double *grow; /* their lambda */
  double *out;  /* `most` of the others, 0 elsewhere */
} view;

/* Sums over a set of tokens, (head_dim) each. */
typedef struct sums {
  double *moved;             /* sum w (e^lambda - 1) |v - centre| */
  double *values;            /* sum w e^lambda |v| */
  double *quotient;          /* sum w e^lambda (E_Dv / (|Dv| - E_Dv) + 2u) |v| */
  double *inner, *numerator; /* sum w |QV|, or squares; and of nv^2 */
  double *error;             /* of numerators of values, over their denominators */
  double omega, shrunk;
} sums;

typedef struct context {
  const oracle_shape *shape;
  const magnitude_operands *operands;
  double unit, factor; /* factor: see bounds_make */
  double scale;        /* of the row's values */
  bool poisoned;       /* a NaN was among the slice's operands */
  magnitudes m;
  view view[GAUGES];
  sums sums;
  double *center, *good, *other, *part, *hull, *zero; /* (head_dim) */
  double *underflow, *own;
  double *room;
  size_t *chosen; /* columns: token * 2 + in_value, 2 seq_len */
  bounds *result;
} context;

static double largest_size(size_t d, const double *a) {
  double largest = 0;
  for (size_t c = 0; c < d; c++) largest = fmax(largest, fabs(a[c]));
  return largest;
}

/* What an operation of that precision may lose where its result underflows. */
static double tiny(gauge g) {
  return g.unit > OWN_UNIT ? (double)FLT_MIN : DBL_MIN;
}

/* m roundings at most, or as noise. */
static double gamma_of(gauge g, double m) {
  if (g.noise) return BOUND_STAT_SIGMAS * g.unit * sqrt(m / 3);
  const double mu = m * g.unit;
  return mu < 1 ? mu / (1 - mu) : INFINITY;
}

static double worst_of(gauge g, double m) {
  return gamma_of((gauge){.unit = g.unit}, m);
}

/* Error of a sum whose monomials have sizes `absolute` and `square`, m roundings each. */
static double sum_error(gauge g, double m, double absolute, double square) {
  const double worst = worst_of(g, m) * absolute;
  if (!g.noise) return worst;
  const double noise = BOUND_STAT_SIGMAS * g.unit * sqrt(square / 3);
  return noise < worst ? noise : worst;
}

static double denominator_error(const context *x, gauge g, double absolute,
                                double square) {
  const double m = x->m.counts.denominator;
  return sum_error(g, m, absolute, square) +
         2 * x->m.counts.products * tiny(g) * (1 + absolute);
}

/* Left-to-right maxima of the logits: how often an online softmax rescales. */
static double count_rescalings(const oracle_row *row) {
  double max = -INFINITY, count = 0;
  for (size_t i = 0; i <= row->t; i++)
    if (row->logit[i] > max) {
      max = row->logit[i];
      count++;
    }
  return count + log2((double)row->t + 1);
}

/* Relative error of a weight from exp and from rescalings. */
static double exp_error(gauge g, const oracle_row *row, double rescalings) {
  const double worst = worst_of(g, BOUND_EXP_UNITS * ((double)row->t + 2));
  if (!g.noise) return worst;
  const double noise =
      BOUND_STAT_SIGMAS * BOUND_EXP_UNITS * g.unit * sqrt((1 + rescalings) / 3);
  return noise < worst ? noise : worst;
}

static double max_of(size_t count, const double *x) {
  double max = x[0];
  for (size_t i = 1; i < count; i++)
    if (x[i] > max) max = x[i];
  return max;
}

/* Errors of every denominator, and of every logit (E5), infinite where its denominator is
 * unresolved. Returns the largest that is not hopeless. */
static double measure_logits(context *x, view *v, const oracle_row *row) {
  const magnitudes *m = &x->m;
  const gauge g = v->gauge;
  const double two = worst_of(g, 2), count = m->counts.numerator;
  double largest = 0;
  for (size_t i = 0; i <= row->t; i++) {
    const double l = fabs(row->logit[i]), D = fabs(row->denominator_k[i]);
    const double e_n = sum_error(g, count, m->n_abs[i], m->n_sq[i]) +
                       4 * count * tiny(g) * m->n_underflow[i];
    const double e_d = denominator_error(x, g, m->d_abs[i], m->d_sq[i]);
    v->error_dv[i] = denominator_error(x, g, m->dv_abs[i], m->dv_sq[i]);
    v->lambda[i] = INFINITY;
    if (!(e_d < D)) continue;
    const double quotient = (e_n + l * e_d) / (D - e_d);
    v->lambda[i] = quotient + two * (l + quotient) + 2 * tiny(g) * (1 + m->abs_q);
    if (v->lambda[i] <= LARGEST_LAMBDA) largest = fmax(largest, v->lambda[i]);
  }
  return largest;
}

/* lambda of every weight (E6): the logit's error, the shift by a maximum that errs too,
 * exp and rescalings. */
static void measure_tokens(context *x, view *v, const oracle_row *row) {
  const double max = max_of(row->t + 1, row->logit);
  const double exponential = exp_error(v->gauge, row, count_rescalings(row));
  const double two = worst_of(v->gauge, 2), largest = measure_logits(x, v, row);
  for (size_t i = 0; i <= row->t; i++)
    v->lambda[i] += two * (max - row->logit[i] + v->lambda[i] + largest) + exponential;
}

static bool value_resolved(const view *v, const oracle_row *row, size_t i) {
  return v->error_dv[i] < fabs(row->denominator_v[i]);
}

/* 1 / (|Dv| - E_Dv), for a resolved denominator. */
static double reciprocal(const view *v, const oracle_row *row, size_t i) {
  return 1 / (fabs(row->denominator_v[i]) - v->error_dv[i]);
}

static void clear_sums(sums *s, size_t d) {
  memset(s->moved, 0, 6 * d * sizeof *s->moved);
  s->omega = s->shrunk = 0;
}

/* One token of weight w and uncertainty lambda. */
static void add_token(context *x, const view *v, const oracle_row *row, size_t i,
                      double w, double lambda, const double *restrict centre) {
  const size_t d = x->shape->head_dim;
  const double growth = expm1(lambda), grown = w * (growth + 1), moved = w * growth;
  const bool resolved = value_resolved(v, row, i);
  sums *s = &x->sums;
  s->shrunk += w / (growth + 1);
  if (!resolved) {
    for (size_t c = 0; c < d; c++) s->moved[c] += moved * fabs(centre[c]);
    return;
  }
  const double inverse = reciprocal(v, row, i);
  const double relative = grown * (v->error_dv[i] * inverse * (1 + 2 * v->gauge.unit) +
                                   worst_of(v->gauge, 2));
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
}

/* sum w e^lambda E_nv / (|Dv| - E_Dv), at once for all tokens of the set. */
static void numerator_errors(context *x, const view *v, const oracle_row *row) {
  const size_t d = x->shape->head_dim;
  const double m = x->m.counts.value;
  sums *s = &x->sums;
  const double down =
      4 * m * tiny(v->gauge) * s->omega * (1 + x->m.abs_vv_max) * (1 + x->m.abs_qv_sum);
  if (!v->gauge.noise) {
    magnitudes_value_abs(&x->m, s->inner, s->error);
    for (size_t c = 0; c < d; c++)
      s->error[c] = worst_of(v->gauge, m) * s->error[c] + down;
    return;
  }
  magnitudes_value_sq(&x->m, row->s_v, s->inner, s->error);
  for (size_t c = 0; c < d; c++)
    s->error[c] = BOUND_STAT_SIGMAS * v->gauge.unit *
                      sqrt(s->omega * (s->error[c] + m * s->numerator[c]) / 3) +
                  down;
}

/* The bound over a set of tokens with weights and lambdas, whose mean is `mean`. */
static void bound_of_set(context *x, const view *v, const oracle_row *row,
                         const double *weight, const double *lambda, const double *mean,
                         double *restrict out) {
  const size_t d = x->shape->head_dim;
  sums *s = &x->sums;
  clear_sums(s, d);
  for (size_t i = 0; i <= row->t; i++)
    if (weight[i] > 0) add_token(x, v, row, i, weight[i], lambda[i], mean);
  numerator_errors(x, v, row);
  const double rounding = gamma_of(v->gauge, x->m.counts.sum);
  for (size_t c = 0; c < d; c++) {
    const double delta = s->quotient[c] + s->error[c];
    out[c] = (s->moved[c] + delta) / s->shrunk +
             rounding * ((s->values[c] + delta) / s->shrunk + fabs(mean[c])) +
             tiny(v->gauge) * x->underflow[c];
  }
}

/* What underflow anywhere between exp and y may cost, in units of `tiny` (E9). */
static void measure_underflow(context *x, const oracle_row *row) {
  const size_t d = x->shape->head_dim;
  const double m = 4 * x->m.counts.value;
  magnitudes_value_abs(&x->m, x->m.abs_qv, x->underflow);
  for (size_t c = 0; c < d; c++) {
    double sum = 1 + x->m.abs_vv[c];
    for (size_t i = 0; i <= row->t; i++) sum += fabs(row->value[i * d + c]);
    for (size_t a = 0; a < d; a++) sum += x->m.abs_sv[a * d + c];
    x->underflow[c] = m * (sum + x->underflow[c]);
  }
}

/* The least logit a token can have, over the others. */
static double low_end(const view *v, const oracle_row *row, size_t i) {
  return isinf(v->lambda[i]) ? -INFINITY : row->logit[i] - v->lambda[i];
}

static size_t best_low(const view *v, const oracle_row *row) {
  size_t best = 0;
  for (size_t i = 1; i <= row->t; i++)
    if (low_end(v, row, i) > low_end(v, row, best)) best = i;
  if (!isinf(low_end(v, row, best))) return best;
  for (size_t i = 1; i <= row->t; i++)
    if (row->weight[i] > row->weight[best]) best = i;
  return best;
}

/* Most a token can weigh, whatever the others' errors within their lambdas. */
static void measure_most(view *v, const oracle_row *row, size_t best) {
  const double top = low_end(v, row, best);
  double least = 0;
  for (size_t i = 0; i <= row->t; i++)
    if (!isinf(v->lambda[i])) least += exp(low_end(v, row, i) - top);
  for (size_t i = 0; i <= row->t; i++) {
    v->most[i] = 1;
    if (isinf(v->lambda[i])) continue;
    const double others = least - exp(low_end(v, row, i) - top);
    const double high = row->logit[i] + v->lambda[i] - top;
    if (others > 0) v->most[i] = 1 / (1 + others * exp(-high));
  }
}

static double furthest(const context *x, const view *v, const oracle_row *row, size_t i,
                       const double *centre);

/* Whether a token's weight is known well enough not to be an unknown. For noise, where
 * unknowns can be fitted: so well that the output hardly moves. */
static bool good(const context *x, const view *v, const oracle_row *row, size_t i,
                 double scale) {
  if (!(v->lambda[i] <= GOOD_LAMBDA)) return false;
  if (!v->gauge.noise) return true;
  const double moves = v->most[i] * expm1(v->lambda[i]);
  return moves * furthest(x, v, row, i, row->y) <= SOFT * scale;
}

/* Chooses the good tokens and their weights; the one token that outweighs them all
 * instead where there is one, or where none is good: a single token's weight is certain,
 * whatever its logit. */
static void split_tokens(const context *x, view *v, const oracle_row *row, double scale) {
  const size_t best = best_low(v, row);
  double max = -INFINITY, sum = 0;
  measure_most(v, row, best);
  for (size_t i = 0; i <= row->t; i++) {
    v->in[i] = good(x, v, row, i, scale);
    if (v->in[i] > 0) max = fmax(max, row->logit[i]);
  }
  for (size_t i = 0; i <= row->t; i++)
    if (v->in[i] > 0) sum += v->in[i] = exp(row->logit[i] - max);
  const bool alone =
      !(sum > 0) || (v->in[best] == 0 && low_end(v, row, best) > max + log(sum));
  for (size_t i = 0; i <= row->t; i++) {
    const bool in = alone ? i == best : v->in[i] > 0;
    v->in[i] = !in ? 0 : alone ? 1 : v->in[i] / sum;
    v->grow[i] = alone ? 0 : v->lambda[i];
    v->out[i] = in ? 0 : v->most[i];
  }
}

/* The mean of the good tokens' values, without those whose denominator is unresolved. */
static void good_mean(const context *x, const view *v, const oracle_row *row,
                      double *out) {
  const size_t d = x->shape->head_dim;
  memset(out, 0, d * sizeof *out);
  for (size_t i = 0; i <= row->t; i++)
    if (v->in[i] > 0 && value_resolved(v, row, i))
      for (size_t c = 0; c < d; c++) out[c] += v->in[i] * row->value[i * d + c];
}

/* |v_i - centre|, v_i = 0 where its denominator is unresolved. */
static double away(const context *x, const view *v, const oracle_row *row, size_t i,
                   size_t c, const double *centre) {
  const double value =
      value_resolved(v, row, i) ? row->value[i * x->shape->head_dim + c] : 0;
  return fabs(value - centre[c]);
}

static double furthest(const context *x, const view *v, const oracle_row *row, size_t i,
                       const double *centre) {
  double largest = 0;
  for (size_t c = 0; c < x->shape->head_dim; c++)
    largest = fmax(largest, away(x, v, row, i, c, centre));
  return largest;
}

/* Error of the numerator of v_i. */
static void numerator_error_of(context *x, const view *v, const oracle_row *row, size_t i,
                               double *out) {
  const size_t d = x->shape->head_dim;
  const double m = x->m.counts.value, dv = row->denominator_v[i];
  magnitudes_value_sq(&x->m, row->s_v, x->m.square[QV] + i * d, out);
  for (size_t c = 0; c < d; c++) {
    const double n = row->value[i * d + c] * dv;
    out[c] = BOUND_STAT_SIGMAS * v->gauge.unit * sqrt((out[c] + m * n * n) / 3);
  }
}

/* Largest |v_i| an unresolved denominator leaves likely, in one component. */
static double likely_value(const context *x, const view *v, const oracle_row *row,
                           size_t i, size_t c) {
  const double n = row->value[i * x->shape->head_dim + c] * row->denominator_v[i];
  return (fabs(n) + x->other[c]) / (VALUE_FLOOR * v->error_dv[i]);
}

/* Sorts the unknowns of the row into those bounded (added to `part`, the bound on what
 * is left after the fit) and those fitted (chosen; added to `hull`, what they may do at
 * most). Returns how many are fitted. */
static size_t sort_unknowns(context *x, const view *v, const oracle_row *row,
                            double scale, double *hull) {
  const size_t d = x->shape->head_dim;
  double *largest = x->good;
  size_t chosen = 0;
  memset(largest, 0, d * sizeof *largest);
  memset(hull, 0, d * sizeof *hull);
  for (size_t i = 0; i <= row->t; i++) {
    if (!(v->out[i] > 0)) continue;
    const bool soft = v->out[i] * furthest(x, v, row, i, x->center) <= SOFT * scale;
    double *sum = soft ? x->part : hull;
    for (size_t c = 0; c < d; c++) {
      sum[c] += v->out[i] * away(x, v, row, i, c, x->center);
      if (!soft) largest[c] = fmax(largest[c], away(x, v, row, i, c, x->center));
    }
    if (!soft) x->chosen[chosen++] = 2 * i;
  }
  for (size_t c = 0; c < d; c++) hull[c] = fmin(hull[c], largest[c]);
  for (size_t i = 0; i <= row->t; i++) {
    const double weight =
        v->out[i] > 0 ? v->out[i] : fmin(1, v->in[i] * exp(v->grow[i] + GOOD_LAMBDA));
    if (value_resolved(v, row, i) || !(weight > 0)) continue;
    double most = 0;
    numerator_error_of(x, v, row, i, x->other);
    for (size_t c = 0; c < d; c++)
      most = fmax(most, weight * likely_value(x, v, row, i, c));
    double *sum = most <= SOFT * scale ? x->part : hull;
    for (size_t c = 0; c < d; c++) sum[c] += weight * likely_value(x, v, row, i, c);
    if (sum == hull) x->chosen[chosen++] = 2 * i + 1;
  }
  return chosen;
}

/* The bound on the good tokens' mean, and on rounding among the others: `part`. */
static void bound_good(context *x, const view *v, const oracle_row *row) {
  const size_t d = x->shape->head_dim;
  const double rounding = gamma_of(v->gauge, x->m.counts.sum);
  bound_of_set(x, v, row, v->in, v->grow, x->center, x->part);
  sums *s = &x->sums;
  clear_sums(s, d);
  for (size_t i = 0; i <= row->t; i++)
    if (v->out[i] > 0) add_token(x, v, row, i, v->out[i], 0, x->zero);
  numerator_errors(x, v, row);
  for (size_t c = 0; c < d; c++) {
    const double delta = s->quotient[c] + s->error[c];
    x->part[c] += delta + 2 * rounding * (s->values[c] + delta);
  }
}

static bool any_value_unresolved(const view *v, const oracle_row *row) {
  for (size_t i = 0; i <= row->t; i++)
    if (!value_resolved(v, row, i)) return true;
  return false;
}

static double largest_lambda(const view *v, const oracle_row *row) {
  double largest = 0;
  for (size_t i = 0; i <= row->t; i++) largest = fmax(largest, v->lambda[i]);
  return largest;
}

/* The bound by split tokens, where it is smaller. Returns the unknowns to fit, whose base
 * and allowance are then x->center and x->part. */
static size_t bound_split(context *x, view *v, const oracle_row *row, double *out) {
  const size_t d = x->shape->head_dim;
  split_tokens(x, v, row, x->scale);
  good_mean(x, v, row, x->center);
  bound_good(x, v, row);
  const double scale = fmax(x->scale, largest_size(d, x->center));
  const size_t chosen = sort_unknowns(x, v, row, scale, x->hull);
  for (size_t c = 0; c < d; c++)
    out[c] = fmin(out[c], x->part[c] + fabs(x->center[c] - row->y[c]) + x->hull[c]);
  return chosen;
}

/* B of one row by one gauge. Returns how many unknowns are to be fitted; 0 where none
 * are needed. */
static size_t bound_row_of(context *x, view *v, const oracle_row *row, double *out) {
  const size_t d = x->shape->head_dim;
  const double small = BOUND_SMALL / x->factor * x->scale;
  const bool unresolved = any_value_unresolved(v, row);
  for (size_t c = 0; c < d; c++) out[c] = INFINITY;
  if (unresolved && !v->gauge.noise) return 0;
  if (largest_lambda(v, row) <= LARGEST_LAMBDA && !unresolved)
    bound_of_set(x, v, row, row->weight, v->lambda, row->y, out);
  if (largest_size(d, out) <= small) return 0;
  const size_t chosen = bound_split(x, v, row, out);
  return largest_size(d, out) <= small ? 0 : chosen;
}

static bool reserve_fit(bounds *b, size_t count, error *err) {
  const size_t wanted = b->fit_count + count;
  size_t room = 1024, had = b->fit_count ? 1024 : 0;
  while (had && had < b->fit_count) had *= 2;
  while (room < wanted) room *= 2;
  if (room == had) return true;
  double *grown = realloc(b->fit, room * sizeof *grown);
  if (!grown) return error_set(err, "bound: out of memory for fits");
  b->fit = grown;
  return true;
}

static size_t column_size(size_t d) {
  return 2 + 2 * d;
}

/* Direction and spread of an unknown. */
static void fill_column(context *x, const view *v, const oracle_row *row, size_t chosen,
                        double *to) {
  const size_t d = x->shape->head_dim, i = chosen / 2;
  to[0] = (double)i;
  to[1] = (double)(chosen % 2);
  double *direction = to + 2, *spread = direction + d;
  const bool resolved = value_resolved(v, row, i);
  if (chosen % 2) {
    numerator_error_of(x, v, row, i, spread);
    for (size_t c = 0; c < d; c++)
      direction[c] = row->value[i * d + c] * row->denominator_v[i];
    return;
  }
  for (size_t c = 0; c < d; c++) {
    direction[c] = (resolved ? row->value[i * d + c] : 0) - x->center[c];
    spread[c] = 0;
  }
}

/* Keeps what the fit of a row needs; directions only while a fit can decide. */
static bool keep_fit(context *x, const oracle_row *row, size_t chosen, bound_row *to,
                     error *err) {
  const size_t d = x->shape->head_dim;
  bounds *b = x->result;
  to->columns = chosen;
  to->scale = fmax(to->scale, largest_size(d, x->center));
  if (chosen > d / 2) return true;
  const size_t count = 2 * d + chosen * column_size(d);
  if (!reserve_fit(b, count, err)) return false;
  to->fit = b->fit_count;
  double *at = b->fit + b->fit_count;
  memcpy(at, x->center, d * sizeof *at);
  for (size_t c = 0; c < d; c++) at[d + c] = x->factor * x->part[c];
  for (size_t k = 0; k < chosen; k++)
    fill_column(x, &x->view[STAT], row, x->chosen[k], at + 2 * d + k * column_size(d));
  b->fit_count += count;
  return true;
}

/* The oracle's own error in the base of a fit, for the unknowns are fitted to it as well:
 * in x->own. */
static void own_of_base(context *x, const oracle_row *row) {
  const view *stat = &x->view[STAT];
  view own = x->view[OWN];
  own.in = stat->in;
  own.out = stat->out;
  for (size_t i = 0; i <= row->t; i++) {
    own.grow[i] = fmin(own.lambda[i], stat->grow[i]);
    if (!value_resolved(stat, row, i)) own.error_dv[i] = INFINITY;
  }
  bound_good(x, &own, row);
  memcpy(x->own, x->part, x->shape->head_dim * sizeof *x->own);
}

/* The token whose uncertainty weighs most: unresolved before resolved. */
static bound_culprit find_culprit(const context *x, const oracle_row *row) {
  const view *v = &x->view[STAT];
  bound_culprit worst = {0};
  double weighs = -1;
  for (size_t i = 0; i <= row->t; i++)
    for (uint64_t in_value = 0; in_value < 2; in_value++) {
      const double D = (in_value ? row->denominator_v : row->denominator_k)[i];
      const double e = in_value
                           ? v->error_dv[i]
                           : denominator_error(x, v->gauge, x->m.d_abs[i], x->m.d_sq[i]);
      const double p = row->weight[i], share = e / fabs(D);
      const double lambda = in_value ? share : v->lambda[i];
      const double score = share >= 1 ? 1e300 * (1 + p) : p * (1 - p / 2) * lambda;
      if (!(score > weighs)) continue;
      weighs = score;
      worst = (bound_culprit){i, in_value, D, e, v->lambda[i], p};
    }
  return worst;
}

static void describe(const context *x, const oracle_row *row, bound_row *to) {
  const view *v = &x->view[STAT];
  for (size_t i = 0; i <= row->t; i++) {
    const double p = row->weight[i];
    to->unresolved_k += isinf(v->lambda[i]) ? 1 : 0;
    to->unresolved_v += value_resolved(v, row, i) ? 0 : 1;
    to->largest_weight = fmax(to->largest_weight, p);
    if (p > 0) to->entropy -= p * log(p);
  }
  to->culprit = find_culprit(x, row);
}

static bool row_is_finite(const oracle_row *row, size_t d) {
  for (size_t c = 0; c < d; c++)
    if (!isfinite(row->y[c])) return false;
  for (size_t i = 0; i <= row->t; i++)
    if (!isfinite(row->logit[i])) return false;
  return true;
}

/* Size of the values that the row averages: max over components of sum p |v|. */
static double values_scale(context *x, const oracle_row *row) {
  const size_t d = x->shape->head_dim;
  memset(x->other, 0, d * sizeof *x->other);
  for (size_t i = 0; i <= row->t; i++)
    for (size_t c = 0; c < d; c++)
      x->other[c] += row->weight[i] * fabs(row->value[i * d + c]);
  return largest_size(d, x->other);
}

static bool token_is_nan(const context *x, const oracle_row *row) {
  const size_t d = x->shape->head_dim, stride = x->shape->heads * d;
  const size_t start = (row->batch * x->shape->seq_len + row->t) * stride + row->head * d;
  for (int o = 0; o < ORACLE_OPERANDS; o++)
    for (size_t c = 0; c < d; c++)
      if (isnan(x->operands->value[o][start + c])) return true;
  return false;
}

/* Stat is never above det; both carry the factor. */
static void finish_bounds(const context *x, double *det, double *stat) {
  for (size_t c = 0; c < x->shape->head_dim; c++) {
    if (!(stat[c] <= det[c])) stat[c] = det[c];
    det[c] *= x->factor;
    stat[c] *= x->factor;
  }
}

/* The oracle's own error over the bound it grants. */
static double own_share(const context *x, const double *own, const double *granted) {
  double largest = 0;
  if (x->unit <= OWN_UNIT) return 0;
  for (size_t c = 0; c < x->shape->head_dim; c++) {
    const double share = isinf(granted[c]) ? 0 : own[c] / granted[c];
    if (!(share <= largest)) largest = share;
  }
  return largest;
}

static bool visit(void *argument, const oracle_row *row, error *err) {
  context *x = argument;
  const size_t d = x->shape->head_dim;
  const size_t index =
      (row->batch * x->shape->seq_len + row->t) * x->shape->heads + row->head;
  bounds *b = x->result;
  bound_row *to = &b->row[index];
  double *det = b->det + index * d, *stat = b->stat + index * d;
  *to = (bound_row){.fit = BOUND_NO_FIT};
  magnitudes_take(&x->m, row);
  for (size_t c = 0; c < d; c++) det[c] = stat[c] = INFINITY;
  if (row->t == 0) x->poisoned = false;
  to->poisoned = x->poisoned = x->poisoned || token_is_nan(x, row);
  to->finite = row_is_finite(row, d);
  if (!to->finite) return true;
  to->overflows = x->m.largest > (x->unit > OWN_UNIT ? (double)FLT_MAX : DBL_MAX) / 4;
  to->scale = x->scale = values_scale(x, row);
  measure_underflow(x, row);
  for (int g = 0; g < GAUGES; g++) measure_tokens(x, &x->view[g], row);
  bound_row_of(x, &x->view[OWN], row, x->own);
  bound_row_of(x, &x->view[DET], row, det);
  const size_t chosen = bound_row_of(x, &x->view[STAT], row, stat);
  describe(x, row, to);
  finish_bounds(x, det, stat);
  if (chosen && !keep_fit(x, row, chosen, to, err)) return false;
  if (to->fit != BOUND_NO_FIT) own_of_base(x, row);
  to->own =
      own_share(x, x->own, to->fit == BOUND_NO_FIT ? stat : bounds_allowance(b, to));
  return true;
}

static bool context_make(context *x, error *err) {
  const size_t d = x->shape->head_dim, T = x->shape->seq_len;
  x->room = calloc(18 * T + 14 * d, sizeof *x->room);
  x->chosen = calloc(2 * T, sizeof *x->chosen);
  if (!x->room || !x->chosen) return error_set(err, "bound: out of memory for a row");
  double *at = x->room;
  for (int g = 0; g < GAUGES; g++) {
    double **const arrays[] = {&x->view[g].lambda, &x->view[g].error_dv, &x->view[g].most,
                               &x->view[g].in,     &x->view[g].grow,     &x->view[g].out};
    for (size_t i = 0; i < 6; i++, at += T) *arrays[i] = at;
  }
  double **const vectors[] = {
      &x->sums.moved,     &x->sums.values, &x->sums.quotient, &x->sums.inner,
      &x->sums.numerator, &x->sums.error,  &x->center,        &x->good,
      &x->other,          &x->part,        &x->hull,          &x->zero,
      &x->underflow,      &x->own};
  for (size_t i = 0; i < 14; i++, at += d) *vectors[i] = at;
  return magnitudes_make(&x->m, x->shape, x->m.eps, x->operands, err);
}

bool bounds_room(const oracle_shape *s, bounds *out, error *err) {
  const size_t rows = s->batch * s->seq_len * s->heads, d = s->head_dim;
  *out = (bounds){.rows = rows, .head_dim = d};
  out->y = calloc(rows * d, sizeof *out->y);
  out->det = calloc(rows * d, sizeof *out->det);
  out->stat = calloc(rows * d, sizeof *out->stat);
  out->row = calloc(rows, sizeof *out->row);
  if (out->y && out->det && out->stat && out->row) return true;
  bounds_free(out);
  return error_set(err, "bound: out of memory for %zu rows of %zu", rows, d);
}

bool bounds_make(const oracle_shape *shape, double eps,
                 const magnitude_operands *operands, double unit, bounds *out,
                 error *err) {
  context x = {.shape = shape,
               .operands = operands,
               .unit = unit,
               .factor = unit <= OWN_UNIT ? 2 : 1,
               .result = out};
  x.m.eps = eps;
  x.view[DET].gauge = (gauge){.unit = unit};
  x.view[STAT].gauge = (gauge){.unit = unit, .noise = true};
  x.view[OWN].gauge = (gauge){.unit = OWN_UNIT};
  const oracle_visitor visitor = {visit, &x};
  const bool ok = bounds_room(shape, out, err) && context_make(&x, err) &&
                  oracle_attention(shape, eps, operands->value, out->y, &visitor, err);
  magnitudes_free(&x.m);
  free(x.room);
  free(x.chosen);
  if (!ok) bounds_free(out);
  return ok;
}

void bounds_free(bounds *b) {
  free(b->y);
  free(b->det);
  free(b->stat);
  free(b->row);
  free(b->fit);
  *b = (bounds){0};
}

const double *bounds_base(const bounds *b, const bound_row *row) {
  return b->fit + row->fit;
}

const double *bounds_allowance(const bounds *b, const bound_row *row) {
  return b->fit + row->fit + b->head_dim;
}

static const double *column_at(const bounds *b, const bound_row *row, size_t column) {
  return b->fit + row->fit + 2 * b->head_dim + column * column_size(b->head_dim);
}

bound_column bounds_column(const bounds *b, const bound_row *row, size_t column) {
  const double *at = column_at(b, row, column);
  return (bound_column){(uint64_t)at[0], (uint64_t)at[1]};
}

const double *bounds_direction(const bounds *b, const bound_row *row, size_t column) {
  return column_at(b, row, column) + 2;
}

const double *bounds_spread(const bounds *b, const bound_row *row, size_t column) {
  return column_at(b, row, column) + 2 + b->head_dim;
}
