/* Errors of a row's denominators, and lambda of every weight: E2, E5 and E6. */
#ifndef ORACLE_TOKEN_ERROR_H
#define ORACLE_TOKEN_ERROR_H

#include "bound_context.h"

/* A lambda beyond it says nothing. */
#define LARGEST_LAMBDA 30.0

/* E_D of token i's denominator, of the key or of the value. */
double token_denominator_error(const bound_context *x, gauge g, bool in_value, size_t i);

/* Fills lambda, infinite where the denominator is unresolved, and error_dv of a view:
 * the logit's error, the shift by a maximum that errs too, exp and rescalings. */
void token_errors(bound_context *x, bound_view *v, const oracle_row *row);

#endif
