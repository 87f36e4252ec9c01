/* Rows of a JSON export, read back. */
#ifndef REPORT_IMPORT_H
#define REPORT_IMPORT_H

#include "error.h"
#include "row.h"

/* Reads what `linkv export --format json` or `jsonl` wrote. Fields that are missing or
 * null are not known; their samples are those of times_ns, of no run. Errors name file,
 * row and field. */
bool import_rows(const char *path, rows *out, error *err);

#endif
