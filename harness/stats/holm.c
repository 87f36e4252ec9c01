#include "holm.h"

#include <math.h>
#include <stdlib.h>

#include "ascending.h"

bool holm_adjust(size_t n, const double *p, double *adjusted) {
  size_t *order = calloc(n + 1, sizeof *order);
  const bool ok = order && order_ascending(n, p, order);
  double largest = 0;
  for (size_t i = 0; ok && i < n; i++) {
    largest = fmax(largest, fmin(1, (double)(n - i) * p[order[i]]));
    adjusted[order[i]] = largest;
  }
  free(order);
  return ok;
}
