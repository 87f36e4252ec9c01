/* A row without the columns of values that VV has spoilt: a NaN or an infinity there
 * reaches its own column, and no other. */
#ifndef ORACLE_MASKED_ROW_H
#define ORACLE_MASKED_ROW_H

#include "oracle.h"

typedef struct masked_row {
  oracle_row row; /* zero in the columns masked */
  double *room;
} masked_row;

/* Marks the columns (head_dim) in which S_V is not finite, nor will it be in later rows;
 * returns how many. */
size_t masked_columns(size_t head_dim, const oracle_row *row, bool *masked);

/* Copies what the mask changes; free with masked_row_free. */
bool masked_row_make(size_t head_dim, const oracle_row *row, const bool *masked,
                     masked_row *out, error *err);
void masked_row_free(masked_row *m);

#endif
