/* Which fields of a row are written. */
#ifndef REPORT_COLUMNS_H
#define REPORT_COLUMNS_H

#include "error.h"
#include "row.h"

typedef struct row_columns {
  int field[ROW_FIELDS]; /* ROW_kernel, ...; each once */
  size_t count;
} row_columns;

/* Every field, in the order of fields.def. */
row_columns columns_all(void);

/* From "kernel,seq_len,r_stat_max", in that order; "all" is every field. Fails, naming
 * the word, on one that is no field, and on one named twice. */
bool columns_parse(const char *text, row_columns *out, error *err);

#endif
