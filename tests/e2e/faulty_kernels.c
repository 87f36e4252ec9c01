/* A plug-in of kernels that misbehave, each in its own way, for faults.sh. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linkv/kernel.h"
#include "linkv/registry.h"

static void zero(const lkv_problem *p, lkv_output y, float first) {
  for (size_t t = 0; t < p->seq_len; t++)
    memset((float *)y.data + t * y.stride, 0, p->head_dim * sizeof(float));
  ((float *)y.data)[0] = first;
}

#define ATTENTION(name)                                                      \
  static lkv_status name(const lkv_problem *p, const lkv_operands *operands, \
                         void *workspace, lkv_output y)

ATTENTION(segfaults) {
  (void)operands, (void)workspace;
  zero(p, y, 0);
  static int *volatile nowhere;
  *nowhere = 1;
  return LKV_OK;
}

ATTENTION(aborts) {
  (void)p, (void)operands, (void)workspace, (void)y;
  abort();
}

ATTENTION(exits) {
  (void)p, (void)operands, (void)workspace, (void)y;
  exit(0);
}

ATTENTION(loops) {
  (void)p, (void)operands, (void)workspace, (void)y;
  for (;;) pause();
  return LKV_OK;
}

ATTENTION(gives_nan) {
  (void)operands, (void)workspace;
  zero(p, y, NAN);
  return LKV_OK;
}

ATTENTION(fails) {
  (void)p, (void)operands, (void)workspace, (void)y;
  return LKV_KERNEL_FAILED;
}

ATTENTION(works) {
  (void)operands, (void)workspace;
  zero(p, y, 0);
  return LKV_OK;
}

ATTENTION(counts_calls) {
  static float calls;
  (void)operands, (void)workspace;
  zero(p, y, ++calls);
  return LKV_OK;
}

ATTENTION(prints) {
  (void)operands, (void)workspace;
  puts("{\"status\":\"ok\"}");
  fputs("noise\n", stderr);
  zero(p, y, 0);
  return LKV_OK;
}

static bool never(const lkv_problem *p, const char **why) {
  (void)p;
  *why = "head_dim must be a multiple of 1000";
  return false;
}

static size_t huge(const lkv_problem *p) {
  (void)p;
  return (size_t)1 << 46;
}

#define COMMON                                                                     \
  .abi = LKV_KERNEL_ABI, .algorithm = "faulty", .isa = LKV_ISA_SCALAR,             \
  .operand_type = LKV_FLOAT32, .accum_type = LKV_FLOAT32, .summary = "misbehaves", \
  .source = "tests"

static const lkv_kernel all[] = {
    {COMMON, .name = "faulty_segfault", .attention = segfaults},
    {COMMON, .name = "faulty_abort", .attention = aborts},
    {COMMON, .name = "faulty_exit", .attention = exits},
    {COMMON, .name = "faulty_loop", .attention = loops},
    {COMMON, .name = "faulty_nan", .attention = gives_nan},
    {COMMON, .name = "faulty_fails", .attention = fails},
    {COMMON, .name = "faulty_unsupported", .attention = works, .supports = never},
    {COMMON, .name = "faulty_memory", .attention = works, .workspace_bytes = huge},
    {COMMON, .name = "faulty_unrepeatable", .attention = counts_calls},
    {COMMON, .name = "faulty_prints", .attention = prints},
};

static const lkv_kernel *const kernels[] = {&all[0], &all[1], &all[2], &all[3], &all[4],
                                            &all[5], &all[6], &all[7], &all[8], &all[9]};

extern const lkv_plugin linkv_plugin;
const lkv_plugin linkv_plugin = {LKV_KERNEL_ABI, sizeof kernels / sizeof *kernels,
                                 kernels};
