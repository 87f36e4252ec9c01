#include "ulp_histogram.h"

#include <math.h>
#include <stdio.h>

void ulp_histogram_count(ulp_histogram *h, double units) {
  size_t bin = 0;
  if (!isfinite(units))
    bin = ULP_BIN_NONFINITE;
  else if (units > 0)
    for (bin = 1; bin <= ULP_BIN_LARGEST && units > ldexp(1, (int)bin - 2);) bin++;
  h->bin[bin]++;
}

const char *ulp_histogram_text(const ulp_histogram *h, char buffer[ULP_TEXT_SIZE]) {
  size_t used = 0;
  *buffer = 0;
  for (int i = 0; i < ULP_BINS; i++) {
    char end[32];
    if (!h->bin[i]) continue;
    if (i <= ULP_BIN_LARGEST)
      snprintf(end, sizeof end, "%.10g", i ? ldexp(1, i - 2) : 0);
    else
      snprintf(end, sizeof end, "%s", i == ULP_BIN_MORE ? "more" : "nonfinite");
    used += (size_t)snprintf(buffer + used, ULP_TEXT_SIZE - used, "%s%s:%zu",
                             used ? " " : "", end, h->bin[i]);
  }
  return buffer;
}
