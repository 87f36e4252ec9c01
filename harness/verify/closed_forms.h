/* What y is by a closed form, where the inputs are made so that there is one: the
 * `prepare`, `closed` and `counts` of some laws (law.h). */
#ifndef VERIFY_CLOSED_FORMS_H
#define VERIFY_CLOSED_FORMS_H

#include "law.h"

/* The oracle's own y. */
void closed_oracle(const lin_case *c, const bounds *oracle, double *expected);

/* VV = c: c (1 - sum_i p_i eps / Dv_i). */
void closed_prepare_constant(lin_case *c);
void closed_constant(const lin_case *c, const bounds *oracle, double *expected);

/* Q = 0: the mean of v_i. */
void closed_prepare_zero_queries(lin_case *c);
void closed_mean(const lin_case *c, const bounds *oracle, double *expected);

/* At t = 0: (QV . KV) VV / (QV . KV + eps). */
void closed_prepare_eps(lin_case *c);
void closed_first(const lin_case *c, const bounds *oracle, double *expected);
bool closed_counts_first(const law_side *side, size_t variant, size_t token,
                         size_t column);

/* One-hot QK and QV, KK = KV = 1, Q = 0, eps = 0, whole VV: the mean of VV_j, exact at
 * t + 1 = 2^k. */
void closed_prepare_one_hot(lin_case *c);
void closed_mean_of_values(const lin_case *c, const bounds *oracle, double *expected);
bool closed_counts_power_of_two(const law_side *side, size_t variant, size_t token,
                                size_t column);

#endif
