#include "export.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "export_formats.h"
#include "format.h"
#include "table.h"
#include "utf8.h"

const char *const export_format_names[] = {"table",   "json",   "csv",   "md",
                                           "jsonl",   "latex",  "sql",   "gbench",
                                           "bencher", "github", "junit", NULL};

bool export_is_for_gates(export_format format) {
  return format >= EXPORT_GBENCH;
}

/* RFC 4180: quoted where a comma, a quote or a line break would mislead; leading and
 * trailing blanks too, since some readers trim them. */
static void put_csv_text(const char *text, FILE *out) {
  size_t length = strlen(text);
  bool quoted = strpbrk(text, ",\"\r\n") != NULL ||
                (length && (text[0] == ' ' || text[length - 1] == ' '));
  if (!quoted) {
    fputs(text, out);
    return;
  }
  fputc('"', out);
  for (; *text; text++) {
    if (*text == '"') fputc('"', out);
    fputc(*text, out);
  }
  fputc('"', out);
}

static bool put_json_text(const char *text, FILE *out) {
  json_t *string = json_string(text);
  bool ok = string && json_dumpf(string, out, JSON_ENCODE_ANY) == 0;
  json_decref(string);
  return ok;
}

typedef bool (*put_text)(const char *text, FILE *out);

static bool put_csv(const char *text, FILE *out) {
  put_csv_text(text, out);
  return true;
}

/* The value as both formats spell it. False when out of memory or unwritable. */
static bool put_known(const value *v, value_kind kind, put_text put, FILE *out) {
  char number[FORMAT_SIZE];
  switch (kind) {
    case VALUE_INTEGER:
      fprintf(out, "%" PRId64, v->integer);
      return true;
    case VALUE_REAL:
      fputs(format_real(v->real, number), out);
      return true;
    case VALUE_TEXT:
      break;
  }
  char *clean = utf8_clean(v->text);
  bool ok = clean && put(clean, out);
  free(clean);
  return ok;
}

static bool put_csv_row(const row *r, const row_columns *c, FILE *out) {
  bool ok = true;
  for (size_t i = 0; i < c->count && ok; i++) {
    const int f = c->field[i];
    const value *v = &r->field[f];
    if (i) fputc(',', out);
    bool is_null = !v->known || (row_fields[f].kind == VALUE_REAL && isnan(v->real));
    ok = is_null || put_known(v, row_fields[f].kind, put_csv, out);
  }
  fputc('\n', out);
  return ok;
}

static bool put_csv_rows(const rows *all, const row_columns *c, FILE *out) {
  for (size_t i = 0; i < c->count; i++)
    fprintf(out, "%s%s", i ? "," : "", row_fields[c->field[i]].name);
  fputc('\n', out);
  bool ok = true;
  for (size_t i = 0; i < all->count && ok; i++) ok = put_csv_row(&all->row[i], c, out);
  return ok;
}

static bool put_object(const row *r, const row_columns *c, const char *before,
                       const char *last, FILE *out) {
  bool ok = true;
  fputc('{', out);
  for (size_t i = 0; i < c->count && ok; i++) {
    const int f = c->field[i];
    const value *v = &r->field[f];
    bool is_null = !v->known || (row_fields[f].kind == VALUE_REAL && !isfinite(v->real));
    fprintf(out, "%s%s\"%s\": ", i ? "," : "", before, row_fields[f].name);
    if (is_null)
      fputs("null", out);
    else
      ok = put_known(v, row_fields[f].kind, put_json_text, out);
  }
  fprintf(out, "%s}", last);
  return ok;
}

static bool put_json_rows(const rows *all, const row_columns *c, FILE *out) {
  bool ok = true;
  fputc('[', out);
  for (size_t i = 0; i < all->count && ok; i++) {
    fputs(i ? ",\n  " : "\n  ", out);
    ok = put_object(&all->row[i], c, "\n    ", "\n  ", out);
  }
  fputs("\n]\n", out);
  return ok;
}

static bool put_jsonl_rows(const rows *all, const row_columns *c, FILE *out) {
  bool ok = true;
  for (size_t i = 0; i < all->count && ok; i++) {
    ok = put_object(&all->row[i], c, " ", " ", out);
    fputc('\n', out);
  }
  return ok;
}

static bool put_table(const rows *all, const row_columns *chosen, table_style style,
                      FILE *out, error *err) {
  return chosen ? report_columns_table(all, chosen, out, style, err)
                : report_rows_table(all, out, style, err);
}

/* Writes the rows; false, with a reason, for all but a failed write. */
static bool put_rows(const rows *all, const export_options *o, FILE *out, error *err) {
  const row_columns every = columns_all(), *c = o->columns ? o->columns : &every;
  bool ok = false;
  switch (o->format) {
    case EXPORT_TABLE:
      return put_table(all, o->columns, o->colour ? TABLE_COLOUR : TABLE_TEXT, out, err);
    case EXPORT_MD:
      return put_table(all, o->columns, TABLE_MARKDOWN, out, err);
    case EXPORT_LATEX:
      return put_table(all, o->columns, TABLE_LATEX, out, err);
    case EXPORT_GBENCH:
      return export_gbench(all, o, out, err);
    case EXPORT_BENCHER:
      return export_bencher(all, out, err);
    case EXPORT_GITHUB:
      return export_github(all, out, err);
    case EXPORT_JUNIT:
      return export_junit(all, out, err);
    case EXPORT_SQL:
      export_sql(all, c, out);
      return true;
    case EXPORT_CSV:
      ok = put_csv_rows(all, c, out);
      break;
    case EXPORT_JSON:
      ok = put_json_rows(all, c, out);
      break;
    case EXPORT_JSONL:
      ok = put_jsonl_rows(all, c, out);
      break;
  }
  return ok || error_set(err, "the rows could not be written: out of memory");
}

bool export_rows(const rows *all, const export_options *options, FILE *out, error *err) {
  if (export_is_for_gates(options->format) && options->columns)
    return error_set(err, "the columns of --format %s cannot be chosen",
                     export_format_names[options->format]);
  errno = 0;
  const bool ok = put_rows(all, options, out, err);
  const int reason = errno;
  if (fflush(out) == 0 && !ferror(out)) return ok;
  return error_set(err, "the rows could not be written: %s",
                   errno    ? strerror(errno)
                   : reason ? strerror(reason)
                            : "a write failed");
}
