/* Sums over a survey of planted bugs (bug_survey.h). */
#ifndef VERIFY_BUG_TALLY_H
#define VERIFY_BUG_TALLY_H

#include "bug_survey.h"

/* What one rule said of one kernel, in one regime or in all. */
typedef struct bug_tally {
  size_t runs;   /* it speaks of */
  size_t alarms; /* of those */
  size_t clear;  /* of those, where it alarms on no correct kernel of the same case */
} bug_tally;

#define BUG_ALL_REGIMES SIZE_MAX

/* By one rule, in one regime or BUG_ALL_REGIMES. */
bug_tally bug_tally_of(const bug_survey *s, size_t kernel, size_t by, size_t in);

/* One kernel in all. */
typedef struct bug_totals {
  size_t runs, elements;
  size_t compared, decided; /* rows */
  double r_max;             /* NaN where nothing was compared */
  double r_decided;         /* of rows that are decided; NaN where none is */
} bug_totals;

bug_totals bug_totals_of(const bug_survey *s, size_t kernel);

/* The first case of a kernel at which a rule of ours alarms; SIZE_MAX: none. */
size_t bug_first_alarm(const bug_survey *s, size_t kernel);

#endif
