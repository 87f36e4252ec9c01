#include "linkv/problem.h"

#include <assert.h>

#include "linkv/kernel.h"

size_t lkv_dtype_size(lkv_dtype dtype) {
  static const size_t size[LKV_DTYPE_COUNT] = {
      [LKV_FLOAT32] = 4, [LKV_FLOAT64] = 8, [LKV_BFLOAT16] = 2};
  assert((unsigned)dtype < LKV_DTYPE_COUNT);
  return size[dtype];
}

const char *lkv_dtype_name(lkv_dtype dtype) {
  static const char *const name[LKV_DTYPE_COUNT] = {
      [LKV_FLOAT32] = "float32", [LKV_FLOAT64] = "float64", [LKV_BFLOAT16] = "bfloat16"};
  assert((unsigned)dtype < LKV_DTYPE_COUNT);
  return name[dtype];
}

const char *lkv_stage_name(lkv_stage stage) {
  return stage == LKV_STAGE_BLOCK ? "block" : "attention";
}

const char *lkv_operand_name(int operand) {
  static const char *const name[LKV_OPERANDS] = {
      [LKV_Q] = "Q",   [LKV_QK] = "QK", [LKV_KK] = "KK", [LKV_VK] = "VK",
      [LKV_QV] = "QV", [LKV_KV] = "KV", [LKV_VV] = "VV",
  };
  assert(operand >= 0 && operand < LKV_OPERANDS);
  return name[operand];
}

const char *lkv_family_name(lkv_family family) {
  return family == LKV_DEFINITIONAL ? "definitional" : "reassociated";
}

const char *lkv_status_text(lkv_status status) {
  switch (status) {
    case LKV_OK:
      return "fine";
    case LKV_UNSUPPORTED:
      return "the kernel does not support this problem or this CPU";
    case LKV_INVALID:
      return "the problem or the call is not valid";
    case LKV_TOO_LARGE:
      return "the problem is too large to address";
    case LKV_KERNEL_FAILED:
      return "the kernel returned a failure";
  }
  return "unknown status";
}

double lkv_headline_flops(const lkv_problem *problem) {
  const double t = (double)problem->seq_len;
  return 4.0 * (double)problem->head_dim * t * t;
}

double lkv_useful_flops(const lkv_problem *problem) {
  const double extra = 2.0 * (double)problem->head_dim + (double)problem->tile_q;
  return lkv_headline_flops(problem) * (1.0 + extra / (double)problem->seq_len);
}
