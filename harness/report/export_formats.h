/* The formats of export.h that have a file of their own. Each writes every row and
 * returns false, with a reason in `err`, where a row has no place in the format or memory
 * is short; a failed write is left on `out` for the caller to see. */
#ifndef REPORT_EXPORT_FORMATS_H
#define REPORT_EXPORT_FORMATS_H

#include <jansson.h>
#include <stdio.h>

#include "export.h"

bool export_gbench(const rows *all, const export_options *options, FILE *out, error *err);
bool export_bencher(const rows *all, FILE *out, error *err);
bool export_github(const rows *all, FILE *out, error *err);
bool export_junit(const rows *all, FILE *out, error *err);
void export_sql(const rows *all, const row_columns *columns, FILE *out);

/* The value as a JSON number, null where it is not known or not finite. */
json_t *export_value(const value *v, value_kind kind);

/* Writes a JSON value, indented, and gives up the reference. NULL is out of memory. */
bool export_put_json(json_t *document, FILE *out, error *err);

#endif
