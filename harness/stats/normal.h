/* The normal distribution. */
#ifndef STATS_NORMAL_H
#define STATS_NORMAL_H

/* Quantile of the standard normal, 0 < p < 1; 1e-15 relative (Wichura, AS 241). Built on
 * IEEE add, multiply, divide and square root, so that no libm can change a bit. */
double normal_quantile(double p);

/* Chance that a standard normal is farther from 0 than |z|. */
double normal_two_sided(double z);

#endif
