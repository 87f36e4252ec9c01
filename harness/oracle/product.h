/* Products of rows with a matrix and with vectors, each element summed in order, without
 * contraction: the same bits whatever vectors the machine has. */
#ifndef ORACLE_PRODUCT_H
#define ORACLE_PRODUCT_H

#include <stddef.h>

/* out (rows, cols), dense, = x (rows, inner) @ w (inner, cols), w dense, rows of x
 * `stride` apart; row r over below[r], where `below` is not NULL. */
void product_rows(size_t rows, size_t inner, size_t cols, const double *x, size_t stride,
                  const double *w, const double *below, double *out);

/* out (rows) = x (rows, inner) . a (inner) + offset */
void product_dots(size_t rows, size_t inner, const double *x, size_t stride,
                  const double *a, double offset, double *out);

#endif
