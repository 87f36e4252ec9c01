/* A result row: what tables, exports and plots show of one measured point. */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include <stddef.h>

#include "value.h"

#define FIELD(name, kind, unit, meaning) ROW_##name,
enum {
#include "fields.def"
  ROW_FIELDS
};
#undef FIELD

typedef value_field row_field;

/* Indexed by ROW_kernel, ROW_algorithm, ... */
extern const row_field row_fields[ROW_FIELDS];

/* What one repetition took, of a call; NaN where not known. */
typedef struct row_sample {
  double time_ns, cpu_ns;
  int64_t iterations; /* calls that were timed; 0 where not known */
  int64_t run;        /* the run of its database that timed it; 0 where not known */
  int64_t repetition; /* its round there; likewise */
} row_sample;

typedef struct row {
  value field[ROW_FIELDS];
  row_sample *sample; /* of the repetitions that were timed, in their order; owned */
  size_t samples;
} row;

typedef struct rows {
  row *row;
  size_t count;
} rows;

/* value_set_text and its kin, by field. */
/* Names of the fields, separated by commas, for a message; of those that judging finds
 * out, where they are listed. */
enum { ROW_FIELDS_TEXT_SIZE = 768 };
const char *row_fields_text(char out[ROW_FIELDS_TEXT_SIZE]);

bool row_set_text(row *r, int field, const char *text);
void row_set_integer(row *r, int field, int64_t integer);
void row_set_real(row *r, int field, double real);

void row_free(row *r);
void rows_free(rows *r);

#endif
