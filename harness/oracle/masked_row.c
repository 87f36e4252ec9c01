#include "masked_row.h"

#include <math.h>
#include <stdlib.h>

static bool is_spoilt(size_t d, const oracle_row *row, size_t c) {
  for (size_t a = 0; a < d; a++)
    if (!isfinite(row->s_v[a * d + c])) return true;
  return false;
}

size_t masked_columns(size_t head_dim, const oracle_row *row, bool *masked) {
  size_t count = 0;
  for (size_t c = 0; c < head_dim; c++) {
    masked[c] = !isfinite(row->y[c]) && is_spoilt(head_dim, row, c);
    count += masked[c];
  }
  return count;
}

static void copy(size_t rows, size_t d, const double *from, const bool *masked,
                 double *to) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < d; c++) to[r * d + c] = masked[c] ? 0 : from[r * d + c];
}

bool masked_row_make(size_t head_dim, const oracle_row *row, const bool *masked,
                     masked_row *out, error *err) {
  const size_t d = head_dim, n = row->t + 1;
  double *room = malloc((n + d + 1) * d * sizeof *room);
  if (!room) return error_set(err, "bound: out of memory for a row of %zu tokens", n);
  double *s_v = room + n * d, *y = s_v + d * d;
  copy(n, d, row->value, masked, room);
  copy(d, d, row->s_v, masked, s_v);
  copy(1, d, row->y, masked, y);
  *out = (masked_row){.row = *row, .room = room};
  out->row.value = room;
  out->row.s_v = s_v;
  out->row.y = y;
  return true;
}

void masked_row_free(masked_row *m) {
  free(m->room);
  *m = (masked_row){0};
}
