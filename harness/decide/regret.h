/* What it costs not to have run the fastest. */
#ifndef DECIDE_REGRET_H
#define DECIDE_REGRET_H

#include <stddef.h>

#include "row.h"

/* By how much `choice` is slower than the fastest of `count` contenders, which were
 * measured in the same rounds: 0.1 is a tenth. Which row is fastest is told by one half
 * of the rounds (1 and 2, 5 and 6, ...; 3 and 4, 7 and 8, ...: a round and its reverse),
 * by how much by the other, and the mean of both ways is taken: the least of noisy times
 * is too small, and rounds that told which it is would say that every choice is slower.
 * So it may be slightly below 0. NaN where a half has no round of both. */
double regret_of(const row *choice, const row *const *contender, size_t count);

#endif
