#include "student.h"

#include <math.h>

static double off_zero(double x) {
  return fabs(x) > 1e-300 ? x : 1e-300;
}

/* The continued fraction of the incomplete beta function (Lentz's method; Numerical
 * Recipes, 6.4), for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x) {
  double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), fraction = d;
  for (int m = 1; m < 1000; m++) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    for (int half = 0; half < 2; half++) {
      const double term = half ? odd : even;
      d = 1 / off_zero(1 + term * d);
      c = off_zero(1 + term / c);
      fraction *= c * d;
    }
    if (fabs(c * d - 1) < 1e-16) break;
  }
  return fraction;
}

/* I_x(a, b), given x and 1 - x. */
static double incomplete_beta(double a, double b, double x, double rest) {
  if (!(x > 0)) return 0;
  if (!(rest > 0)) return 1;
  const double front =
      exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(rest));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, rest) / b;
}

double student_two_sided(double t, double freedom) {
  const double all = freedom + t * t;
  return incomplete_beta(freedom / 2, 0.5, freedom / all, t * t / all);
}

double student_bound(double p, double freedom) {
  double low = 0, high = 1;
  while (student_two_sided(high, freedom) > p && high < 1e300) {
    low = high;
    high *= 2;
  }
  for (int i = 0; i < 200 && low < high; i++) {
    const double middle = low + (high - low) / 2;
    if (middle == low || middle == high) break;
    if (student_two_sided(middle, freedom) > p)
      low = middle;
    else
      high = middle;
  }
  return high;
}
