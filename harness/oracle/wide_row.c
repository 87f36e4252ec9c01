#include "wide_row.h"

#include <stdlib.h>

#include "wide_types.h"

const char *wide_type_name(wide_type type) {
  static const char *const names[] = {"double-double", "binary128"};
  return names[type];
}

double wide_type_unit(wide_type type) {
  static const double units[] = {0x1p-100, 0x1p-110};
  return units[type];
}

bool wide_type_available(wide_type type) {
  return type == WIDE_DOUBLE_DOUBLE || wide_attend_binary128;
}

static void lay_out(double *room, size_t d, const oracle_row *at, wide_task *task,
                    oracle_row *row) {
  const size_t n = at->t + 1;
  task->key = room;
  task->value = task->key + n * d;
  task->denominator_k = task->value + n * d;
  task->denominator_v = task->denominator_k + n;
  task->logit = task->denominator_v + n;
  task->weight = task->logit + n;
  task->y = task->weight + n;
  *row = *at;
  row->key = task->key, row->value = task->value;
  row->denominator_k = task->denominator_k, row->denominator_v = task->denominator_v;
  row->logit = task->logit, row->weight = task->weight;
  row->y = task->y;
}

bool wide_row_make(wide_type type, const oracle_shape *shape, double eps,
                   const double *const operands[ORACLE_OPERANDS], const oracle_row *at,
                   wide_row *out, error *err) {
  const size_t d = shape->head_dim, stride = shape->heads * d;
  const size_t start = at->batch * shape->seq_len * stride + at->head * d;
  wide_task task = {.head_dim = d, .stride = stride, .t = at->t, .eps = eps};
  for (int o = 0; o < ORACLE_OPERANDS; o++) task.operand[o] = operands[o] + start;
  *out = (wide_row){.room = calloc((at->t + 1) * (2 * d + 4) + d, sizeof *out->room)};
  if (out->room) {
    lay_out(out->room, d, at, &task, &out->row);
    if ((type == WIDE_BINARY128 ? wide_attend_binary128
                                : wide_attend_double_double)(&task))
      return true;
  }
  wide_row_free(out);
  return error_set(err, "oracle: out of memory for a row in %s", wide_type_name(type));
}

void wide_row_free(wide_row *w) {
  free(w->room);
  *w = (wide_row){0};
}
