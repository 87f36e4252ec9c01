/* A gauge: how rounding errors add up, as a worst case or as noise, in a kernel of one
 * precision. */
#ifndef ORACLE_GAUGE_H
#define ORACLE_GAUGE_H

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "magnitude.h"

/* Relative error of one operation in float64, the oracle's own type. */
#define GAUGE_FLOAT64 0x1p-53
/* Standard deviations that noise is granted. */
#define GAUGE_SIGMAS 8.0
/* Of the largest error, what noise grants each rounding of a factor: the mean of an error
 * spread evenly, as many of them are added up. */
#define GAUGE_FACTOR_SHARE 0.5

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
static inline double gauge_tiny(gauge g) {
  return g.of.unit > GAUGE_FLOAT64 ? (double)FLT_MIN : DBL_MIN;
}

/* gamma_m of unit u. */
static inline double gauge_worst_of_unit(double u, double m) {
  const double mu = m * u;
  return mu < 1 ? mu / (1 - mu) : INFINITY;
}

/* m roundings of operations at most, whatever the gauge. */
static inline double gauge_worst(gauge g, double m) {
  return gauge_worst_of_unit(g.of.unit, m);
}

/* m roundings of operations at most, or as noise. */
static inline double gauge_gamma(gauge g, double m) {
  return g.noise ? GAUGE_SIGMAS * g.of.unit * sqrt(m / 3) : gauge_worst(g, m);
}

/* How one kind of sum errs, in a gauge: what its monomials' sizes are multiplied with. */
typedef struct gauge_sum {
  bool noise;
  double worst;   /* all roundings of a monomial at most: of the absolute values */
  double unit;    /* of the root of the squares, each r.steps times in their sum */
  double factors; /* of the absolute values of rounded factors: these are few, and alike,
                   * and no noise */
  double tiny;    /* lost by an operation whose result underflows */
} gauge_sum;

static inline gauge_sum gauge_of_sum(gauge g, magnitude_roundings r) {
  const double granted = g.noise ? GAUGE_FACTOR_SHARE * g.of.factor : g.of.factor;
  const double factors = gauge_worst_of_unit(granted, r.factors);
  const double stored = g.of.operand * g.of.operand * r.operand_noise / r.steps;
  gauge_sum s = {.noise = g.noise,
                 .worst = gauge_worst(g, r.steps),
                 .factors = factors,
                 .tiny = gauge_tiny(g)};
  if (g.of.factor > 0 || g.of.operand > 0)
    s.worst = (1 + s.worst) * (1 + factors) *
                  (1 + gauge_worst_of_unit(g.of.operand, r.operands)) -
              1;
  s.unit = GAUGE_SIGMAS * (stored > 0 ? sqrt(g.of.unit * g.of.unit + stored) : g.of.unit);
  return s;
}

/* Error of a sum as noise. */
static inline double gauge_noise(gauge_sum s, double square, double factors) {
  return s.unit * sqrt(square / 3) + s.factors * factors;
}

/* Error of a sum whose monomials have sizes `absolute` and `square`. */
static inline double gauge_error(gauge_sum s, double absolute, double square,
                                 double factors) {
  const double most = s.worst * absolute;
  if (!s.noise) return most;
  const double noise = gauge_noise(s, square, factors);
  return noise < most ? noise : most;
}

#endif
