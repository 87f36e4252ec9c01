#include "row_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A column of the fit of which the earlier ones leave less is theirs. */
#define DEPENDENT 1e-10

static double norm(size_t d, const double *x) {
  double sum = 0;
  for (size_t c = 0; c < d; c++) sum += x[c] * x[c];
  return sqrt(sum);
}

bool fit_make(fit *f, size_t head_dim, error *err) {
  const size_t d = head_dim, q = d / 2;
  f->room = calloc(q * d + q * q + 3 * d + q + 1, sizeof *f->room);
  if (!f->room) return error_set(err, "verdict: out of memory for a fit");
  f->basis = f->room;
  f->triangle = f->basis + q * d;
  f->residual = f->triangle + q * q;
  f->allowance = f->residual + d;
  f->coefficient = f->allowance + d;
  f->output = f->coefficient + q;
  return true;
}

static double project_out(size_t d, const double *basis, double *x) {
  double along = 0;
  for (size_t c = 0; c < d; c++) along += basis[c] * x[c];
  for (size_t c = 0; c < d; c++) x[c] -= along * basis[c];
  return along;
}

/* Column k made orthonormal to the ones before (Gram-Schmidt, twice). */
static void add_column(fit *f, size_t d, size_t q, size_t k, const double *direction) {
  double *column = f->basis + k * d, *to = f->triangle + k * q;
  for (size_t c = 0; c < d; c++) column[c] = direction[c] / f->allowance[c];
  const double size = norm(d, column);
  memset(to, 0, q * sizeof *to);
  for (int twice = 0; twice < 2; twice++)
    for (size_t j = 0; j < k; j++) to[j] += project_out(d, f->basis + j * d, column);
  const double left = norm(d, column);
  to[k] = left > DEPENDENT * size ? left : 0;
  for (size_t c = 0; c < d; c++) column[c] = to[k] > 0 ? column[c] / left : 0;
}

/* Solves for the unknowns; the residual is left in `residual`. */
static void solve(fit *f, const bounds *b, const bound_row *row, const double *y) {
  const size_t d = b->head_dim, q = row->columns;
  const double *base = bounds_base(b, row);
  for (size_t c = 0; c < d; c++) f->residual[c] = (y[c] - base[c]) / f->allowance[c];
  for (size_t k = 0; k < q; k++) {
    add_column(f, d, q, k, bounds_direction(b, row, k));
    f->coefficient[k] = project_out(d, f->basis + k * d, f->residual);
  }
  for (size_t k = q; k-- > 0;) {
    const double pivot = f->triangle[k * q + k];
    f->coefficient[k] = pivot > 0 ? f->coefficient[k] / pivot : 0;
    for (size_t j = 0; j < k; j++)
      f->coefficient[j] -= f->triangle[k * q + j] * f->coefficient[k];
  }
}

/* What the fitted multiples of inexact directions add to the allowance. */
static void widen(fit *f, const bounds *b, const bound_row *row) {
  for (size_t k = 0; k < row->columns; k++) {
    const double *spread = bounds_spread(b, row, k);
    for (size_t c = 0; c < b->head_dim; c++)
      f->allowance[c] += fabs(f->coefficient[k]) * spread[c];
  }
}

void fit_free(fit *f) {
  free(f->room);
  *f = (fit){0};
}

double fit_residual(fit *f, const bounds *b, const bound_row *row, const double *y) {
  const size_t d = b->head_dim;
  memcpy(f->allowance, bounds_allowance(b, row), d * sizeof *f->allowance);
  solve(f, b, row, y);
  widen(f, b, row);
  solve(f, b, row, y);
  return norm(d, f->residual);
}
