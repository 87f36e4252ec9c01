/* Aligned tables for a person. */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "columns.h"
#include "error.h"
#include "row.h"

typedef enum table_align { TABLE_LEFT, TABLE_RIGHT } table_align;

typedef enum table_tone { TABLE_PLAIN, TABLE_GOOD, TABLE_DOUBTFUL, TABLE_BAD } table_tone;

typedef enum table_style {
  TABLE_TEXT,     /* padded columns */
  TABLE_COLOUR,   /* the same, tones as terminal colours */
  TABLE_MARKDOWN, /* a GitHub table: pipes escaped, line breaks as <br> */
  TABLE_LATEX,    /* a tabular with booktabs' rules; needs no other package */
} table_style;

typedef struct table_column {
  const char *title;
  table_align align;
} table_column;

typedef struct table_cell {
  char *text;
  table_tone tone;
} table_cell;

typedef struct table {
  const table_column *column; /* borrowed, must outlive the table */
  size_t columns;
  table_cell *cell; /* row after row */
  size_t cells;
  size_t capacity;
} table;

/* An empty table; `columns` >= 1. Cannot fail. */
void table_make(table *t, const table_column *column, size_t columns);

/* Adds the next cell, left to right, row after row; `text` is copied, NULL is shown as
 * FORMAT_NULL. Fails only out of memory. */
bool table_add(table *t, const char *text, table_tone tone, error *err);

/* Prints titles and whole rows. Control characters in cells are shown as '?'. */
bool table_print(const table *t, FILE *out, table_style style, error *err);

void table_free(table *t);

/* One text as a cell of that style shows it: for captions. */
void table_put_text(const char *text, FILE *out, table_style style);

/* Whether a table on this stream should be in colour: it is a terminal, and NO_COLOR is
 * unset or empty. */
bool table_wants_colour(FILE *out);

/* The rows' columns a person wants. Settings that are the same in every row move to a
 * caption line above the table. */
bool report_rows_table(const rows *all, FILE *out, table_style style, error *err);

/* Any fields, by their names, as CSV spells them. */
bool report_columns_table(const rows *all, const row_columns *chosen, FILE *out,
                          table_style style, error *err);

#endif
