/* What judging needs to fit a row's unknowns. */
#ifndef ORACLE_FIT_COLUMNS_H
#define ORACLE_FIT_COLUMNS_H

#include "bound_context.h"

/* Keeps the fit of a row whose unknowns are x->chosen; directions only while a fit can
 * decide. */
bool fit_keep(bound_context *x, const oracle_row *row, size_t chosen, bound_row *to,
              error *err);

#endif
