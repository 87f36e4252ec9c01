/* A kernel bound to the inputs of a case, a workspace and an output. */
#ifndef MEASURE_INVOCATION_H
#define MEASURE_INVOCATION_H

#include "buffer.h"
#include "case.h"
#include "linkv/driver.h"

typedef struct invocation {
  const lkv_kernel *kernel;
  lkv_problem problem; /* tile sizes resolved */
  lkv_inputs inputs;   /* views of `owned` */
  size_t threads;
  buffer workspace;
  buffer y;       /* (batch, seq_len, heads, head_dim) of the kernel's output type */
  size_t y_count; /* elements */
  lin_case owned; /* the case in the types the kernel takes */
} invocation;

/* Converts the case's inputs to the types the kernel takes and makes workspace and
 * output. tile_q and tile_k are 0 for the kernel's default. Nothing of the workspace is
 * touched yet; the output is filled with NaN, so that an element never written shows.
 * Fails, naming the kernel, where it does not support the problem or memory cannot be
 * had. */
bool invocation_make(invocation *out, const lkv_kernel *kernel, const lin_case *c,
                     size_t tile_q, size_t tile_k, size_t threads, error *err);

/* One call. Fails, naming the kernel, where it returns a failure. */
bool invocation_run(invocation *v, error *err);

/* Of the block stage: the operands that a call projects, as a case of the attention stage
 * in the kernel's operand type. Its tensors are views of the workspace: not to be freed,
 * and gone with the next call. */
bool invocation_project(const invocation *v, lin_case *out, error *err);

/* FNV-1a of the output's bytes, 64 bits. */
uint64_t invocation_hash(const invocation *v);

/* A copy of the output as float64, y_count elements, malloc'd; NULL when out of memory.
 */
double *invocation_output(const invocation *v);

void invocation_free(invocation *v);

#endif
