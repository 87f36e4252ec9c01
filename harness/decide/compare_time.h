/* One point's times, before and after. */
#ifndef DECIDE_COMPARE_TIME_H
#define DECIDE_COMPARE_TIME_H

#include "compare.h"

/* Ratio and p-value of a point both of whose rows are timed; p_value is that of this
 * point alone: of a ratio beyond the floor (of two rounds of one run), or beyond floor
 * and margin (of two runs, between which the machine may have drifted), by Wilcoxon's
 * and Mann and Whitney's tests. False when out of memory. */
bool compare_time(compare_point *p, const compare_rule *rule);

/* The verdict of a ratio and of the p-value adjusted for all points. */
compare_verdict compare_judge(const interval *ratio, double p_value,
                              const compare_rule *rule);

#endif
