/* What it costs not to have run the fastest. */
#ifndef DECIDE_REGRET_H
#define DECIDE_REGRET_H

#include <stddef.h>

/* A kernel that was raced against the choice. */
typedef struct regret_rival {
  const double *ratio; /* its time over the choice's, round by round */
  size_t rounds;
} regret_rival;

/* By how much the choice is slower than the fastest of itself and `count` rivals: 0.1 is
 * a tenth. Which is the fastest is told by one half of the rounds (0 and 1, 4 and 5, ...;
 * 2 and 3, 6 and 7, ...: who begins changes from round to round), by how much by the
 * other, and the mean of both ways is taken: the least of noisy ratios is too small, and
 * rounds that told which it is would say that every choice is slower. So it may be
 * slightly below 0. A loss that is no larger than the noise of such a median comes out
 * too small: the half that names may miss the fastest. NaN where a rival has no round in
 * a half. */
double regret_of(size_t count, const regret_rival *rival);

#endif
