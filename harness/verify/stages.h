/* The block stage in two: the operands that were projected are X W, and the output is the
 * attention over them. Each by itself is held to less than both end to end. */
#ifndef VERIFY_STAGES_H
#define VERIFY_STAGES_H

#include "oracle_cache.h"
#include "projection.h"
#include "verdict.h"

/* What all outputs over the same projected operands share. */
typedef struct stages_reference {
  uint64_t made; /* stages_hash of the operands */
  projection_verdict projected;
  bounds attention; /* over the operands as they were made, exact */
} stages_reference;

typedef struct stages_verdict {
  bool known; /* the projected operands are */
  projection_verdict projected;
  verdict attention;
} stages_verdict;

/* Of projected operands, a case of the attention stage. */
uint64_t stages_hash(const lin_case *made);

/* Judges the operands `made` for a case of the block stage, and makes the bounds of the
 * attention over them; free with stages_reference_free. */
bool stages_reference_make(oracle_cache *cache, const lin_case *c, const lin_case *made,
                           precision of, sample_rule rows, stages_reference *out,
                           error *err);
void stages_reference_free(stages_reference *r);

/* Judges y (batch, seq_len, heads, head_dim), of the output type. */
bool stages_judge(const stages_reference *r, const lkv_problem *shape, lkv_dtype type,
                  const double *y, stages_verdict *out, error *err);

/* Whether the projections are X W but for rounding. */
bool stages_projections_hold(const stages_verdict *s);

/* Of the output as a whole, which end to end is `whole`: each stage by itself says more,
 * so that wrong is who fails anywhere, and else the attention's verdict stands. `whole`
 * where the projected operands are not known. */
verdict_kind stages_conclude(const stages_verdict *s, verdict_kind whole);

/* "KK[3, 5] = 1.5, X W is 1.4": row of (batch seq_len), column of (heads head_dim), where
 * r is largest; or that nothing was compared. Returns `buffer`. */
const char *stages_worst_text(const stages_verdict *s, char *buffer, size_t size);

/* One line that says why stages_conclude has it so. Returns `buffer`. */
const char *stages_reason(const stages_verdict *s, const verdict *whole, char *buffer,
                          size_t size);

#endif
