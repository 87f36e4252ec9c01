#include "plot_value.h"

#include <math.h>
#include <string.h>

#include "plot_data.h"

double plot_drawable(const row *r, int field) {
  const value *v = &r->field[field];
  double number = row_fields[field].kind == VALUE_REAL ? v->real : (double)v->integer;
  return v->known && isfinite(number) && number > 0 ? number : NAN;
}

size_t plot_status(const row *r) {
  for (size_t s = 0; s + 1 < PLOT_STATUSES && r->field[ROW_status].known; s++)
    if (!strcmp(r->field[ROW_status].text, plot_statuses[s])) return s;
  return PLOT_STATUSES - 1;
}

int plot_compare(const row *a, const row *b, int field) {
  const value *x = &a->field[field], *y = &b->field[field];
  if (!x->known || !y->known) return !!x->known - !!y->known;
  if (row_fields[field].kind == VALUE_TEXT) return strcmp(x->text, y->text);
  return (x->integer > y->integer) - (x->integer < y->integer);
}

static bool is_text(const row *r, int field, const char *text) {
  return r->field[field].known && !strcmp(r->field[field].text, text);
}

double plot_compulsory_bytes(const row *r) {
  const double output = is_text(r, ROW_operand_type, "float64") ? 8 : 4;
  const double operand = is_text(r, ROW_operand_type, "bfloat16") ? 2 : output;
  const double tokens = plot_drawable(r, ROW_batch) * plot_drawable(r, ROW_seq_len);
  const double width = plot_drawable(r, ROW_heads) * plot_drawable(r, ROW_head_dim);
  if (is_text(r, ROW_stage, "block"))
    return output * (2 * tokens * width + 7 * width * width);
  return (7 * operand + output) * tokens * width;
}
