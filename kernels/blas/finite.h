/* Sums over masked rows, by a product that multiplies the masked ones by 0 all the same.
 *
 * 0 times NaN or infinity is NaN, but a row that comes after its query must leave no
 * trace. So the product runs over rows with 0 for what is not finite, and what was left
 * out is added where it counts. Rows that are finite, the usual case, are not copied. */
#ifndef BLAS_FINITE_H
#define BLAS_FINITE_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "blas/gemm.h"

static inline bool blas_all_finite(const float *x, size_t count) {
  int32_t found = 0;
  for (size_t i = 0; i < count; i++) {
    int32_t bits;
    memcpy(&bits, &x[i], sizeof bits);
    found |= (bits & 0x7f800000) == 0x7f800000;
  }
  return !found;
}

/* `rows` itself, where its `count` rows of d are finite; else a copy in `clean` (count,
 * d). Its flag `transposed` stays. */
static inline blas_matrix blas_finite_rows(blas_matrix rows, size_t count, size_t d,
                                           float *clean) {
  bool finite = true;
  for (size_t j = 0; j < count && finite; j++)
    finite = blas_all_finite(rows.data + j * rows.stride, d);
  if (finite) return rows;
  for (size_t j = 0; j < count; j++)
    for (size_t c = 0; c < d; c++) {
      const float x = rows.data[j * rows.stride + c];
      clean[j * d + c] = isfinite(x) ? x : 0;
    }
  return (blas_matrix){clean, d, rows.transposed};
}

/* A matrix over (token or column, query). */
typedef struct blas_by_query {
  float *data;
  size_t row, query; /* from row to row, from query to query */
} blas_by_query;

/* out(c, q) += sum_j rows(j, c) weight(j, q) over the elements that blas_finite_rows left
 * out, j < count, and the queries q of first + j .. queries - 1, which see row j. */
static inline void blas_restore(blas_matrix rows, size_t count, size_t d,
                                blas_by_query weight, size_t first, size_t queries,
                                blas_by_query out) {
  for (size_t j = 0; j < count; j++)
    for (size_t c = 0; c < d; c++) {
      const float x = rows.data[j * rows.stride + c];
      if (isfinite(x)) continue;
      for (size_t q = first + j; q < queries; q++)
        out.data[c * out.row + q * out.query] +=
            x * weight.data[j * weight.row + q * weight.query];
    }
}

#endif
