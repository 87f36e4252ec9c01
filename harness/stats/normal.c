#include "normal.h"

#include <math.h>
#include <stddef.h>

/* log x for normal x > 0, good to an ulp or two: x = m 2^e with m in [sqrt(1/2),
 * sqrt(2)), log m = 2 atanh((m - 1) / (m + 1)). */
static double portable_log(double x) {
  int exponent;
  double m = frexp(x, &exponent);
  if (m < 0.70710678118654752) {
    m *= 2;
    exponent--;
  }
  const double z = (m - 1) / (m + 1), zz = z * z;
  double series = 0;
  for (int n = 27; n >= 3; n -= 2) series = (series + 1.0 / n) * zz;
  return exponent * 0.69314718055994531 + 2 * (z + z * series);
}

/* Coefficients of AS 241 (PPND16), highest degree first: numerator, then denominator. */
static const double central[2][8] = {
    {2509.0809287301226727, 33430.575583588128105, 67265.770927008700853,
     45921.953931549871457, 13731.693765509461125, 1971.5909503065514427,
     133.14166789178437745, 3.387132872796366608},
    {5226.495278852545925, 28729.085735721942674, 39307.89580009271061,
     21213.794301586595867, 5394.1960214247511077, 687.1870074920579083,
     42.313330701600911252, 1.0}};
static const double middle[2][8] = {
    {7.7454501427834140764e-4, .0227238449892691845833, .24178072517745061177,
     1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055,
     4.6303378461565452959, 1.42343711074968357734},
    {1.05075007164441684324e-9, 5.475938084995344946e-4, .0151986665636164571966,
     .14810397642748007459, .68976733498510000455, 1.6763848301838038494,
     2.05319162663775882187, 1.0}};
static const double tail[2][8] = {
    {2.01033439929228813265e-7, 2.71155556874348757815e-5, .0012426609473880784386,
     .026532189526576123093, .29656057182850489123, 1.7848265399172913358,
     5.4637849111641143699, 6.6579046435011037772},
    {2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5,
     7.868691311456132591e-4, .0148753612908506148525, .13692988092273580531,
     .59983220655588793769, 1.0}};

static double ratio(const double coefficients[2][8], double r) {
  double p = 0, q = 0;
  for (size_t i = 0; i < 8; i++) {
    p = p * r + coefficients[0][i];
    q = q * r + coefficients[1][i];
  }
  return p / q;
}

double normal_quantile(double p) {
  const double q = p - 0.5;
  if (fabs(q) <= 0.425) return q * ratio(central, 0.180625 - q * q);
  const double r = sqrt(-portable_log(q < 0 ? p : 1 - p));
  const double size = r <= 5 ? ratio(middle, r - 1.6) : ratio(tail, r - 5);
  return q < 0 ? -size : size;
}

double normal_two_sided(double z) {
  return erfc(fabs(z) * M_SQRT1_2);
}
