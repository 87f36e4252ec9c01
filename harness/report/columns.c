#include "columns.h"

#include <string.h>

row_columns columns_all(void) {
  row_columns all = {.count = ROW_FIELDS};
  for (int f = 0; f < ROW_FIELDS; f++) all.field[f] = f;
  return all;
}

static int field_named(const char *name, size_t length) {
  for (int f = 0; f < ROW_FIELDS; f++)
    if (strlen(row_fields[f].name) == length &&
        !strncmp(row_fields[f].name, name, length))
      return f;
  return -1;
}

static bool add_field(row_columns *out, const char *name, size_t length, error *err) {
  char fields[ROW_FIELDS_TEXT_SIZE];
  const int field = field_named(name, length);
  if (field < 0)
    return error_set(err, "--columns: there is no field '%.*s'; there are %s",
                     (int)length, name, row_fields_text(fields));
  for (size_t i = 0; i < out->count; i++)
    if (out->field[i] == field)
      return error_set(err, "--columns: '%.*s' is named twice", (int)length, name);
  out->field[out->count++] = field;
  return true;
}

bool columns_parse(const char *text, row_columns *out, error *err) {
  *out = (row_columns){0};
  if (!strcmp(text, "all")) {
    *out = columns_all();
    return true;
  }
  for (;;) {
    const size_t length = strcspn(text, ",");
    if (!add_field(out, text, length, err)) return false;
    if (!text[length]) return true;
    text += length + 1;
  }
}
