#include "split.h"

#include <math.h>
#include <string.h>

#include "token_error.h"
#include "token_set.h"

enum { QV = 4 };

/* A logit known no better than this is an unknown. */
#define GOOD_LAMBDA 0.5
/* An unresolved value denominator is taken to be at least this share of its error: by
 * chance alone it is smaller once in 2^10 times. */
#define VALUE_FLOOR 0x1p-10
/* Unknowns that move the output by less, in units of its scale, are bounded, not fitted.
 */
#define SOFT 1e-3

/* The least logit a token can have, over the others. */
static double low_end(const bound_view *v, const oracle_row *row, size_t i) {
  return isinf(v->lambda[i]) ? -INFINITY : row->logit[i] - v->lambda[i];
}

static size_t best_low(const bound_view *v, const oracle_row *row) {
  size_t best = 0;
  for (size_t i = 1; i <= row->t; i++)
    if (low_end(v, row, i) > low_end(v, row, best)) best = i;
  if (!isinf(low_end(v, row, best))) return best;
  for (size_t i = 1; i <= row->t; i++)
    if (row->weight[i] > row->weight[best]) best = i;
  return best;
}

/* Most a token can weigh, whatever the others' errors within their lambdas. */
static void measure_most(bound_view *v, const oracle_row *row, size_t best) {
  const double top = low_end(v, row, best);
  double least = 0, *weight = v->most;
  for (size_t i = 0; i <= row->t; i++)
    least += weight[i] = isinf(v->lambda[i]) ? 0 : exp(low_end(v, row, i) - top);
  for (size_t i = 0; i <= row->t; i++) {
    const double others = least - weight[i];
    const double high = row->logit[i] + v->lambda[i] - top;
    v->most[i] = isinf(v->lambda[i]) || !(others > 0) ? 1 : 1 / (1 + others * exp(-high));
  }
}

/* v_i, 0 where its denominator is unresolved. */
static const double *value_of(const bound_context *x, const bound_view *v,
                              const oracle_row *row, size_t i) {
  return token_value_resolved(v, row, i) ? row->value + i * x->shape->head_dim : x->zero;
}

/* Whether w |a - b| <= most throughout; not where one is not a number. */
static bool within(size_t d, double w, const double *a, const double *b, double most) {
  uint64_t beyond = 0;
  for (size_t c = 0; c < d; c++) beyond |= w * fabs(a[c] - b[c]) <= most ? 0 : 1;
  return !beyond;
}

/* Whether a token's weight is known well enough not to be an unknown. For noise, where
 * unknowns can be fitted: so well that the output hardly moves. */
static bool good(const bound_context *x, const bound_view *v, const oracle_row *row,
                 size_t i, double scale) {
  if (!(v->lambda[i] <= GOOD_LAMBDA)) return false;
  if (!v->gauge.noise) return true;
  const double grows = v->most[i] * expm1(v->lambda[i]);
  return within(x->shape->head_dim, grows, value_of(x, v, row, i), row->y, SOFT * scale);
}

/* Chooses the good tokens and their weights; the one token that outweighs them all
 * instead where there is one, or where none is good: a single token's weight is certain,
 * whatever its logit. */
