/* Errors of a row's denominators, and lambda of every weight: E2, E5 and E6. */
#ifndef ORACLE_TOKEN_ERROR_H
#define ORACLE_TOKEN_ERROR_H

#include "bound_context.h"

/* A lambda beyond it says nothing. */
#define LARGEST_LAMBDA 30.0

/* E_D by a gauge of token i's denominator, of the key or of the value. */
static inline double token_denominator_error(const bound_context *x, gauge_sum by,
                                             bool in_value, size_t i) {
  const double absolute = (in_value ? x->m.dv_abs : x->m.d_abs)[i];
  const double square = (in_value ? x->m.dv_sq : x->m.d_sq)[i];
  const double *factors = in_value ? x->factors.dv : x->factors.d;
  return gauge_error(by, absolute, square, factors ? factors[i] : 0) +
         2 * x->m.counts.products * by.tiny * (1 + absolute);
}

/* Fills the gauges of a row, lambda, infinite where the denominator is unresolved, and
 * error_dv of a view:
 * the logit's error, the shift by a maximum that errs too, exp and rescalings. */
void token_errors(bound_context *x, bound_view *v, const oracle_row *row);

#endif
