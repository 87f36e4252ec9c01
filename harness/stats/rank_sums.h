/* How likely a sum of ranks is where some are tied: exactly, over all that the ranks at
 * hand can make. */
#ifndef STATS_RANK_SUMS_H
#define STATS_RANK_SUMS_H

#include <stdbool.h>
#include <stddef.h>

/* Two-sided: twice the chance of a sum as far out as `sum`, on the side where that is
 * less likely. `rank` are n midranks (ranks.h). False when out of memory. */

/* Of `chosen` of them, any as likely as another; n is up to about 1000, or there are more
 * choices than a double holds. */
bool rank_sum_chosen(size_t n, const double *rank, size_t chosen, double sum, double *p);

/* Of those that are taken, each or not with equal chance. */
bool rank_sum_taken(size_t n, const double *rank, double sum, double *p);

#endif
