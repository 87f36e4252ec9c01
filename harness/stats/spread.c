#include "spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ascending.h"

/* 1 / quantile of the normal at 3/4, and sqrt(pi / 2). */
#define MAD_TO_SIGMA       1.4826022185056018
#define DEVIATION_TO_SIGMA 1.2533141373155003

bool spread_of(size_t n, const double *values, spread *out) {
  double *work = malloc(n * sizeof *work);
  double sum = 0;
  if (!work) return false;
  memcpy(work, values, n * sizeof *work);
  sort_ascending(n, work);
  out->median = median_of_sorted(n, work);
  for (size_t i = 0; i < n; i++) {
    work[i] = fabs(values[i] - out->median);
    sum += work[i];
  }
  sort_ascending(n, work);
  out->mad = median_of_sorted(n, work);
  out->scale =
      out->mad > 0 ? MAD_TO_SIGMA * out->mad : DEVIATION_TO_SIGMA * sum / (double)n;
  free(work);
  return true;
}

double spread_score(const spread *s, double x) {
  return x == s->median ? 0 : (x - s->median) / s->scale;
}
