/* For the dispatcher, which counts nanoseconds. */
#ifndef FIT_H
#define FIT_H

#include "linkv/kernel.h"

/* lkv_resolve_tiles in place and lkv_workspace_bytes of that, at one go. */
lkv_status fit_problem(const lkv_kernel *kernel, lkv_problem *problem, lkv_stage stage,
                       size_t threads, size_t *workspace_bytes);

#endif
