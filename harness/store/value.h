/* Named values that may be unknown: the cells of rows and records. */
#ifndef STORE_VALUE_H
#define STORE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

typedef enum value_kind { VALUE_TEXT, VALUE_INTEGER, VALUE_REAL } value_kind;

/* Where `known` is false the value is null everywhere. A REAL that is known is finite or
 * an infinity, never NaN. */
typedef struct value {
  bool known;
  char *text; /* owned; TEXT only */
  int64_t integer;
  double real;
} value;

typedef struct value_field {
  const char *name;
  value_kind kind;
  const char *unit; /* "" where there is none */
  const char *meaning;
} value_field;

/* Setters. A NULL text or a NaN makes the value unknown. value_set_text returns false
 * when out of memory. */
bool value_set_text(value *v, const char *text);
void value_set_integer(value *v, int64_t integer);
void value_set_real(value *v, double real);

/* The same by kind, from another value. False when out of memory. */
bool value_copy(value *to, const value *from, value_kind kind);

void values_free(value *values, int count);

#endif
