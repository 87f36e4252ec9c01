/* Result rows on a stream, for machines and people. */
#ifndef REPORT_EXPORT_H
#define REPORT_EXPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "columns.h"
#include "error.h"
#include "row.h"

/* In the order of the command line's --format. */
typedef enum export_format {
  EXPORT_TABLE, /* columns of table.h, aligned for a terminal */
  EXPORT_JSON,  /* an array of objects */
  EXPORT_CSV,   /* header line, quoting as by RFC 4180, lines end in LF */
  EXPORT_MD,    /* columns of table.h as a GitHub table */
  EXPORT_JSONL, /* an object a line */
} export_format;

/* Writes every row, and of it the columns chosen; where none are (NULL), JSON, JSON lines
 * and CSV hold every field of fields.def, in its order, and the tables what table.h says.
 *   unknown   null in JSON, empty in CSV
 *   REAL      the shortest decimal that reads back the same; an infinity is null in JSON
 *             (which has none) and "inf" in CSV
 *   TEXT      bytes that are not UTF-8 become U+FFFD
 * `colour` is for EXPORT_TABLE alone. A write that failed, now or earlier, is an error.
 */
bool export_rows(const rows *all, const row_columns *chosen, export_format format,
                 FILE *out, bool colour, error *err);

#endif