static void split_tokens(const bound_context *x, bound_view *v, const oracle_row *row,
                         double scale) {
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
static void good_mean(const bound_context *x, const bound_view *v, const oracle_row *row,
                      double *out) {
  const size_t d = x->shape->head_dim;
  memset(out, 0, d * sizeof *out);
  for (size_t i = 0; i <= row->t; i++)
    if (v->in[i] > 0 && token_value_resolved(v, row, i))
      for (size_t c = 0; c < d; c++) out[c] += v->in[i] * row->value[i * d + c];
}

void split_numerator_error(bound_context *x, const bound_view *v, const oracle_row *row,
                           size_t i, double *out) {
  const size_t d = x->shape->head_dim;
  const double steps = x->m.counts.value.steps;
  const double dv = row->denominator_v[i];
  magnitudes_value_sq(&x->m, row->s_v, x->m.square[QV] + i * d, out);
  if (x->factors.room)
    factors_value(&x->factors, d, x->m.absolute[QV] + i * d, x->sums.rounded);
  for (size_t c = 0; c < d; c++) {
    const double n = row->value[i * d + c] * dv;
    const double square = out[c] + steps * n * n;
    out[c] = gauge_noise(v->value, square, x->sums.rounded[c]);
  }
}

/* Largest |v_i| an unresolved denominator leaves likely, in one component. Rounding a
 * factor may leave it as it was. */
static double likely_value(const bound_context *x, const bound_view *v,
                           const oracle_row *row, size_t i, size_t c) {
  const double n = row->value[i * x->shape->head_dim + c] * row->denominator_v[i];
  const gauge operations = {.of = {.unit = v->gauge.of.unit}, .noise = true};
  const gauge_sum by = gauge_of_sum(operations, x->m.counts.denominator);
  return (fabs(n) + x->other[c]) /
         (VALUE_FLOOR * token_denominator_error(x, by, true, i));
}

/* Sorts the unknowns of the row into those bounded (added to `part`, the bound on what
 * is left after the fit) and those fitted (chosen; added to `hull`, what they may do at
 * most). Returns how many are fitted. */
static size_t sort_unknowns(bound_context *x, const bound_view *v, const oracle_row *row,
                            double scale, double *hull) {
  const size_t d = x->shape->head_dim;
  double *largest = x->good;
  size_t chosen = 0;
  memset(largest, 0, d * sizeof *largest);
  memset(hull, 0, d * sizeof *hull);
  for (size_t i = 0; i <= row->t; i++) {
    if (!(v->out[i] > 0)) continue;
    const double *value = value_of(x, v, row, i);
    const bool soft = within(d, v->out[i], value, x->center, SOFT * scale);
    double *sum = soft ? x->part : hull;
    for (size_t c = 0; c < d; c++) {
      const double distance = fabs(value[c] - x->center[c]);
      sum[c] += v->out[i] * distance;
      if (!soft) largest[c] = bound_larger(largest[c], distance);
    }
    if (!soft) x->chosen[chosen++] = 2 * i;
  }
  for (size_t c = 0; c < d; c++) hull[c] = fmin(hull[c], largest[c]);
  for (size_t i = 0; i <= row->t; i++) {
    const double weight =
        v->out[i] > 0 ? v->out[i] : fmin(1, v->in[i] * exp(v->grow[i] + GOOD_LAMBDA));
    if (token_value_resolved(v, row, i) || !(weight > 0)) continue;
    double most = 0;
    split_numerator_error(x, v, row, i, x->other);
    for (size_t c = 0; c < d; c++)
      most = bound_larger(most, weight * likely_value(x, v, row, i, c));
    double *sum = most <= SOFT * scale ? x->part : hull;
    for (size_t c = 0; c < d; c++) sum[c] += weight * likely_value(x, v, row, i, c);
    if (sum == hull) x->chosen[chosen++] = 2 * i + 1;
  }
  return chosen;
}

/* Of the values in the sums, one component. */
static double rounding_of_values(const bound_sums *s, double rounding, size_t c) {
  const double delta = s->quotient[c] + s->error[c];
  return delta + 2 * rounding * (s->values[c] + delta);
}

/* The good tokens and the others weigh 1 together: `part` is at most what one of them has
 * alone. */
static void at_most_one(bound_context *x, const bound_view *v, const oracle_row *row,
                        double rounding) {
  const size_t d = x->shape->head_dim;
  double *most = x->good;
  memset(most, 0, d * sizeof *most);
  for (size_t i = 0; i <= row->t; i++) {
    if (!(v->out[i] > 0)) continue;
    set_clear(&x->sums, d);
    set_add(x, v, row, i, 1, 0, x->zero);
    set_numerator_errors(x, v, row);
    for (size_t c = 0; c < d; c++)
      most[c] = bound_larger(most[c], rounding_of_values(&x->sums, rounding, c));
  }
  for (size_t c = 0; c < d; c++)
    x->part[c] = fmin(x->part[c] + x->other[c], bound_larger(x->part[c], most[c]));
}

void split_bound_good(bound_context *x, const bound_view *v, const oracle_row *row) {
  const size_t d = x->shape->head_dim;
  const double rounding = gauge_gamma(v->gauge, x->m.counts.sum);
  set_bound(x, v, row, v->in, v->grow, x->center, x->part);
  bound_sums *s = &x->sums;
  set_clear(s, d);
  for (size_t i = 0; i <= row->t; i++)
    if (v->out[i] > 0) set_add(x, v, row, i, v->out[i], 0, x->zero);
  set_numerator_errors(x, v, row);
  for (size_t c = 0; c < d; c++) x->other[c] = rounding_of_values(s, rounding, c);
  if (x->factors.room)
    at_most_one(x, v, row, rounding);
  else
    for (size_t c = 0; c < d; c++) x->part[c] += x->other[c];
}

size_t split_bound(bound_context *x, bound_view *v, const oracle_row *row, double *out) {
  const size_t d = x->shape->head_dim;
  split_tokens(x, v, row, x->scale);
  good_mean(x, v, row, x->center);
  split_bound_good(x, v, row);
  const double scale = bound_larger(x->scale, bound_largest_size(d, x->center));
  const size_t chosen = sort_unknowns(x, v, row, scale, x->hull);
  for (size_t c = 0; c < d; c++)
    out[c] = fmin(out[c], x->part[c] + fabs(x->center[c] - row->y[c]) + x->hull[c]);
  return chosen;
}
