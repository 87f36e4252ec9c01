/* The bound by good tokens, with the others as unknowns: E10. */
#ifndef ORACLE_SPLIT_H
#define ORACLE_SPLIT_H

#include "bound_context.h"

/* Lowers `out` to the bound by split tokens, where that is smaller. Returns how many
 * unknowns are to be fitted, in x->chosen; their base and allowance are then x->center
 * and x->part. */
size_t split_bound(bound_context *x, bound_view *v, const oracle_row *row, double *out);

/* The bound on the good tokens' mean, and on rounding among the others: into x->part. */
void split_bound_good(bound_context *x, const bound_view *v, const oracle_row *row);

/* Error of the numerator of v_i. */
void split_numerator_error(bound_context *x, const bound_view *v, const oracle_row *row,
                           size_t i, double *out);

#endif
