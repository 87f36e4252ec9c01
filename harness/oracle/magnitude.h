/* Sizes of what a kernel adds up: for every denominator and numerator of a row, the sum
 * of the absolute values of its monomials (worst case), and a sum of squares
 * (statistical), from which the rounding errors of any association of that sum are
 * bounded. docs/verdicts.md derives each; "E" below is its number there. */
#ifndef ORACLE_MAGNITUDE_H
#define ORACLE_MAGNITUDE_H

#include "oracle.h"

/* The operands as judged: exact where `inner` is 0; else rounded products of that inner
 * size, with |x| |W| and x^2 W^2 + (x W)^2 beside x W. Dense, of the oracle's shape. */
typedef struct magnitude_operands {
  const double *value[ORACLE_OPERANDS];
  const double *absolute[ORACLE_OPERANDS]; /* NULL where exact */
  const double *square[ORACLE_OPERANDS];   /* NULL where exact */
  size_t inner;
} magnitude_operands;

/* Roundings a monomial may pass on its way into a sum, E1 to E4. */
typedef struct magnitude_roundings {
  double steps;         /* of operations */
  double factors;       /* of results that are rounded before they are multiplied */
  double operands;      /* of operands */
  double operand_noise; /* the same, in units of the squares */
} magnitude_roundings;

typedef struct magnitude_counts {
  magnitude_roundings numerator, denominator, value;
  double sum;
  double products; /* in a denominator, at most: each may underflow */
} magnitude_counts;

/* Of one (batch, head) slice, at one row t. */
typedef struct magnitudes {
  oracle_shape shape;
  double eps;
  const magnitude_operands *operands;
  /* (seq_len, head_dim) of QK and QV, and of the squares of KK; (head_dim), of token t
   * alone, of the others. */
  double *absolute[ORACLE_OPERANDS], *square[ORACLE_OPERANDS];

  /* Sums over tokens j <= t: of absolute values, of squares, and of the squares of the
   * prefix states they passed through. */
  double *abs_sk, *abs_zk, *abs_sv, *abs_zv;
  double *sq_sk, *sq_zk, *sq_sv, *sq_zv;
  double *walk_sk, *walk_zk, *walk_sv, *walk_zv;
  double *abs_vk, *abs_vv, *abs_qv; /* (head_dim) */

  /* Of row t. */
  magnitude_counts counts;
  double *abs_n, *sq_n, *sq_d, *sq_dv; /* (head_dim): to be multiplied with QK_i, QV_i */
  double abs_q, abs_vkq, abs_vv_max, abs_qv_sum;
  double largest; /* of any partial sum: where it does not fit the type, it overflows */

  /* Of token i <= t, (seq_len) each. */
  double *n_abs, *n_sq, *n_underflow;
  double *d_abs, *d_sq, *dv_abs, *dv_sq;
  double *score; /* VK_j . Q_t */
  double *room;
} magnitudes;

bool magnitudes_make(magnitudes *m, const oracle_shape *shape, double eps,
                     const magnitude_operands *operands, error *err);
void magnitudes_free(magnitudes *m);

/* Takes token t of the row's slice, t ascending from 0. */
void magnitudes_pass(magnitudes *m, const oracle_row *row);
/* Takes columns out of the sums of values, as if VV had zeros there. */
void magnitudes_drop_columns(magnitudes *m, const bool *dropped);
/* Fills all that belongs to row t, whose token has been taken. */
void magnitudes_take(magnitudes *m, const oracle_row *row);
/* Fills that of a row taken already, whose tokens are known better now. */
void magnitudes_retake(magnitudes *m, const oracle_row *row);

/* out (head_dim) = the row vector |a| S_V-bar, and a^2 applied to the squares of S_V:
 * numerators of values, for `a` already absolute or squared. */
void magnitudes_value_abs(const magnitudes *m, const double *a, double *out);
void magnitudes_value_sq(const magnitudes *m, const double *s_v, const double *a,
                         double *out);

#endif
