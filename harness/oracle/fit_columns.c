#include "fit_columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "split.h"
#include "token_set.h"

static bool reserve_fit(bounds *b, size_t count, error *err) {
  const size_t wanted = b->fit_count + count;
  size_t room = 1024, had = b->fit_count ? 1024 : 0;
  while (had && had < b->fit_count) had *= 2;
  while (room < wanted) room *= 2;
  if (room == had) return true;
  double *grown = realloc(b->fit, room * sizeof *grown);
  if (!grown) return error_set(err, "bound: out of memory for fits");
  b->fit = grown;
  return true;
}

static size_t column_size(size_t d) {
  return 2 + 2 * d;
}

/* Direction and spread of an unknown. */
static void fill_column(bound_context *x, const bound_view *v, const oracle_row *row,
                        size_t chosen, double *to) {
  const size_t d = x->shape->head_dim, i = chosen / 2;
  to[0] = (double)i;
  to[1] = (double)(chosen % 2);
  double *direction = to + 2, *spread = direction + d;
  const bool resolved = token_value_resolved(v, row, i);
  if (chosen % 2) {
    split_numerator_error(x, v, row, i, spread);
    for (size_t c = 0; c < d; c++)
      direction[c] = row->value[i * d + c] * row->denominator_v[i];
    return;
  }
  for (size_t c = 0; c < d; c++) {
    direction[c] = (resolved ? row->value[i * d + c] : 0) - x->center[c];
    spread[c] = 0;
  }
}

bool fit_keep(bound_context *x, const oracle_row *row, size_t chosen, bound_row *to,
              error *err) {
  const size_t d = x->shape->head_dim;
  bounds *b = x->result;
  to->columns = chosen;
  to->scale = bound_larger(to->scale, bound_largest_size(d, x->center));
  if (chosen > d / 2) return true;
  const size_t count = 2 * d + chosen * column_size(d);
  if (!reserve_fit(b, count, err)) return false;
  to->fit = b->fit_count;
  double *at = b->fit + b->fit_count;
  memcpy(at, x->center, d * sizeof *at);
  for (size_t c = 0; c < d; c++) at[d + c] = x->factor * x->part[c];
  for (size_t k = 0; k < chosen; k++)
    fill_column(x, &x->view[STAT], row, x->chosen[k], at + 2 * d + k * column_size(d));
  b->fit_count += count;
  return true;
}

const double *bounds_base(const bounds *b, const bound_row *row) {
  return b->fit + row->fit;
}

const double *bounds_allowance(const bounds *b, const bound_row *row) {
  return b->fit + row->fit + b->head_dim;
}

static const double *column_at(const bounds *b, const bound_row *row, size_t column) {
  return b->fit + row->fit + 2 * b->head_dim + column * column_size(b->head_dim);
}

bound_column bounds_column(const bounds *b, const bound_row *row, size_t column) {
  const double *at = column_at(b, row, column);
  return (bound_column){(uint64_t)at[0], (uint64_t)at[1]};
}

const double *bounds_direction(const bounds *b, const bound_row *row, size_t column) {
  return column_at(b, row, column) + 2;
}

const double *bounds_spread(const bounds *b, const bound_row *row, size_t column) {
  return column_at(b, row, column) + 2 + b->head_dim;
}
