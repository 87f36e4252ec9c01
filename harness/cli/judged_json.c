#include "judged_json.h"

#include <math.h>

json_t *judged_real(double x) {
  return isfinite(x) ? json_real(x) : json_null();
}

static json_t *value_json(const value *v, value_kind kind) {
  if (!v->known) return json_null();
  switch (kind) {
    case VALUE_TEXT:
      return json_string(v->text);
    case VALUE_INTEGER:
      return json_integer(v->integer);
    case VALUE_REAL:
      return judged_real(v->real);
  }
  return NULL;
}

json_t *judged_json(const metrics *m, const verdict *v, const stages_verdict *s) {
#define FIELD(name, kind, unit, meaning) RECORD_##name,
  static const int fields[] = {
      RECORD_verdict,
#include "judged.def"
  };
#undef FIELD
  record found = {0};
  json_t *object = judged_record(m, v, s, &found) ? json_object() : NULL;
  for (size_t i = 0; object && i < sizeof fields / sizeof *fields; i++) {
    const value_field *f = &record_fields[fields[i]];
    if (json_object_set_new(object, f->name,
                            value_json(&found.field[fields[i]], f->kind))) {
      json_decref(object);
      object = NULL;
    }
  }
  record_free(&found);
  return object;
}
