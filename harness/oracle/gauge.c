#include "gauge.h"

#include <float.h>
#include <math.h>

#include "bound.h"

double gauge_tiny(gauge g) {
  return g.of.unit > GAUGE_FLOAT64 ? (double)FLT_MIN : DBL_MIN;
}

/* gamma_m of unit u. */
static double worst(double u, double m) {
  const double mu = m * u;
  return mu < 1 ? mu / (1 - mu) : INFINITY;
}

double gauge_gamma(gauge g, double m) {
  return g.noise ? BOUND_STAT_SIGMAS * g.of.unit * sqrt(m / 3) : worst(g.of.unit, m);
}

double gauge_worst(gauge g, double m) {
  return worst(g.of.unit, m);
}

double gauge_worst_of(gauge g, magnitude_roundings r) {
  const double steps = worst(g.of.unit, r.steps);
  if (g.of.factor == 0 && g.of.operand == 0) return steps;
  const double factors = worst(g.of.factor, r.factors);
  const double operands = worst(g.of.operand, r.operands);
  return (1 + steps) * (1 + factors) * (1 + operands) - 1;
}

double gauge_noise_of(gauge g, magnitude_roundings r, double square, double factors) {
  const double stored = g.of.operand * g.of.operand * r.operand_noise / r.steps;
  const double u = stored > 0 ? sqrt(g.of.unit * g.of.unit + stored) : g.of.unit;
  return BOUND_STAT_SIGMAS * u * sqrt(square / 3) +
         worst(g.of.factor, r.factors) * factors;
}

double gauge_sum_error(gauge g, magnitude_roundings r, double absolute, double square,
                       double factors) {
  const double most = gauge_worst_of(g, r) * absolute;
  if (!g.noise) return most;
  const double noise = gauge_noise_of(g, r, square, factors);
  return noise < most ? noise : most;
}
