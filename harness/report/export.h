/* Result rows on a stream, for machines and people. */
#ifndef REPORT_EXPORT_H
#define REPORT_EXPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "columns.h"
#include "error.h"
#include "row.h"

/* In the order of export_format_names. */
typedef enum export_format {
  EXPORT_TABLE,   /* columns of table.h, aligned for a terminal */
  EXPORT_JSON,    /* an array of objects */
  EXPORT_CSV,     /* header line, quoting as by RFC 4180, lines end in LF */
  EXPORT_MD,      /* columns of table.h as a GitHub table */
  EXPORT_JSONL,   /* an object a line */
  EXPORT_LATEX,   /* columns of table.h as a tabular with booktabs' rules */
  EXPORT_SQL,     /* a transaction that makes and fills a table `result` */
  EXPORT_GBENCH,  /* Google Benchmark's JSON */
  EXPORT_BENCHER, /* Bencher's metric format */
  EXPORT_GITHUB,  /* github-action-benchmark, customSmallerIsBetter */
  EXPORT_JUNIT,   /* JUnit XML, a test case a row */
} export_format;

/* "table", "json", ... "junit", NULL. */
extern const char *const export_format_names[];

/* Whether programs that gate on times read the format: no time of a row that is not good
 * (benchmark_row.h) is in it, its columns cannot be chosen, and two rows of one name are
 * an error. See docs/exports.md. */
bool export_is_for_gates(export_format format);

typedef struct export_options {
  export_format format;
  const row_columns *columns; /* NULL: all, or for tables what table.h says */
  bool colour;                /* EXPORT_TABLE alone */
  const char *machine_facts;  /* EXPORT_GBENCH alone: a JSON object; NULL: not known */
  const char *date;           /* EXPORT_GBENCH alone: of the rows; NULL: not known */
} export_options;

/* Writes every row, and of it the columns chosen; where none are, JSON, JSON lines, CSV
 * and SQL hold every field of fields.def, in its order.
 *   unknown   null, in CSV empty
 *   REAL      the shortest decimal that reads back the same; an infinity is null in JSON
 *             (which has none), "inf" in CSV and 9e999 in SQL
 *   TEXT      bytes that are not UTF-8 become U+FFFD, but in SQL
 * A write that failed, now or earlier, is an error. */
bool export_rows(const rows *all, const export_options *options, FILE *out, error *err);

#endif
