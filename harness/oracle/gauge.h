/* A gauge: how rounding errors add up, as a worst case or as noise, in operations of one
 * precision. */
#ifndef ORACLE_GAUGE_H
#define ORACLE_GAUGE_H

#include <stdbool.h>

/* Relative error of one operation in float64, the oracle's own type. */
#define GAUGE_FLOAT64 0x1p-53

typedef struct gauge {
  double unit; /* relative error of one operation */
  bool noise;  /* squares, else absolute values */
} gauge;

/* What an operation of that precision may lose where its result underflows. */
double gauge_tiny(gauge g);

/* m roundings at most, or as noise. */
double gauge_gamma(gauge g, double m);

/* m roundings at most, whatever the gauge. */
double gauge_worst(gauge g, double m);

/* Error of a sum whose monomials have sizes `absolute` and `square`, m roundings each. */
double gauge_sum_error(gauge g, double m, double absolute, double square);

#endif
