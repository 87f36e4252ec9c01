#include "select.h"

#include <math.h>

static double middle_of_three(double a, double b, double c) {
  return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

static void swap(double *a, double *b) {
  const double kept = *a;
  *a = *b;
  *b = kept;
}

/* values[k] of the sorted values, by Hoare's partitions. */
static double kth(double *values, size_t n, size_t k) {
  size_t low = 0, high = n - 1;
  while (low < high) {
    const double pivot =
        middle_of_three(values[low], values[low + (high - low) / 2], values[high]);
    size_t i = low, j = high;
    for (;; i++, j--) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i >= j) break;
      swap(&values[i], &values[j]);
    }
    if (k < i)
      high = i - 1;
    else if (k > j)
      low = j + 1;
    else
      break;
  }
  return values[k];
}

double select_quantile(size_t n, double *values, double share) {
  const double rank = ceil(share * (double)n);
  const size_t k = rank < 1 ? 0 : (size_t)rank - 1;
  return kth(values, n, k < n ? k : n - 1);
}
