/* Rules by which an output is called wrong: ours, and those other projects' tests use. */
#ifndef VERIFY_RULE_H
#define VERIFY_RULE_H

#include "verdict.h"

/* What a rule may look at. Arrays are (count), in the order of y. */
typedef struct rule_view {
  const verdict *verdict;
  size_t count;
  const double *y;      /* judged */
  const double *oracle; /* float64 */
  const double *plain;  /* of a plain float32 kernel, by definition; NULL: none */
} rule_view;

typedef struct rule {
  const char *name;   /* [a-z0-9_] */
  const char *says;   /* what passes */
  const char *source; /* whose it is */
  bool ours;
  bool (*alarms)(const rule_view *view);
} rule;

enum { RULE_MAX = 16 };

/* Ours come first. Rules that are not ours speak of float32 throughout. They are given
 * the benefit of the doubt: NaN equals NaN, and only what is finite on both sides is
 * measured. */
size_t rule_count(void);
const rule *rule_at(size_t index);

#endif
