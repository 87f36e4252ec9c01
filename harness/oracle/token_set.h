/* The bound over a set of tokens whose weights err by e^lambda: E7 to E9. */
#ifndef ORACLE_TOKEN_SET_H
#define ORACLE_TOKEN_SET_H

#include <math.h>

#include "bound_context.h"

static inline bool token_value_resolved(const bound_view *v, const oracle_row *row,
                                        size_t i) {
  return v->error_dv[i] < fabs(row->denominator_v[i]);
}

/* The bound over a set of tokens with weights and lambdas, whose mean is `mean`. */
void set_bound(bound_context *x, const bound_view *v, const oracle_row *row,
               const double *weight, const double *lambda, const double *mean,
               double *restrict out);

/* The parts of it, in x->sums: empty sums; one token of weight w and uncertainty lambda;
 * then sum w e^lambda E_nv / (|Dv| - E_Dv), at once for all tokens of the set. */
void set_clear(bound_sums *s, size_t d);
void set_add(bound_context *x, const bound_view *v, const oracle_row *row, size_t i,
             double w, double lambda, const double *restrict centre);
void set_numerator_errors(bound_context *x, const bound_view *v, const oracle_row *row);

/* What underflow anywhere between exp and y may cost, in units of `gauge_tiny`: into
 * x->underflow. */
void set_underflow(bound_context *x, const oracle_row *row);

#endif
