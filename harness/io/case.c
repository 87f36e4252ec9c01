#include "case.h"

#include <stdio.h>
#include <string.h>

const char *case_input_name(lkv_stage stage, int operand, char name[8]) {
  snprintf(name, 8, "%s%s", stage == LKV_STAGE_BLOCK ? "W_" : "",
           lkv_operand_name(operand));
  return name;
}

size_t case_output_shape(const lin_case *c, size_t shape[TENSOR_RANK_MAX]) {
  const lkv_problem *p = &c->problem;
  const size_t block[] = {p->batch, p->seq_len, p->heads * p->head_dim};
  const size_t attention[] = {p->batch, p->seq_len, p->heads, p->head_dim};
  if (c->stage == LKV_STAGE_BLOCK) {
    memcpy(shape, block + 3 - c->rank, c->rank * sizeof *shape);
  } else if (c->rank == 2) {
    shape[0] = p->seq_len;
    shape[1] = p->head_dim;
  } else {
    memcpy(shape, attention + 4 - c->rank, c->rank * sizeof *shape);
  }
  return c->rank;
}

/* The narrowest type that holds both: float32 for float16 with bfloat16. */
static tensor_type wider(tensor_type a, tensor_type b) {
  if (a == b) return a;
  return a == TENSOR_FLOAT64 || b == TENSOR_FLOAT64 ? TENSOR_FLOAT64 : TENSOR_FLOAT32;
}

tensor_type case_input_type(const lin_case *c) {
  tensor_type type = c->stage == LKV_STAGE_BLOCK ? c->x.type : c->operand[0].type;
  for (int o = 0; o < LKV_OPERANDS; o++) type = wider(type, c->operand[o].type);
  return type;
}

static bool convert_input(const tensor *in, const char *name, tensor_type to, tensor *out,
                          error *err) {
  error why;
  if (tensor_convert(in, to, out, &why)) return true;
  return error_set(err, "array '%s': %s", name, why.text);
}

tensor_type case_type_for(lkv_stage stage, lkv_dtype operand_type,
                          lkv_dtype output_type) {
  static const tensor_type of[LKV_DTYPE_COUNT] = {[LKV_FLOAT32] = TENSOR_FLOAT32,
                                                  [LKV_FLOAT64] = TENSOR_FLOAT64,
                                                  [LKV_BFLOAT16] = TENSOR_BFLOAT16};
  return of[stage == LKV_STAGE_BLOCK ? output_type : operand_type];
}

bool case_convert(const lin_case *in, tensor_type to, lin_case *out, error *err) {
  char name[8];
  *out = (lin_case){.stage = in->stage, .problem = in->problem, .rank = in->rank};
  bool ok =
      in->stage == LKV_STAGE_ATTENTION || convert_input(&in->x, "X", to, &out->x, err);
  for (int o = 0; ok && o < LKV_OPERANDS; o++)
    ok = convert_input(&in->operand[o], case_input_name(in->stage, o, name), to,
                       &out->operand[o], err);
  if (!ok) case_free(out);
  return ok;
}

void case_free(lin_case *c) {
  tensor_free(&c->x);
  for (int o = 0; o < LKV_OPERANDS; o++) tensor_free(&c->operand[o]);
  *c = (lin_case){0};
}
