#include "value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool value_set_text(value *v, const char *text) {
  char *copy = text ? strdup(text) : NULL; /* `text` may be v's own */
  free(v->text);
  v->text = copy;
  v->known = v->text != NULL;
  return v->known || !text;
}

void value_set_integer(value *v, int64_t integer) {
  v->integer = integer;
  v->known = true;
}

void value_set_real(value *v, double real) {
  v->real = real;
  v->known = !isnan(real);
}

bool value_copy(value *to, const value *from, value_kind kind) {
  if (kind == VALUE_TEXT) return value_set_text(to, from->known ? from->text : NULL);
  to->known = from->known;
  to->integer = from->integer;
  to->real = from->real;
  return true;
}

void values_free(value *values, int count) {
  for (int i = 0; i < count; i++) free(values[i].text);
  memset(values, 0, (size_t)count * sizeof *values);
}
