/* What planted bugs and correct kernels came to, by each rule and law. */
#ifndef CLI_BUGS_FINDINGS_H
#define CLI_BUGS_FINDINGS_H

#include "bug_survey.h"
#include "law_survey.h"

/* A bound that no correct kernel comes near would catch nothing. */
#define BUGS_LEAST_R 0.02

enum { BUGS_REGIMES_MAX = 64 };

typedef struct bugs_findings {
  bug_survey bugs;
  law_survey laws;
  bool *chosen; /* what the surveys' choices point into */
} bugs_findings;

/* What all of our rules and laws come to. */
typedef struct bugs_summary {
  size_t bugs, caught, kernels, runs, elements, false_alarms;
  double r_max, r_decided; /* of correct kernels; the latter in rows that are decided */
} bugs_summary;

/* Laws that kernel k breaks; `name` gets the first, NULL where there is none. */
size_t bugs_laws_broken(const bugs_findings *f, size_t k, const char **name);

/* Whether kernel k was chosen and ran. */
bool bugs_takes_part(const bugs_findings *f, size_t k);

bool bugs_is_planted(size_t k);

/* Whether one of our rules is clear on bug k (bug_tally.h), or it breaks a law. */
bool bugs_caught(const bugs_findings *f, size_t k);

/* Runs of a correct kernel at which one of ours alarms, and laws it breaks. */
size_t bugs_alarms(const bugs_findings *f, size_t k);

bugs_summary bugs_sum_up(const bugs_findings *f);

#endif
