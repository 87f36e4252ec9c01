/* SQL that makes and fills a table `result`, one column a field, in one transaction:
 * sqlite3 reads it back to the same rows. */
#include <inttypes.h>
#include <math.h>

#include "export_formats.h"
#include "format.h"

static void put_text(const char *text, FILE *out) {
  fputc('\'', out);
  for (; *text; text++) {
    if (*text == '\'') fputc('\'', out);
    fputc(*text, out);
  }
  fputc('\'', out);
}

static void put_value(const value *v, value_kind kind, FILE *out) {
  char number[FORMAT_SIZE];
  if (!v->known || (kind == VALUE_REAL && isnan(v->real)))
    fputs("NULL", out);
  else if (kind == VALUE_TEXT)
    put_text(v->text, out);
  else if (kind == VALUE_INTEGER)
    fprintf(out, "%" PRId64, v->integer);
  else if (isinf(v->real))
    fputs(v->real > 0 ? "9e999" : "-9e999", out);
  else
    fputs(format_real(v->real, number), out);
}

void export_sql(const rows *all, const row_columns *columns, FILE *out) {
  static const char *const types[] = {
      [VALUE_TEXT] = "TEXT", [VALUE_INTEGER] = "INTEGER", [VALUE_REAL] = "REAL"};
  fputs("BEGIN;\nCREATE TABLE result (", out);
  for (size_t c = 0; c < columns->count; c++) {
    const row_field *f = &row_fields[columns->field[c]];
    fprintf(out, "%s\"%s\" %s", c ? ", " : "", f->name, types[f->kind]);
  }
  fputs(");\n", out);
  for (size_t i = 0; i < all->count; i++) {
    fputs("INSERT INTO result VALUES (", out);
    for (size_t c = 0; c < columns->count; c++) {
      const int f = columns->field[c];
      if (c) fputs(", ", out);
      put_value(&all->row[i].field[f], row_fields[f].kind, out);
    }
    fputs(");\n", out);
  }
  fputs("COMMIT;\n", out);
}
