#include "import.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define REMEDY "give an export in json or jsonl, a database, or a label of --db"

static bool take_field(const json_t *from, int field, row *r) {
  value *v = &r->field[field];
  if (!from || json_is_null(from)) return true;
  switch (row_fields[field].kind) {
    case VALUE_TEXT:
      return json_is_string(from) && value_set_text(v, json_string_value(from));
    case VALUE_INTEGER:
      if (json_is_integer(from)) value_set_integer(v, json_integer_value(from));
      return v->known;
    case VALUE_REAL:
      if (json_is_number(from)) value_set_real(v, json_number_value(from));
      return v->known;
  }
  return false;
}

/* Samples from the words of times_ns; false on a word that is no time. */
static bool take_times(row *r) {
  const value *times = &r->field[ROW_times_ns];
  if (!times->known) return true;
  const char *at = times->text;
  r->sample = calloc(strlen(at) / 2 + 1, sizeof *r->sample);
  if (!r->sample) return false;
  while (*at) {
    char *end;
    const double time = strtod(at, &end);
    if (end == at || !(time > 0) || !isfinite(time) || (*end && *end != ' '))
      return false;
    r->sample[r->samples++] = (row_sample){.time_ns = time, .cpu_ns = NAN};
    at = end + (*end == ' ');
  }
  return true;
}

/* What is wrong with the row: the name of a field; NULL: nothing. */
static const char *take_row(const json_t *from, row *r) {
  if (!json_is_object(from)) return "it is no object";
  for (int f = 0; f < ROW_FIELDS; f++)
    if (!take_field(json_object_get(from, row_fields[f].name), f, r))
      return row_fields[f].name;
  if (!r->field[ROW_kernel].known) return "kernel";
  if (!r->field[ROW_status].known) return "status";
  return take_times(r) ? NULL : "times_ns";
}

static bool add_row(const char *path, const json_t *from, rows *out, error *err) {
  row *grown = realloc(out->row, (out->count + 1) * sizeof *grown);
  if (!grown) return error_set(err, "%s: out of memory for rows", path);
  out->row = grown;
  out->row[out->count] = (row){0};
  const char *bad = take_row(from, &out->row[out->count++]);
  return !bad || error_set(err,
                           "%s: row %zu: %s: not what 'linkv export --format json' "
                           "writes; export it again",
                           path, out->count, bad);
}

/* A document after the other: lines, or one array of rows. */
static bool read_all(const char *path, FILE *in, rows *out, error *err) {
  json_error_t where;
  bool ok = true;
  json_t *each;
  while (ok && (each = json_loadf(in, JSON_DISABLE_EOF_CHECK, &where))) {
    if (json_is_array(each)) {
      for (size_t i = 0; ok && i < json_array_size(each); i++)
        ok = add_row(path, json_array_get(each, i), out, err);
    } else {
      ok = add_row(path, each, out, err);
    }
    json_decref(each);
    int next = ' ';
    while (ok && (next == ' ' || next == '\n' || next == '\r' || next == '\t'))
      next = fgetc(in);
    if (next == EOF) return ok && out->count > 0;
    if (ok) ungetc(next, in);
  }
  return ok ? error_set(err, "%s: row %zu: %s; " REMEDY, path, out->count + 1, where.text)
            : false;
}

bool import_rows(const char *path, rows *out, error *err) {
  *out = (rows){0};
  FILE *in = fopen(path, "re");
  if (!in)
    return error_set(err, "%s: cannot be read: %s; " REMEDY, path, strerror(errno));
  struct stat info;
  const int code = fstat(fileno(in), &info) == 0 ? 0 : errno;
  if (code || S_ISDIR(info.st_mode)) {
    fclose(in);
    return code ? error_set(err, "%s: cannot be read: %s; " REMEDY, path, strerror(code))
                : error_set(err, "%s: is a directory; " REMEDY, path);
  }
  error_set(err, "%s: no row; " REMEDY, path);
  const bool ok = read_all(path, in, out, err);
  fclose(in);
  if (!ok) rows_free(out);
  return ok;
}
