/* The block stage in two, of an output made elsewhere: its projections, and the attention
 * over them. */
#ifndef CLI_JUDGE_ISOLATED_H
#define CLI_JUDGE_ISOLATED_H

#include <jansson.h>

#include "stages.h"

typedef struct isolated {
  lin_case operands; /* the attention stage over them; empty where not known */
  stages_verdict verdict;
} isolated;

/* Takes Q, QK, ... VV of the file that holds an output of the block stage; there are none
 * where it has none of them. Errors name what is missing or of another shape. */
bool isolated_read(const npz *file, const lin_case *c, isolated *out, error *err);
void isolated_free(isolated *i);

/* Judges both for an output y, where the operands are known. */
bool isolated_judge(isolated *i, const lin_case *c, precision of, sample_rule rows,
                    oracle_cache *cache, const double *y, error *err);

void isolated_print(const isolated *i);
/* null where it is not known. */
json_t *isolated_json(const isolated *i);

#endif
