/* A gauge: how rounding errors add up, as a worst case or as noise, in a kernel of one
 * precision. */
#ifndef ORACLE_GAUGE_H
#define ORACLE_GAUGE_H

#include <stdbool.h>

#include "magnitude.h"

/* Relative error of one operation in float64, the oracle's own type. */
#define GAUGE_FLOAT64 0x1p-53

/* Relative errors of one rounding. */
typedef struct gauge_precision {
  double unit;    /* of an operation: 2^-24 float32, 2^-53 float64 */
  double factor;  /* of a factor on its way into a product; 0: as it was computed */
  double operand; /* of an operand made by a projection; 0: as it was computed */
} gauge_precision;

typedef struct gauge {
  gauge_precision of;
  bool noise; /* squares, else absolute values */
} gauge;

/* What an operation of that precision may lose where its result underflows. */
double gauge_tiny(gauge g);

/* m roundings of operations at most, or as noise. */
double gauge_gamma(gauge g, double m);

/* m roundings of operations at most, whatever the gauge. */
double gauge_worst(gauge g, double m);

/* All roundings of a monomial at most. */
double gauge_worst_of(gauge g, magnitude_roundings r);

/* The same as noise, where `square` is the sum of the squares of what operations round,
 * each r.steps times, and `factors` of the absolute values of rounded factors: these are
 * few, and alike, and no noise. */
double gauge_noise_of(gauge g, magnitude_roundings r, double square, double factors);

/* Error of a sum whose monomials have sizes `absolute` and `square`. */
double gauge_sum_error(gauge g, magnitude_roundings r, double absolute, double square,
                       double factors);

#endif
