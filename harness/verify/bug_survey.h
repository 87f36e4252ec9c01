/* Planted bugs and correct kernels, side by side on the same cases, judged by every rule
 * (rule.h): which bugs are seen, and where a rule alarms on what is right. */
#ifndef VERIFY_BUG_SURVEY_H
#define VERIFY_BUG_SURVEY_H

#include <stdint.h>

#include "inputs.h"
#include "linkv/kernel.h"
#include "rule.h"

/* One kernel on one case. */
typedef enum bug_state {
  BUG_PENDING, /* not asked for, or it does not take the case */
  BUG_BEGUN,
  BUG_JUDGED,
  BUG_DIED, /* it crashed or hung: every rule alarms */
} bug_state;

typedef struct bug_run {
  unsigned char state;
  uint16_t spoken, alarms; /* a bit for each rule: it speaks of this kernel; it alarms */
  uint32_t elements;
  uint32_t compared, decided; /* rows */
  float r_stat;               /* NaN where nothing was compared */
  float r_decided;            /* of rows that are decided; NaN where none is */
} bug_run;

typedef struct bug_survey {
  const bool *regime; /* (regime_count()): which are run */
  const bool *kernel; /* (lkv_kernel_count()): which kernels */
  size_t seeds;       /* 1 .. seeds of each regime and shape */
  size_t processes;   /* side by side, >= 1 */

  size_t cases, kernels, bytes;
  bug_run *run; /* (cases, kernels) */
} bug_survey;

/* Whether a kernel is one with a planted bug: of algorithm "mutant". */
bool bug_planted(const lkv_kernel *kernel);

/* Runs; free with bug_survey_free. Fails where memory or processes cannot be had. */
bool bug_survey_run(bug_survey *s, error *err);
void bug_survey_free(bug_survey *s);

size_t bug_survey_shapes(void);
/* Regime of a case. */
size_t bug_survey_regime(const bug_survey *s, size_t item);
/* "near_eps B=1 T=33 H=3 d=16 seed 2". Returns `buffer`. */
const char *bug_survey_case(const bug_survey *s, size_t item, char *buffer, size_t size);

const bug_run *bug_survey_at(const bug_survey *s, size_t item, size_t kernel);

/* Rules that were asked of a correct kernel of a case and alarm on none: a bit each. What
 * they say of a bug there tells it from what is right. */
uint16_t bug_survey_quiet(const bug_survey *s, size_t item);

#endif
