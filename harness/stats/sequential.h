/* When to stop measuring pairs: a race is looked at a few times, planned ahead, and ends
 * as soon as it is decided. */
#ifndef STATS_SEQUENTIAL_H
#define STATS_SEQUENTIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "interval.h"

typedef enum sequential_verdict {
  SEQUENTIAL_GO_ON,
  SEQUENTIAL_SAME,   /* the ratio is within the margin of 1 */
  SEQUENTIAL_LOWER,  /* below 1 by more than the floor, and not the same: before the last
                      * look by more than the margin */
  SEQUENTIAL_HIGHER, /* above 1, likewise */
  SEQUENTIAL_UNSURE, /* all pairs are there, and none of these could be told */
} sequential_verdict;

typedef struct sequential_rule {
  double error;       /* chance of a wrong LOWER, HIGHER or SAME, over all looks */
  double margin;      /* a ratio within [1 / (1 + margin), 1 + margin] is the same */
  double floor;       /* what the machine makes of nothing: not more than that is found */
  size_t first, last; /* pairs at the first look and at the last, which ends it */
} sequential_rule;

/* Each look has half as many pairs again as the one before. */
size_t sequential_looks(const sequential_rule *rule);

/* Whether n pairs are a look. */
bool sequential_is_look(const sequential_rule *rule, size_t n);

/* The verdict on n ratios; GO_ON where n is not a look. The interval of a look is that of
 * shift.h, at a level of 1 - error / looks: the looks share the error equally, whatever
 * they have in common. `out` is that interval, as ratios. False when out of memory. */
bool sequential_look(const sequential_rule *rule, size_t n, const double *ratios,
                     interval *out, sequential_verdict *verdict);

#endif
