/* Agreement with a reference. */
#ifndef TEST_STATS_NEAR_H
#define TEST_STATS_NEAR_H

#include <math.h>

#include "../check.h"

/* Fails, naming the case, where `got` is off by more than `share` of `wanted`. */
static inline void expect_near(const char *what, size_t number, double got, double wanted,
                               double share) {
  if (!(fabs(got - wanted) <= share * fabs(wanted)))
    fail_msg("case %zu: %s is %.17g, not %.17g", number, what, got, wanted);
}

#endif
