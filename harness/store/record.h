/* What one worker found out: one repetition of one point. */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "error.h"
#include "value.h"

#define FIELD(name, kind, unit, meaning) RECORD_##name,
enum {
#include "record.def"
  RECORD_FIELDS
};
#undef FIELD

/* Indexed by RECORD_status, RECORD_reason, ... */
extern const value_field record_fields[RECORD_FIELDS];

typedef struct record {
  value field[RECORD_FIELDS];
} record;

void record_free(record *r);

/* One line of JSON without the line feed, malloc'd; unknown fields are left out,
 * infinities are written as "inf" and "-inf", and in a text that is not UTF-8 '?' stands
 * for every byte that is not ASCII. NULL when out of memory. */
char *record_to_json(const record *r);

/* The reverse. Fails, naming the field, on what is not a record: bad JSON, unknown or
 * mistyped fields, a missing or unknown status. */
bool record_from_json(const char *line, record *out, error *err);

/* How bad a status is: 0 for "ok", higher is worse, -1 for a text that is no status. */
int status_severity(const char *status);

#endif
