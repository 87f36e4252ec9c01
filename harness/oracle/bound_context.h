/* What the steps of bounding a row share; names follow docs/verdicts.md. */
#ifndef ORACLE_BOUND_CONTEXT_H
#define ORACLE_BOUND_CONTEXT_H

#include <math.h>

#include "bound.h"
#include "factor.h"
#include "gauge.h"

enum { DET, STAT, OWN, GAUGES };

/* One gauge's view of one row. Arrays of (seq_len). */
typedef struct bound_view {
  gauge gauge;
  gauge_sum numerator, denominator, value; /* of the row */
  double *lambda;
  double *error_dv;
  double *most; /* largest weight a token may have */
  double *in;   /* weights of the good tokens, 0 elsewhere */
  double *grow; /* their lambda */
  double *out;  /* `most` of the others, 0 elsewhere */
} bound_view;

/* Sums over a set of tokens, (head_dim) each. */
typedef struct bound_sums {
  double *moved;             /* sum w (e^lambda - 1) |v - centre| */
  double *values;            /* sum w e^lambda |v| */
  double *quotient;          /* sum w e^lambda (E_Dv / (|Dv| - E_Dv) + 2u) |v| */
  double *inner, *numerator; /* sum w |QV|, or squares; and of nv^2 */
  double *error;             /* of numerators of values, over their denominators */
  double *absolute;          /* sum w |QV|, where factors are rounded; */
  double *rounded;           /* and the size of that by S_V */
  double omega, shrunk;
} bound_sums;

typedef struct bound_context {
  const oracle_shape *shape;
  const magnitude_operands *operands;
  double unit, factor; /* factor: see bounds_make */
  double scale;        /* of the row's values */
  bool poisoned;       /* a NaN was among the slice's operands */
  magnitudes m;
  factor_sizes factors; /* zeroed where the kernel rounds none */
  bound_view view[GAUGES];
  bound_sums sums;
  double *center, *good, *other, *part, *hull, *zero; /* (head_dim) */
  double *underflow, *own;
  double *again; /* for the row by another association */
  double *room;
  size_t *chosen; /* columns: token * 2 + in_value, 2 seq_len */
  bool *masked;   /* columns that VV has spoilt, (head_dim) */
  bounds *result;
} bound_context;

/* The larger; NaN where one is, unlike fmax: what is not known is not small. */
static inline double bound_larger(double a, double b) {
  return b > a || isnan(b) ? b : a;
}

/* Largest |a|; infinite where one is not a number. */
double bound_largest_size(size_t d, const double *a);

#endif
