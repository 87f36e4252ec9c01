/* lkv_resolve_tiles in place: for the dispatcher, which counts nanoseconds. */
#ifndef RESOLVE_TILES_H
#define RESOLVE_TILES_H

#include "linkv/kernel.h"

void resolve_tiles(const lkv_kernel *kernel, lkv_problem *problem);

#endif
