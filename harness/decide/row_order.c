#include "row_order.h"

#include <string.h>

static int compare_values(const value *a, const value *b, value_kind kind) {
  if (!a->known || !b->known) return a->known - b->known;
  if (kind == VALUE_TEXT) return strcmp(a->text, b->text);
  return (a->integer > b->integer) - (a->integer < b->integer);
}

int row_compare(const row *a, const row *b, const int *fields, size_t count) {
  int order = 0;
  for (size_t i = 0; i < count && !order; i++)
    order = compare_values(&a->field[fields[i]], &b->field[fields[i]],
                           row_fields[fields[i]].kind);
  return order;
}
