#include "geometric.h"

#include <math.h>

#include "student.h"

interval geometric_mean(size_t n, const double *values, double level) {
  const double count = (double)n;
  double mean = 0, squares = 0;
  for (size_t i = 0; i < n; i++) mean += log(values[i]) / count;
  if (n < 2) return (interval){exp(mean), 0, INFINITY, 1};
  for (size_t i = 0; i < n; i++) {
    const double off = log(values[i]) - mean;
    squares += off * off;
  }
  const double error = sqrt(squares / (count - 1) / count);
  const double half = error * student_bound(1 - level, count - 1);
  return (interval){exp(mean), exp(mean - half), exp(mean + half), level};
}
