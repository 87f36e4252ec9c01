/* Least squares over what rounding leaves unknown in a row. */
#ifndef VERIFY_ROW_FIT_H
#define VERIFY_ROW_FIT_H

#include "bound.h"

/* Room for the fits of rows of one head_dim, of up to head_dim / 2 columns. */
typedef struct fit {
  double *basis;       /* (q, d): orthonormal */
  double *triangle;    /* (q, q): columns in terms of the basis */
  double *residual;    /* (d), in units of the allowance */
  double *allowance;   /* (d) */
  double *coefficient; /* (q) */
  double *output;      /* (d): the base where the oracle is not finite */
  double *room;
} fit;

bool fit_make(fit *f, size_t head_dim, error *err);
void fit_free(fit *f);

/* Fits the row's columns to y - base, weighted with the allowance, which is widened by
 * what the fitted multiples of inexact directions add. Returns the 2-norm of the residual
 * in units of the allowance, NaN where one is. */
double fit_residual(fit *f, const bounds *b, const bound_row *row, const double *y);

#endif
