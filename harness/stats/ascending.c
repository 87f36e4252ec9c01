#include "ascending.h"

#include <stdlib.h>

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

void sort_ascending(size_t n, double *values) {
  qsort(values, n, sizeof *values, ascending);
}

double median_of_sorted(size_t n, const double *values) {
  return n % 2 ? values[n / 2] : values[n / 2 - 1] / 2 + values[n / 2] / 2;
}

/* The value comes first, so that `ascending` compares these too. */
typedef struct placed {
  double value;
  size_t index;
} placed;

bool order_ascending(size_t n, const double *values, size_t *order) {
  placed *list = calloc(n + 1, sizeof *list);
  if (!list) return false;
  for (size_t i = 0; i < n; i++) list[i] = (placed){values[i], i};
  qsort(list, n, sizeof *list, ascending);
  for (size_t i = 0; i < n; i++) order[i] = list[i].index;
  free(list);
  return true;
}
