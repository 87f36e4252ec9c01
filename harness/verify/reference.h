/* The oracle's output for a case, either stage. */
#ifndef VERIFY_REFERENCE_H
#define VERIFY_REFERENCE_H

#include "case.h"

/* y (batch, seq_len, heads, head_dim) in float64, malloc'd, from the case's inputs as
 * they are stored; the block stage's projections are float64 too. NULL on failure. */
double *reference_output(const lin_case *c, error *err);

#endif
