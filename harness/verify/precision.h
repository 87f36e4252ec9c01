/* How precise a kernel is: what the bound on its output depends on besides the inputs. */
#ifndef VERIFY_PRECISION_H
#define VERIFY_PRECISION_H

#include "gauge.h"
#include "linkv/kernel.h"

typedef struct precision {
  lkv_dtype operand_type, output_type, factor_type; /* as in lkv_kernel */
} precision;

precision precision_of(const lkv_kernel *kernel);

/* Of a kernel that is of one type throughout; of LKV_BFLOAT16, one that stores operands
 * and factors so and computes in float32. */
precision precision_throughout(lkv_dtype type);

bool precision_equal(precision a, precision b);

/* Relative errors of one rounding, in that stage. */
gauge_precision precision_gauge(precision p, lkv_stage stage);

#endif
