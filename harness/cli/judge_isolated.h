/* The block stage in two: projections made elsewhere, and the attention over them. */
#ifndef CLI_JUDGE_ISOLATED_H
#define CLI_JUDGE_ISOLATED_H

#include <jansson.h>

#include "projection.h"
#include "verdict.h"

typedef struct isolated {
  bool known;                   /* the file has the operands */
  lin_case operands;            /* the attention stage over them, float64 */
  projection_verdict projected; /* they are X W */
  verdict verdict;              /* the output is the attention over them */
} isolated;

/* Takes Q, QK, ... VV of the file that holds an output of the block stage; `known` is
 * false where it has none of them. Errors name what is missing or of another shape. */
bool isolated_read(const npz *file, const lin_case *c, isolated *out, error *err);
void isolated_free(isolated *i);

/* Judges both for an output y. */
bool isolated_judge(isolated *i, const lin_case *c, precision of, sample_rule rows,
                    const double *y, error *err);

/* Of the output as a whole, which end to end is `whole`: each stage by itself says more,
 * so that wrong is who fails anywhere, and else the attention's verdict stands. */
verdict_kind isolated_conclude(const isolated *i, verdict_kind whole);

void isolated_print(const isolated *i);
/* null where it is not known. */
json_t *isolated_json(const isolated *i);

#endif
