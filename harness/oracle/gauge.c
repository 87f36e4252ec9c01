#include "gauge.h"

#include <float.h>
#include <math.h>

#include "bound.h"

double gauge_tiny(gauge g) {
  return g.unit > GAUGE_FLOAT64 ? (double)FLT_MIN : DBL_MIN;
}

double gauge_gamma(gauge g, double m) {
  if (g.noise) return BOUND_STAT_SIGMAS * g.unit * sqrt(m / 3);
  const double mu = m * g.unit;
  return mu < 1 ? mu / (1 - mu) : INFINITY;
}

double gauge_worst(gauge g, double m) {
  return gauge_gamma((gauge){.unit = g.unit}, m);
}

double gauge_sum_error(gauge g, double m, double absolute, double square) {
  const double worst = gauge_worst(g, m) * absolute;
  if (!g.noise) return worst;
  const double noise = BOUND_STAT_SIGMAS * g.unit * sqrt(square / 3);
  return noise < worst ? noise : worst;
}
