#include "row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT                             VALUE_TEXT
#define INTEGER                          VALUE_INTEGER
#define REAL                             VALUE_REAL
#define FIELD(name, kind, unit, meaning) {#name, kind, unit, meaning},
const row_field row_fields[ROW_FIELDS] = {
#include "fields.def"
};
#undef FIELD

/* What judging finds out. */
static bool is_judged(const char *name) {
  static const char *const names[] = {
#define FIELD(name, kind, unit, meaning) #name,
#include "judged.def"
#undef FIELD
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(name, names[i])) return true;
  return false;
}

const char *row_fields_text(char out[ROW_FIELDS_TEXT_SIZE]) {
  size_t used = 0;
  for (int f = 0; f < ROW_FIELDS; f++)
    if (!is_judged(row_fields[f].name))
      used += (size_t)snprintf(out + used, ROW_FIELDS_TEXT_SIZE - used, "%s, ",
                               row_fields[f].name);
  snprintf(out + used, ROW_FIELDS_TEXT_SIZE - used,
           "max_rel_err and more errors, listed in docs/sweep.md");
  return out;
}

bool row_set_text(row *r, int field, const char *text) {
  return value_set_text(&r->field[field], text);
}

void row_set_integer(row *r, int field, int64_t integer) {
  value_set_integer(&r->field[field], integer);
}

void row_set_real(row *r, int field, double real) {
  value_set_real(&r->field[field], real);
}

void row_free(row *r) {
  values_free(r->field, ROW_FIELDS);
  free(r->sample);
  r->sample = NULL;
  r->samples = 0;
}

void rows_free(rows *r) {
  for (size_t i = 0; i < r->count; i++) row_free(&r->row[i]);
  free(r->row);
  *r = (rows){0};
}
