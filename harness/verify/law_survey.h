/* Kernels tried by every law, in processes of their own: one that crashes or hangs breaks
 * the law it is tried by, no more. */
#ifndef VERIFY_LAW_SURVEY_H
#define VERIFY_LAW_SURVEY_H

#include "law.h"

typedef struct law_survey {
  const bool *law;    /* (law_count()): which are tried */
  const bool *kernel; /* (lkv_kernel_count()): which kernels */
  size_t processes;   /* side by side, >= 1 */
  size_t at_most;     /* trials of each law, spread over its shapes; 0: all */

  /* Found: (trials, kernels), trials of one law after those of another. */
  size_t trials, kernels, bytes;
  law_outcome *outcome; /* LAW_PENDING where it was not asked for */
} law_survey;

/* Runs; free with law_survey_free. Fails where memory or processes cannot be had. */
bool law_survey_run(law_survey *s, error *err);
void law_survey_free(law_survey *s);

/* Outcomes of one law's trial by one kernel. */
const law_outcome *law_survey_at(const law_survey *s, size_t law, size_t trial,
                                 size_t kernel);

#endif
