/* Many tests at once. */
#ifndef STATS_HOLM_H
#define STATS_HOLM_H

#include <stdbool.h>
#include <stddef.h>

/* Holm's adjusted p-values: where those up to a level count as found, the chance of any
 * false find among the n tests is that level at most, however they depend on each other.
 * `adjusted` may be `p`. False when out of memory. */
bool holm_adjust(size_t n, const double *p, double *adjusted);

#endif
