/* Runs a kernel over a whole problem: loops over batch x head, on OpenMP threads, over
 * blocks of queries where threads would idle, and for the block stage projects X first,
 * through BLAS. */
#ifndef LINKV_DRIVER_H
#define LINKV_DRIVER_H

#include "linkv/kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Inputs of a whole problem, dense, C order.
 *   attention: operand[LKV_Q] ... operand[LKV_VV], each (batch, seq_len, heads,
 * head_dim), of the kernel's operand type block:     x (batch, seq_len, D) and
 * weight[LKV_Q] ... weight[LKV_VV], each (D, D), D = heads * head_dim, of the kernel's
 * output type; operand[o] = x @ weight[o], computed in that type and rounded to the
 * operand type */
typedef struct lkv_inputs {
  lkv_stage stage;
  const void *operand[LKV_OPERANDS];
  const void *x;
  const void *weight[LKV_OPERANDS];
} lkv_inputs;

/* LKV_OK where `kernel` runs this problem on this CPU; otherwise *why (static) says why
 * not. Tile sizes need not be resolved. */
lkv_status lkv_check(const lkv_kernel *kernel, const lkv_problem *problem,
                     const char **why);

/* `problem` with the kernel's own tile sizes: 0 becomes its default, a size becomes 0
 * where the kernel does not tile that dimension. lkv_workspace_bytes and lkv_run take a
 * problem that went through here, and return LKV_INVALID for any other. */
lkv_problem lkv_resolve_tiles(const lkv_kernel *kernel, lkv_problem problem);

/* Bytes lkv_run needs: a kernel workspace a thread, what the query blocks of a slice
 * share, and the projected operands of the block stage. A thread is never given less than
 * one (batch, head) slice, or than one block of it where the kernel has blocks and there
 * are more threads than slices, or, in the block stage, than one projection: threads past
 * that cost nothing. Returns LKV_TOO_LARGE
 * where it does not fit size_t. */
lkv_status lkv_workspace_bytes(const lkv_kernel *kernel, const lkv_problem *problem,
                               lkv_stage stage, size_t threads, size_t *bytes);

/* Runs `kernel` on at most `threads` >= 1 threads. `workspace` is aligned to
 * LKV_WORKSPACE_ALIGNMENT and holds lkv_workspace_bytes. `y` is (batch, seq_len, heads,
 * head_dim), dense, of the output type. The bits of y do not depend on `threads`.
 * Refuses what lkv_check refuses, and missing or misaligned memory with LKV_INVALID. The
 * block stage sets OpenBLAS to one thread, for the whole process: the threads are
 * linkv's. */
lkv_status lkv_run(const lkv_kernel *kernel, const lkv_problem *problem,
                   const lkv_inputs *inputs, size_t threads, void *workspace, void *y);

/* The block stage's first step by itself, with the bits that lkv_run gives it: projects X
 * into the same `workspace`. operand[LKV_Q] ... operand[LKV_VV] point into it then, each
 * (batch, seq_len, heads, head_dim), dense, of the kernel's operand type, until it is
 * written again. LKV_INVALID for the attention stage. */
lkv_status lkv_project(const lkv_kernel *kernel, const lkv_problem *problem,
                       const lkv_inputs *inputs, size_t threads, void *workspace,
                       const void *operand[LKV_OPERANDS]);

#ifdef __cplusplus
}
#endif
#endif
