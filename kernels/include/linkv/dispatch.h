/* Runs the operator with the kernel that suits the shape: by wisdom where some is in use,
 * by a built-in rule where not. Safe to call from any number of threads. */
#ifndef LINKV_DISPATCH_H
#define LINKV_DISPATCH_H

#include "linkv/kernel.h"
#include "linkv/wisdom.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Follows that wisdom from now on, in every thread; NULL: the built-in rule. Takes a
 * copy. Fails as lkv_wisdom_check does, and keeps what was in use. What was in use before
 * stays in memory, for a thread may be reading it: not for every call. Plug-ins whose
 * kernels it names are loaded before. */
bool lkv_use_wisdom(const lkv_wisdom *wisdom, char *error, size_t error_size);

/* lkv_wisdom_read and lkv_use_wisdom; error lines name the file. */
bool lkv_use_wisdom_file(const char *path, char *error, size_t error_size);

/* What runs a problem. */
typedef struct lkv_choice {
  const lkv_kernel *kernel;
  lkv_problem problem; /* tile sizes resolved */
  size_t workspace_bytes;
  bool by_wisdom; /* else by the built-in rule */
} lkv_choice;

/* Chooses for operands of `type`, on at most `threads` >= 1 threads; tile_q and tile_k of
 * `problem` are not looked at.
 *   wisdom  the choice of its shape that is nearest: of the same stage, the smallest sum
 *           of squares of log2 ratios of batch x heads, seq_len, head_dim and threads;
 *           the first of equals
 *   rule    where there is no wisdom, or its kernel does not run the problem: the widest
 *           ISA of this CPU, for it a row kernel up to 2 head_dim tokens, else a tile
 *           kernel, with accumulators of y's type; failing that, any built-in kernel
 * A kernel whose y has another type than lkv_attention gives is not chosen.
 * LKV_UNSUPPORTED where no kernel takes such operands, else as lkv_workspace_bytes. */
lkv_status lkv_choose(lkv_stage stage, lkv_dtype type, const lkv_problem *problem,
                      size_t threads, lkv_choice *out);

/* y = Lin-KV attention of the seven operands, (batch, seq_len, heads, head_dim) each,
 * dense, of `type`; y likewise, of float32 where `type` is LKV_BFLOAT16. As lkv_run of
 * what lkv_choose chooses, in a workspace that the calling thread keeps for its next call
 * (lkv_release_workspace). LKV_TOO_LARGE, too, where there is no memory for it. */
lkv_status lkv_attention(lkv_dtype type, const lkv_problem *problem,
                         const void *const operand[LKV_OPERANDS], size_t threads,
                         void *y);

/* The same of X (batch, seq_len, D) and seven weights (D, D), D = heads * head_dim. */
lkv_status lkv_block(lkv_dtype type, const lkv_problem *problem, const void *x,
                     const void *const weight[LKV_OPERANDS], size_t threads, void *y);

/* Frees the workspace of the calling thread; a thread that ends does so itself. */
void lkv_release_workspace(void);

#ifdef __cplusplus
}
#endif
#endif
