/* Double-double: Dekker's product, Knuth's sum, without FMA. Relative errors of an
 * operation are below 2^-102 (Joldes, Muller and Popescu, "Tight and rigorous error
 * bounds for basic building blocks of double-word arithmetic", 2017). */
#include "wide_types.h"

#define ATTEND wide_attend_double_double

typedef struct wide {
  double high, low;
} wide;

/* a + b exactly, |a| >= |b|. */
static wide fast_sum(double a, double b) {
  const double sum = a + b;
  return (wide){sum, b - (sum - a)};
}

/* a + b exactly. */
static wide exact_sum(double a, double b) {
  const double sum = a + b, of_b = sum - a, of_a = sum - of_b;
  return (wide){sum, (a - of_a) + (b - of_b)};
}

/* a in two halves of at most 26 bits. */
static wide halves(double a) {
  const double spread = 134217729 * a, high = spread - (spread - a);
  return (wide){high, a - high};
}

/* a * b exactly. */
static wide exact_product(double a, double b) {
  const double product = a * b;
  const wide x = halves(a), y = halves(b);
  return (wide){product, ((x.high * y.high - product) + x.high * y.low + x.low * y.high) +
                             x.low * y.low};
}

static wide from(double a) {
  return (wide){a, 0};
}

static double to_double(wide a) {
  return a.high + a.low;
}

static wide add(wide a, wide b) {
  const wide high = exact_sum(a.high, b.high), low = exact_sum(a.low, b.low);
  const wide sum = fast_sum(high.high, high.low + low.high);
  return fast_sum(sum.high, sum.low + low.low);
}

static wide multiply(wide a, wide b) {
  const wide product = exact_product(a.high, b.high);
  return fast_sum(product.high, product.low + (a.high * b.low + a.low * b.high));
}

static wide divide(wide a, wide b) {
  const double first = a.high / b.high;
  const wide part = multiply(b, from(first));
  const wide left = add(a, (wide){-part.high, -part.low});
  return fast_sum(first, left.high / b.high);
}

#include "wide_row_body.h"
