#include "json_values.h"

#include <math.h>
#include <stdlib.h>

#include "utf8.h"

json_t *json_number(double number) {
  return isfinite(number) ? json_real(number) : json_null();
}

json_t *json_text(const char *text) {
  char *clean = utf8_clean(text);
  json_t *out = clean ? json_string(clean) : NULL;
  free(clean);
  return out;
}
