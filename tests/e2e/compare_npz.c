/* compare_npz A.npz NAME B.npz NAME LIMIT: exit status 0 where the arrays have the same
 * shape and max|a - b| <= LIMIT max|b|; for the end-to-end tests. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "npz.h"

static bool load(const char *path, const char *name, tensor *out) {
  npz file;
  error err;
  if (!npz_read(path, &file, &err)) {
    fprintf(stderr, "%s\n", err.text);
    return false;
  }
  const tensor *found = npz_find(&file, name);
  const bool ok = found && tensor_convert(found, TENSOR_FLOAT64, out, &err);
  if (!ok) fprintf(stderr, "%s: no floating array %s\n", path, name);
  npz_free(&file);
  return ok;
}

static bool same_shape(const tensor *a, const tensor *b) {
  if (a->rank != b->rank) return false;
  for (size_t i = 0; i < a->rank; i++)
    if (a->shape[i] != b->shape[i]) return false;
  return true;
}

int main(int argc, char **argv) {
  tensor a = {0}, b = {0};
  double largest = 0, furthest = 0;
  if (argc != 6 || !load(argv[1], argv[2], &a) || !load(argv[3], argv[4], &b)) return 2;
  if (!same_shape(&a, &b)) {
    fprintf(stderr, "%s %s and %s %s have different shapes\n", argv[1], argv[2], argv[3],
            argv[4]);
    return 1;
  }
  const double *x = a.data, *y = b.data;
  for (size_t i = 0; i < a.count; i++) {
    largest = fmax(largest, fabs(y[i]));
    const double difference = fabs(x[i] - y[i]);
    if (!(difference <= furthest)) furthest = difference;
  }
  const bool ok = furthest <= strtod(argv[5], NULL) * largest;
  if (!ok)
    fprintf(stderr, "%s against %s: max error %g, %g of the largest\n", argv[1], argv[3],
            furthest, furthest / largest);
  tensor_free(&a);
  tensor_free(&b);
  return ok ? 0 : 1;
}
