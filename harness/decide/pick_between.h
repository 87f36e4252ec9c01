/* Which candidate to run between two measured lengths.
 *
 * The time of a candidate that qualified at both, and the ends of its interval, are taken
 * for straight lines in log T and log time. The shorter length's pick holds up to where
 * the longer one's becomes as fast. Where a third candidate is there faster than both, by
 * more than the tie margin and without a tie (pick.h), it comes in between: the simplest
 * of those within the margin of the fastest such. So on for the two gaps that leaves. A
 * pick that is slower than the other at both ends won as the simpler of ties: it holds
 * until it is slower than the fastest by the margin.
 *
 * How much slower one candidate is than the fastest is the largest of differences of
 * straight lines, thus convex: what is within the margin at both ends of a stretch is so
 * all along it. Hence one pick at both ends needs nothing in between, and on these lines
 * no choice is slower than the fastest by more than the margin, but for ties. */
#ifndef DECIDE_PICK_BETWEEN_H
#define DECIDE_PICK_BETWEEN_H

#include "pick.h"

/* The lengths first .. last, for which one candidate is chosen. */
typedef struct pick_stretch {
  const row *low, *high; /* the candidate at either end */
  bool
      own_tiles; /* the kernel's default for the length at hand, else those of the rows */
  size_t first, last;
} pick_stretch;

typedef struct pick_path {
  pick_stretch *stretch; /* from the shorter of the two lengths on, without a gap */
  size_t count;          /* 0: they are not comparable, or have the same pick */
} pick_path;

/* From shape `a` to shape `b`. They are comparable where `b` differs in a longer seq_len
 * alone, and the pick of each qualified at the other. Free with pick_path_free. */
bool pick_between(const pick_shape *a, const pick_shape *b, double tie_margin,
                  pick_path *out, error *err);

void pick_path_free(pick_path *p);

#endif
