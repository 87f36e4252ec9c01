/* Which of two kernels is the simpler one to ship. */
#ifndef DECIDE_SIMPLICITY_H
#define DECIDE_SIMPLICITY_H

#include "row.h"

/* Below 0 where `a` is simpler, above where `b` is, by the first of these that differs:
 * the ISA (scalar, avx2, avx512, ...); the tiles (none, the kernel's own default, other
 * sizes); workspace_bytes; the order of `linkv kernels`; the name; tile_q; tile_k. */
int simplicity_order(const row *a, const row *b);

/* Whether the row's tile sizes are what its kernel takes by itself for the row's shape.
 */
bool simplicity_default_tiles(const row *r);

#endif
