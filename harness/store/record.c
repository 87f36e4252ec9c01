#include "record.h"

#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define TEXT                             VALUE_TEXT
#define INTEGER                          VALUE_INTEGER
#define REAL                             VALUE_REAL
#define FIELD(name, kind, unit, meaning) {#name, kind, unit, meaning},
const value_field record_fields[RECORD_FIELDS] = {
#include "record.def"
};
#undef FIELD

/* In order of severity. */
static const char *const statuses[] = {"ok",        "skipped",       "ill_conditioned",
                                       "untrusted", "out_of_memory", "timeout",
                                       "crashed",   "wrong"};

int status_severity(const char *status) {
  for (int i = 0; i < (int)(sizeof statuses / sizeof *statuses); i++)
    if (!strcmp(status, statuses[i])) return i;
  return -1;
}

void record_free(record *r) {
  values_free(r->field, RECORD_FIELDS);
}

/* JSON is UTF-8; a kernel's or a system's words may not be. */
static json_t *text_to_json(const char *text) {
  json_t *item = json_string(text);
  char *plain = item ? NULL : strdup(text);
  if (!plain) return item;
  for (char *c = plain; *c; c++)
    if ((unsigned char)*c >= 0x80) *c = '?';
  item = json_string(plain);
  free(plain);
  return item;
}

static json_t *real_to_json(double real) {
  return isfinite(real) ? json_real(real) : json_string(real > 0 ? "inf" : "-inf");
}

char *record_to_json(const record *r) {
  json_t *object = json_object();
  for (int f = 0; object && f < RECORD_FIELDS; f++) {
    const value *v = &r->field[f];
    if (!v->known) continue;
    json_t *item = NULL;
    switch (record_fields[f].kind) {
      case VALUE_TEXT:
        item = text_to_json(v->text);
        break;
      case VALUE_INTEGER:
        item = json_integer(v->integer);
        break;
      case VALUE_REAL:
        item = real_to_json(v->real);
        break;
    }
    if (json_object_set_new(object, record_fields[f].name, item)) {
      json_decref(object);
      object = NULL;
    }
  }
  char *line = object ? json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
  json_decref(object);
  return line;
}

static bool real_from_json(const json_t *item, double *real) {
  if (json_is_number(item)) {
    *real = json_number_value(item);
    return true;
  }
  const char *text = json_is_string(item) ? json_string_value(item) : "";
  *real = *text == '-' ? -INFINITY : INFINITY;
  return !strcmp(text, "inf") || !strcmp(text, "-inf");
}

static bool value_from_json(const json_t *item, value_kind kind, value *out) {
  double real = 0;
  switch (kind) {
    case VALUE_TEXT:
      return json_is_string(item) && value_set_text(out, json_string_value(item));
    case VALUE_INTEGER:
      if (json_is_integer(item)) value_set_integer(out, json_integer_value(item));
      return out->known;
    case VALUE_REAL:
      if (real_from_json(item, &real)) value_set_real(out, real);
      return out->known;
  }
  return false;
}

static int field_named(const char *name) {
  for (int f = 0; f < RECORD_FIELDS; f++)
    if (!strcmp(name, record_fields[f].name)) return f;
  return -1;
}

bool record_from_json(const char *line, record *out, error *err) {
  json_error_t where;
  const char *key;
  json_t *item;
  bool ok = false;

  memset(out, 0, sizeof *out);
  json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &where);
  if (!json_is_object(object)) {
    error_set(err, "record is no JSON object: %s", object ? "another type" : where.text);
    goto done;
  }
  json_object_foreach(object, key, item) {
    const int f = field_named(key);
    if (f < 0) {
      error_set(err, "record has an unknown field '%s'", key);
      goto done;
    }
    if (!value_from_json(item, record_fields[f].kind, &out->field[f])) {
      error_set(err, "record field '%s' has a wrong type", key);
      goto done;
    }
  }
  if (!out->field[RECORD_status].known ||
      status_severity(out->field[RECORD_status].text) < 0) {
    error_set(err, "record has no valid status");
    goto done;
  }
  ok = true;
done:
  if (!ok) record_free(out);
  json_decref(object);
  return ok;
}
