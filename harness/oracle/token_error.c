#include "token_error.h"

#include <math.h>

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
  const double worst = gauge_worst(g, BOUND_EXP_UNITS * ((double)row->t + 2));
  if (!g.noise) return worst;
  const double noise =
      GAUGE_SIGMAS * BOUND_EXP_UNITS * g.of.unit * sqrt((1 + rescalings) / 3);
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
static double measure_logits(bound_context *x, bound_view *v, const oracle_row *row) {
  const magnitudes *m = &x->m;
  const gauge_sum by = v->denominator, by_n = v->numerator;
  const double two = gauge_worst(v->gauge, 2), steps = m->counts.numerator.steps;
  const double lost_q = 2 * by_n.tiny * (1 + m->abs_q);
  const double *factors = x->factors.n;
  double largest = 0;
  for (size_t i = 0; i <= row->t; i++) {
    const double l = fabs(row->logit[i]), D = fabs(row->denominator_k[i]);
    const double e_n =
        gauge_error(by_n, m->n_abs[i], m->n_sq[i], factors ? factors[i] : 0) +
        4 * steps * by_n.tiny * m->n_underflow[i];
    const double e_d = token_denominator_error(x, by, false, i);
    v->error_dv[i] = token_denominator_error(x, by, true, i);
    v->lambda[i] = INFINITY;
    if (!(e_d < D)) continue;
    const double quotient = (e_n + l * e_d) / (D - e_d);
    v->lambda[i] = quotient + two * (l + quotient) + lost_q;
    if (v->lambda[i] <= LARGEST_LAMBDA && v->lambda[i] > largest) largest = v->lambda[i];
  }
  return largest;
}

void token_errors(bound_context *x, bound_view *v, const oracle_row *row) {
  v->numerator = gauge_of_sum(v->gauge, x->m.counts.numerator);
  v->denominator = gauge_of_sum(v->gauge, x->m.counts.denominator);
  v->value = gauge_of_sum(v->gauge, x->m.counts.value);
  const double max = max_of(row->t + 1, row->logit);
  const double exponential = exp_error(v->gauge, row, count_rescalings(row));
  const double two = gauge_worst(v->gauge, 2), largest = measure_logits(x, v, row);
  for (size_t i = 0; i <= row->t; i++)
    v->lambda[i] += two * (max - row->logit[i] + v->lambda[i] + largest) + exponential;
}
