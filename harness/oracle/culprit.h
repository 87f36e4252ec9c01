/* What a row's verdict is explained by. */
#ifndef ORACLE_CULPRIT_H
#define ORACLE_CULPRIT_H

#include "bound_context.h"

/* Fills the unresolved denominators, the softmax's health and the culprit of a row. */
void row_describe(const bound_context *x, const oracle_row *row, bound_row *to);

#endif
