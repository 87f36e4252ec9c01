/* What the formats that are JSON documents share. */
#include "export_formats.h"
#include "json_values.h"

json_t *export_value(const value *v, value_kind kind) {
  if (!v->known || kind == VALUE_TEXT) return json_null();
  return kind == VALUE_REAL ? json_number(v->real) : json_integer(v->integer);
}

bool export_put_json(json_t *document, FILE *out, error *err) {
  const bool ok = document && json_dumpf(document, out, JSON_INDENT(2)) == 0;
  fputc('\n', out);
  json_decref(document);
  return ok || ferror(out) || error_set(err, "the rows as JSON: out of memory");
}
