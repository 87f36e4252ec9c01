#include "memory_need.h"

#include <math.h>

#include "linkv/driver.h"

memory_need memory_need_of(const point *p) {
  const lkv_problem *q = &p->problem;
  const double dim = (double)q->heads * (double)q->head_dim;
  const double operand = (double)q->batch * (double)q->seq_len * dim;
  const double inputs = p->stage == LKV_STAGE_BLOCK ? operand + LKV_OPERANDS * dim * dim
                                                    : LKV_OPERANDS * operand;
  memory_need need = {.tensors_bytes =
                          inputs * (double)lkv_dtype_size(p->kernel->operand_type) +
                          operand * (double)lkv_dtype_size(p->kernel->output_type)};
  const char *why;
  size_t bytes = 0;
  if (lkv_check(p->kernel, q, &why) != LKV_OK) return need;
  const lkv_status status =
      lkv_workspace_bytes(p->kernel, q, p->stage, p->threads, &bytes);
  need.workspace_bytes = status == LKV_OK ? (double)bytes : INFINITY;
  return need;
}
