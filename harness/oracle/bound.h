/* The oracle's output, and beside every element the bound B on what rounding may do to it
 * in a kernel of some precision: the worst case (det), and a model of
 * rounding as noise (stat). docs/verdicts.md derives both. */
#ifndef ORACLE_BOUND_H
#define ORACLE_BOUND_H

#include <stdint.h>

#include "gauge.h"
#include "magnitude.h"
#include "sample.h"
#include "wide_row.h"

/* Relative error of a kernel's exp, in units: two units in the last place. */
#define BOUND_EXP_UNITS 4.0
/* The oracle's own error over the bound it grants, at most: a row beyond it is computed
 * again in a wider type. */
#define BOUND_OWN_SHARE 0.01
/* A row whose bound is below this share of its scale is decided by r alone. */
#define BOUND_SMALL 0.01

/* The token whose uncertainty weighs most in a row. */
typedef struct bound_culprit {
  uint64_t token;
  uint64_t in_value;  /* the denominator is of the value, not of the key */
  double denominator; /* D */
  double error;       /* E_D by the statistical gauge */
  double lambda;      /* of its logit; infinite where the denominator is unresolved */
  double weight;      /* p */
} bound_culprit;

/* An unknown left by rounding: the output may move by any multiple of `direction`, plus
 * that multiple of `spread`. */
typedef struct bound_column {
  uint64_t token;
  uint64_t in_value;
} bound_column;

#define BOUND_NO_FIT UINT64_MAX

typedef struct bound_row {
  uint64_t finite;    /* the oracle's row is, but for columns that VV spoils: these alone
                       * have no bound */
  uint64_t poisoned;  /* by a NaN among its operands */
  uint64_t wide;      /* 0 where float64 will do; else 1 + wide_type it is computed in */
  uint64_t overflows; /* a partial sum may leave the kernel's type */
  uint64_t unresolved_k; /* denominators whose sign rounding may change, stat */
  uint64_t unresolved_v;
  uint64_t columns; /* q: unknowns of the fit; 0 where none is needed */
  uint64_t fit;     /* where its fit begins, see bounds_*; or BOUND_NO_FIT */
  double scale;     /* max over components of sum p |v|, or, where that is 0, the
                     * same without cancellation in v; and of the fit's base */
  double own;       /* largest own error of the oracle over B by stat */
  double entropy;   /* of the softmax, nats */
  double largest_weight;
  bound_culprit culprit;
} bound_row;

/* Everything judging needs: of every row, or of a sample of those of each slice, in the
 * order (batch, sampled token, heads[, head_dim]). */
typedef struct bounds {
  size_t rows, head_dim;
  size_t tokens, *token;  /* sampled of each slice; NULL where it is every one */
  double *y, *det, *stat; /* (rows, head_dim) */
  bound_row *row;         /* (rows) */
  double *fit;            /* fit_count values */
  size_t fit_count;
} bounds;

/* Bounds for a kernel of that precision. Where its unit is the oracle's own, both err:
 * det and stat are twice the bound of one. */
bool bounds_make(const oracle_shape *shape, double eps,
                 const magnitude_operands *operands, gauge_precision precision,
                 sample_rule rule, bounds *out, error *err);
/* Room for the bounds of that shape's rows, zero, without fits. */
bool bounds_room(const oracle_shape *shape, sample_rule rule, bounds *out, error *err);
/* The token of the row at `place` among those of its slice. */
size_t bounds_token(const bounds *b, size_t place);
void bounds_free(bounds *b);

/* Of a row that has a fit: the output without the unknowns, the bound on the rest, and
 * columns 0 .. row->columns - 1. */
const double *bounds_base(const bounds *b, const bound_row *row);
const double *bounds_allowance(const bounds *b, const bound_row *row);
bound_column bounds_column(const bounds *b, const bound_row *row, size_t column);
const double *bounds_direction(const bounds *b, const bound_row *row, size_t column);
const double *bounds_spread(const bounds *b, const bound_row *row, size_t column);

#endif
