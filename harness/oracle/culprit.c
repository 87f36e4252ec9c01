#include "culprit.h"

#include <math.h>

#include "token_error.h"
#include "token_set.h"

/* The token whose uncertainty weighs most: unresolved before resolved. */
static bound_culprit find_culprit(const bound_context *x, const oracle_row *row) {
  const bound_view *v = &x->view[STAT];
  bound_culprit worst = {0};
  double weighs = -1;
  for (size_t i = 0; i <= row->t; i++)
    for (uint64_t in_value = 0; in_value < 2; in_value++) {
      const double D = (in_value ? row->denominator_v : row->denominator_k)[i];
      const double e = in_value ? v->error_dv[i]
                                : token_denominator_error(x, v->denominator, false, i);
      const double p = row->weight[i], share = e / fabs(D);
      const double lambda = in_value ? share : v->lambda[i];
      const double score = share >= 1 ? 1e300 * (1 + p) : p * (1 - p / 2) * lambda;
      if (!(score > weighs)) continue;
      weighs = score;
      worst = (bound_culprit){i, in_value, D, e, v->lambda[i], p};
    }
  return worst;
}

void row_describe(const bound_context *x, const oracle_row *row, bound_row *to) {
  const bound_view *v = &x->view[STAT];
  for (size_t i = 0; i <= row->t; i++) {
    const double p = row->weight[i];
    to->unresolved_k += isinf(v->lambda[i]) ? 1 : 0;
    to->unresolved_v += token_value_resolved(v, row, i) ? 0 : 1;
    to->largest_weight = bound_larger(to->largest_weight, p);
    if (p > 0) to->entropy -= p * log(p);
  }
  to->culprit = find_culprit(x, row);
}
