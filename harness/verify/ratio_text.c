#include "ratio_text.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

const char *ratio_text(double r, char *buffer, size_t size) {
  int digits = 3;
  do snprintf(buffer, size, "%.*g", digits, r);
  while (r < 1 && !strcmp(buffer, "1") && digits++ < DBL_DECIMAL_DIG);
  return buffer;
}
