#include "invocation.h"

#include <stdlib.h>
#include <string.h>

#include "fnv.h"

/* Makes the problem runnable or says why not. */
static bool settle_problem(invocation *v, size_t tile_q, size_t tile_k, error *err) {
  const char *why = "";
  v->problem.tile_q = tile_q;
  v->problem.tile_k = tile_k;
  const lkv_status status = lkv_check(v->kernel, &v->problem, &why);
  if (status != LKV_OK)
    return error_set(err, "kernel %s: %s: %s; 'linkv kernels' tells what runs here",
                     v->kernel->name, lkv_status_text(status), why);
  v->problem = lkv_resolve_tiles(v->kernel, v->problem);
  return true;
}

static bool own_inputs(invocation *v, const lin_case *c, error *err) {
  const tensor_type type =
      case_type_for(c->stage, v->kernel->operand_type, v->kernel->output_type);
  if (!case_convert(c, type, &v->owned, err)) return false;
  v->inputs.stage = v->owned.stage;
  v->inputs.x = v->owned.x.data;
  const bool block = v->owned.stage == LKV_STAGE_BLOCK;
  const void **operand = block ? v->inputs.weight : v->inputs.operand;
  for (int o = 0; o < LKV_OPERANDS; o++) operand[o] = v->owned.operand[o].data;
  return true;
}

static bool make_workspace(invocation *v, error *err) {
  size_t bytes;
  const lkv_status status =
      lkv_workspace_bytes(v->kernel, &v->problem, v->inputs.stage, v->threads, &bytes);
  if (status != LKV_OK)
    return error_set(err, "kernel %s: workspace: %s", v->kernel->name,
                     lkv_status_text(status));
  error why;
  if (buffer_make(&v->workspace, bytes, &why)) return true;
  return error_set(err, "kernel %s: workspace: %s", v->kernel->name, why.text);
}

static bool make_output(invocation *v, error *err) {
  const lkv_problem *p = &v->problem;
  size_t bytes;
  if (__builtin_mul_overflow(p->batch, p->seq_len, &v->y_count) ||
      __builtin_mul_overflow(v->y_count, p->heads, &v->y_count) ||
      __builtin_mul_overflow(v->y_count, p->head_dim, &v->y_count) ||
      __builtin_mul_overflow(v->y_count, lkv_dtype_size(v->kernel->output_type), &bytes))
    return error_set(err, "kernel %s: output: %s", v->kernel->name,
                     lkv_status_text(LKV_TOO_LARGE));
  error why;
  if (!buffer_make(&v->y, bytes, &why))
    return error_set(err, "kernel %s: output: %s", v->kernel->name, why.text);
  /* All bits set is a NaN in either type. */
  memset(v->y.data, 0xff, bytes);
  return true;
}

bool invocation_make(invocation *out, const lkv_kernel *kernel, const lin_case *c,
                     size_t tile_q, size_t tile_k, size_t threads, error *err) {
  *out = (invocation){.kernel = kernel, .problem = c->problem, .threads = threads};
  if (settle_problem(out, tile_q, tile_k, err) && own_inputs(out, c, err) &&
      make_workspace(out, err) && make_output(out, err))
    return true;
  invocation_free(out);
  return false;
}

bool invocation_run(invocation *v, error *err) {
  const lkv_status status = lkv_run(v->kernel, &v->problem, &v->inputs, v->threads,
                                    v->workspace.data, v->y.data);
  if (status == LKV_OK) return true;
  return error_set(err, "kernel %s: %s", v->kernel->name, lkv_status_text(status));
}

bool invocation_project(const invocation *v, lin_case *out, error *err) {
  const lkv_problem *p = &v->problem;
  const void *operand[LKV_OPERANDS];
  const lkv_status status =
      lkv_project(v->kernel, p, &v->inputs, v->threads, v->workspace.data, operand);
  if (status != LKV_OK)
    return error_set(err, "kernel %s: projections: %s", v->kernel->name,
                     lkv_status_text(status));
  *out = (lin_case){.stage = LKV_STAGE_ATTENTION, .problem = *p, .rank = 4};
  out->problem.tile_q = out->problem.tile_k = 0;
  for (int o = 0; o < LKV_OPERANDS; o++)
    out->operand[o] =
        (tensor){.type = case_type_for(LKV_STAGE_ATTENTION, v->kernel->operand_type,
                                       v->kernel->output_type),
                 .rank = 4,
                 .shape = {p->batch, p->seq_len, p->heads, p->head_dim},
                 .count = v->y_count,
                 .data = (void *)operand[o]};
  return true;
}

uint64_t invocation_hash(const invocation *v) {
  return fnv_bytes(FNV_START, v->y.data, v->y.bytes);
}

double *invocation_output(const invocation *v) {
  double *copy = malloc(v->y_count * sizeof *copy);
  if (!copy) return NULL;
  if (v->kernel->output_type == LKV_FLOAT64) {
    memcpy(copy, v->y.data, v->y.bytes);
    return copy;
  }
  const float *narrow = v->y.data;
  for (size_t i = 0; i < v->y_count; i++) copy[i] = narrow[i];
  return copy;
}

void invocation_free(invocation *v) {
  buffer_free(&v->workspace);
  buffer_free(&v->y);
  case_free(&v->owned);
  *v = (invocation){0};
}
