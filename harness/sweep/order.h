/* In which order the points of a shape are taken. */
#ifndef SWEEP_ORDER_H
#define SWEEP_ORDER_H

#include <stddef.h>
#include <stdint.h>

/* Fills order[0..count-1] with first..first+count-1 as round 1, 2, ... takes them. Rounds
 * 1 and 2, 3 and 4, ... share an order drawn from the seed, the second of two backwards:
 * what drifts evenly over the two favours no point (A B C, C B A). */
void order_of_round(size_t *order, size_t first, size_t count, uint64_t seed,
                    unsigned round);

#endif
