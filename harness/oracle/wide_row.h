/* One row of the operator by definition in a type wider than float64: for rows whose own
 * error in float64 is too large beside the bound they grant. */
#ifndef ORACLE_WIDE_ROW_H
#define ORACLE_WIDE_ROW_H

#include "oracle.h"

typedef enum wide_type {
  WIDE_DOUBLE_DOUBLE, /* a number is an unevaluated sum of two float64 */
  WIDE_BINARY128,     /* IEEE 754 binary128 */
  WIDE_TYPES
} wide_type;

/* "double-double", "binary128". */
const char *wide_type_name(wide_type type);

/* Relative error of one operation, at most; of exp four times as much. */
double wide_type_unit(wide_type type);

/* False for binary128 where the compiler has none. */
bool wide_type_available(wide_type type);

/* A row in the wide type, rounded to float64. */
typedef struct wide_row {
  oracle_row row; /* s_k, z_k, s_v and z_v are those of `at` */
  double *room;
} wide_row;

/* Computes the row that `at` names; free with wide_row_free. Time
 * O(t head_dim^2), each operation tens (double-double) to hundreds (binary128) of
 * float64's. */
bool wide_row_make(wide_type type, const oracle_shape *shape, double eps,
                   const double *const operands[ORACLE_OPERANDS], const oracle_row *at,
                   wide_row *out, error *err);
void wide_row_free(wide_row *w);

#endif
