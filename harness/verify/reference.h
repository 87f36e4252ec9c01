/* The oracle's output for a case, either stage. */
#ifndef VERIFY_REFERENCE_H
#define VERIFY_REFERENCE_H

#include "bound.h"
#include "case.h"
#include "precision.h"

/* y (batch, seq_len, heads, head_dim) in float64, malloc'd, from the case's inputs as
 * they are stored; the block stage's projections are float64 too. NULL on failure. */
double *reference_output(const lin_case *c, error *err);

/* The same, with bounds, for a kernel of that precision: from the inputs as it gets them,
 * rounded to its type; of the attention stage exact operands, of the block stage
 * projections rounded as the kernel's are. Free with bounds_free. */
bool reference_bounds(const lin_case *c, precision of, sample_rule rule, bounds *out,
                      error *err);

#endif
