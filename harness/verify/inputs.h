/* Regimes: the distributions inputs are drawn from. */
#ifndef VERIFY_INPUTS_H
#define VERIFY_INPUTS_H

#include <stdint.h>

#include "case.h"

typedef struct regime {
  const char *name;
  const char *description; /* one line */
} regime;

size_t regime_count(void);
const regime *regime_at(size_t index);
/* NULL where there is none of that name. */
const regime *regime_find(const char *name);

/* Makes the inputs of a problem, in float32; free with case_free. X (B, T, D) and seven
 * (D, D) weights are drawn; the attention stage gets the operands X @ W, summed in
 * float64 and rounded once. The bits depend on regime, seed, stage and shape alone. */
bool inputs_make(const regime *regime, uint64_t seed, lkv_stage stage,
                 const lkv_problem *problem, lin_case *out, error *err);

#endif
