#include "ranks.h"

#include <stdlib.h>

#include "ascending.h"

bool ranks_of(size_t n, const double *values, double *rank, double *ties) {
  size_t *order = calloc(n + 1, sizeof *order);
  const bool ok = order && order_ascending(n, values, order);
  *ties = 0;
  for (size_t first = 0, next; ok && first < n; first = next) {
    for (next = first + 1; next < n && values[order[next]] == values[order[first]];)
      next++;
    const double t = (double)(next - first);
    for (size_t i = first; i < next; i++) rank[order[i]] = (double)(first + 1 + next) / 2;
    *ties += t * t * t - t;
  }
  free(order);
  return ok;
}
