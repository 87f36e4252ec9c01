/* Random reals whose bits depend on (seed, stream, index) alone. Built on Philox and on
 * IEEE add, multiply, divide and square root, so that no libm can change them. */
#ifndef STATS_RANDOM_H
#define STATS_RANDOM_H

#include <stdint.h>

/* Uniform in (0, 1): (k + 1/2) 2^-52 for a whole k. `stream` keeps arrays of one seed
 * apart. */
double random_uniform(uint64_t seed, uint32_t stream, uint64_t index);

/* Standard normal, by inversion of random_uniform (see normal.h). */
double random_normal(uint64_t seed, uint32_t stream, uint64_t index);

#endif
