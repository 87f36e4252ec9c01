/* The kernel ABI: what an implementation of Lin-KV attention looks like.
 *
 * A kernel is a const descriptor. Its functions work on one (batch, head) slice, or on a
 * block of its queries. They
 * never allocate, never start threads, never print, and keep no state between calls: the
 * caller (linkv/driver.h) owns loops, threads, workspace and the block stage's
 * projections.
 *
 * The same ABI serves built-in kernels and plug-ins (linkv/registry.h).
 */
#ifndef LINKV_KERNEL_H
#define LINKV_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linkv/cpu.h"
#include "linkv/problem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Raised whenever the layout or meaning of anything in this file or problem.h changes. */
#define LKV_KERNEL_ABI 3u

/* Alignment of the workspace handed to a kernel, bytes. */
#define LKV_WORKSPACE_ALIGNMENT 64u

/* Longest kernel name, without the terminating zero. */
#define LKV_KERNEL_NAME_MAX 63u

typedef enum lkv_status {
  LKV_OK,
  LKV_UNSUPPORTED,   /* the kernel's `supports` says no, or the CPU lacks its ISA */
  LKV_INVALID,       /* the problem or the call breaks a bound of its header */
  LKV_TOO_LARGE,     /* a size does not fit size_t */
  LKV_KERNEL_FAILED, /* the kernel itself returned a failure */
} lkv_status;

/* One lower-case clause, a static string: "the kernel returned a failure". */
const char *lkv_status_text(lkv_status status);

/* A kernel's tile sizes; 0 where it does not tile that dimension. */
typedef struct lkv_tiles {
  size_t q;
  size_t k;
} lkv_tiles;

/* How one slice runs on several threads: in blocks of consecutive queries, after what
 * they share was prepared. Used where there are fewer slices than threads; y must have
 * the bits that `attention` gives it. Every member is set. */
typedef struct lkv_blocks {
  /* Blocks of a slice, >= 1. The later ones are taken to cost more. */
  size_t (*count)(const lkv_problem *problem);

  /* Bytes a slice shares among its blocks, aligned like a workspace. SIZE_MAX where that
   * does not fit size_t. */
  size_t (*shared_bytes)(const lkv_problem *problem);

  /* Parts, >= 1, that `prepare` splits the work on `shared` into: independent, each on a
   * thread with a workspace of its own. */
  size_t (*parts)(const lkv_problem *problem);
  lkv_status (*prepare)(const lkv_problem *problem, const lkv_operands *operands,
                        size_t part, void *workspace, void *shared);

  /* Once every part is prepared: y of one block's queries. */
  lkv_status (*attend)(const lkv_problem *problem, const lkv_operands *operands,
                       const void *shared, size_t block, void *workspace, lkv_output y);
} lkv_blocks;

/* The order of a kernel's work: by it a sweep guesses times before it has measured any.
 */
typedef enum lkv_family {
  LKV_REASSOCIATED, /* O(T^2 d): sums are reassociated, k_i(t) and v_i(t) never built */
  LKV_DEFINITIONAL, /* O(T^2 d^2): builds them */
  LKV_FAMILY_COUNT
} lkv_family;

/* "reassociated" or "definitional". */
const char *lkv_family_name(lkv_family family);

typedef struct lkv_kernel {
  uint32_t abi;          /* LKV_KERNEL_ABI */
  const char *name;      /* <isa>_<algorithm>[_f64acc|_f64|_bf16]: [a-z0-9_], unique */
  const char *algorithm; /* "row", "stream_merge", ...: the same for every ISA */
  lkv_isa isa;
  lkv_dtype operand_type; /* of the operands */
  lkv_dtype output_type;  /* of y, float32 or float64, as wide as operand_type or wider:
                           * its operations are at least as precise */
  lkv_dtype accum_type;   /* widest type of its accumulators, output_type or wider */
  lkv_dtype factor_type;  /* output_type; or a narrower one, to which it rounds what it
                           * computed before it multiplies with it, each once: prefix
                           * states, S_K Q or k_i, v_i or the sum over QV_i, weights */
  lkv_family family;
  const char *summary; /* one line: what it does, cost in time and memory */
  const char *source;  /* where the algorithm comes from */

  /* Whether the kernel computes this problem; if not, *why is a static string saying what
   * it needs. NULL: every valid problem. Never called with why == NULL. */
  bool (*supports)(const lkv_problem *problem, const char **why);

  /* The tile sizes it likes best for this problem (whose tile_q and tile_k are ignored).
   * A non-zero member means that any size >= 1 may be asked for instead; 0 that the
   * kernel does not tile that dimension. NULL: it does not tile. */
  lkv_tiles (*default_tiles)(const lkv_problem *problem);

  /* Bytes of workspace one call of `attention` needs, a slice a thread. SIZE_MAX where
   * that does not fit size_t. NULL: none. */
  size_t (*workspace_bytes)(const lkv_problem *problem);

  /* Computes y for one slice. `workspace` is aligned to LKV_WORKSPACE_ALIGNMENT and holds
   * workspace_bytes; its contents are undefined. Operands and y never overlap. Every
   * y[t][c], t < seq_len, c < head_dim, is written; nothing else is. */
  lkv_status (*attention)(const lkv_problem *problem, const lkv_operands *operands,
                          void *workspace, lkv_output y);

  /* NULL: a slice is one thread's work. */
  const lkv_blocks *blocks;
} lkv_kernel;

#ifdef __cplusplus
}
#endif
#endif
