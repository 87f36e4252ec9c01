#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format.h"
#include "table_latex.h"
#include "utf8.h"

static const char *const tone_codes[] = {
    [TABLE_PLAIN] = "", [TABLE_GOOD] = "32", [TABLE_DOUBTFUL] = "33", [TABLE_BAD] = "31"};

void table_make(table *t, const table_column *column, size_t columns) {
  *t = (table){.column = column, .columns = columns};
}

static bool grow(table *t, error *err) {
  size_t capacity = t->capacity ? 2 * t->capacity : 64;
  table_cell *cell = reallocarray(t->cell, capacity, sizeof *cell);
  if (!cell) return error_set(err, "a table of %zu cells: out of memory", capacity);
  t->cell = cell;
  t->capacity = capacity;
  return true;
}

bool table_add(table *t, const char *text, table_tone tone, error *err) {
  if (t->cells == t->capacity && !grow(t, err)) return false;
  char *copy = utf8_clean(text ? text : FORMAT_NULL);
  if (!copy) return error_set(err, "a table cell: out of memory");
  t->cell[t->cells++] = (table_cell){copy, tone};
  return true;
}

static void column_widths(const table *t, size_t *width) {
  for (size_t c = 0; c < t->columns; c++) width[c] = utf8_width(t->column[c].title);
  for (size_t i = 0; i < t->cells; i++) {
    size_t w = utf8_width(t->cell[i].text);
    if (w > width[i % t->columns]) width[i % t->columns] = w;
  }
}

static void put_visible(const char *text, FILE *out) {
  for (const char *c = text; *c; c++) {
    unsigned char u = (unsigned char)*c;
    fputc(u < ' ' || u == 0x7F ? '?' : *c, out);
  }
}

static void put_padded(const table *t, size_t c, const char *text, size_t width,
                       const char *code, FILE *out) {
  size_t used = utf8_width(text);
  int padding = width > used ? (int)(width - used) : 0;
  bool right = t->column[c].align == TABLE_RIGHT;
  if (right) fprintf(out, "%*s", padding, "");
  if (*code) fprintf(out, "\033[%sm", code);
  put_visible(text, out);
  if (*code) fputs("\033[0m", out);
  if (c + 1 == t->columns) return;
  fprintf(out, "%*s", (right ? 0 : padding) + 2, "");
}

static void print_text(const table *t, const size_t *width, bool colour, FILE *out) {
  for (size_t c = 0; c < t->columns; c++)
    put_padded(t, c, t->column[c].title, width[c], colour ? "1" : "", out);
  fputc('\n', out);
  for (size_t i = 0; i < t->cells; i++) {
    size_t c = i % t->columns;
    put_padded(t, c, t->cell[i].text, width[c], colour ? tone_codes[t->cell[i].tone] : "",
               out);
    if (c + 1 == t->columns) fputc('\n', out);
  }
}

static void put_markdown(const char *text, FILE *out) {
  for (const char *c = text; *c; c++) {
    if (*c == '\n')
      fputs("<br>", out);
    else if (strchr("|\\`*<>[]", *c))
      fprintf(out, "\\%c", *c);
    else
      fputc((unsigned char)*c < ' ' ? ' ' : *c, out);
  }
}

static void print_markdown(const table *t, FILE *out) {
  for (size_t c = 0; c < t->columns; c++) {
    fputs(c ? " | " : "| ", out);
    put_markdown(t->column[c].title, out);
  }
  fputs(" |\n", out);
  for (size_t c = 0; c < t->columns; c++)
    fputs(t->column[c].align == TABLE_RIGHT ? "| ---: " : "| :--- ", out);
  fputs("|\n", out);
  for (size_t first = 0; first + t->columns <= t->cells; first += t->columns) {
    for (size_t c = 0; c < t->columns; c++) {
      fputs(c ? " | " : "| ", out);
      put_markdown(t->cell[first + c].text, out);
    }
    fputs(" |\n", out);
  }
}

void table_put_text(const char *text, FILE *out, table_style style) {
  if (style == TABLE_MARKDOWN)
    put_markdown(text, out);
  else if (style == TABLE_LATEX)
    table_latex_text(text, out);
  else
    put_visible(text, out);
}

static bool flushed(FILE *out, error *err) {
  errno = 0;
  if (fflush(out) == 0 && !ferror(out)) return true;
  return error_set(err, "the table could not be written: %s",
                   errno ? strerror(errno) : "a write failed");
}

bool table_print(const table *t, FILE *out, table_style style, error *err) {
  if (style == TABLE_MARKDOWN) {
    print_markdown(t, out);
    return flushed(out, err);
  }
  if (style == TABLE_LATEX) {
    table_latex_print(t, out);
    return flushed(out, err);
  }
  size_t *width = calloc(t->columns, sizeof *width);
  if (!width) return error_set(err, "a table of %zu columns: out of memory", t->columns);
  column_widths(t, width);
  print_text(t, width, style == TABLE_COLOUR, out);
  free(width);
  return flushed(out, err);
}

void table_free(table *t) {
  for (size_t i = 0; i < t->cells; i++) free(t->cell[i].text);
  free(t->cell);
  *t = (table){0};
}

bool table_wants_colour(FILE *out) {
  const char *no_color = getenv("NO_COLOR");
  return isatty(fileno(out)) && !(no_color && *no_color);
}
