#include "probe.h"

#include <string.h>

#include "guarded.h"

/* The buffers of one call. */
typedef struct buffers {
  guarded operand[LKV_OPERANDS], workspace, y;
} buffers;

static const char *const operand_names[LKV_OPERANDS] = {
    "operand Q",  "operand QK", "operand KK", "operand VK",
    "operand QV", "operand KV", "operand VV"};

size_t probe_count(const lin_case *c) {
  const lkv_problem *p = &c->problem;
  return p->batch * p->seq_len * p->heads * p->head_dim;
}

tensor_type probe_tensor_type(lkv_dtype type) {
  return type == LKV_FLOAT64 ? TENSOR_FLOAT64 : TENSOR_FLOAT32;
}

static void close_buffers(buffers *b) {
  for (int o = 0; o < LKV_OPERANDS; o++) guarded_free(&b->operand[o]);
  guarded_free(&b->workspace);
  guarded_free(&b->y);
}

/* Rows of `row` bytes, `step` apart: from one buffer to another. */
static void copy_rows(size_t rows, size_t row, const unsigned char *from,
                      size_t from_step, unsigned char *to, size_t to_step) {
  for (size_t t = 0; t < rows; t++) memcpy(to + t * to_step, from + t * from_step, row);
}

static bool open_output(buffers *b, size_t bytes, size_t size, size_t workspace,
                        const probe *how, error *err) {
  return guarded_make(&b->workspace, "the workspace", workspace, LKV_WORKSPACE_ALIGNMENT,
                      how->at_start, how->poison, err) &&
         guarded_make(&b->y, "the output", bytes, size, how->at_start, how->poison, err);
}

static bool finish(const buffers *b, lkv_status status, error *err) {
  if (status != LKV_OK) return error_set(err, "%s", lkv_status_text(status));
  return guarded_intact(&b->workspace, err) && guarded_intact(&b->y, err);
}

/* The whole problem through the driver, dense. */
static bool run_driver(const lkv_kernel *kernel, const lkv_problem *p, const lin_case *c,
                       const probe *how, void *y, error *err) {
  const size_t size = lkv_dtype_size(kernel->operand_type);
  const size_t bytes = probe_count(c) * size;
  lkv_inputs inputs = {.stage = LKV_STAGE_ATTENTION};
  buffers b = {0};
  size_t workspace;
  lkv_status status =
      lkv_workspace_bytes(kernel, p, LKV_STAGE_ATTENTION, how->threads, &workspace);
  if (status != LKV_OK) return error_set(err, "workspace: %s", lkv_status_text(status));
  bool ok = open_output(&b, bytes, size, workspace, how, err);
  for (int o = 0; ok && o < LKV_OPERANDS; o++) {
    ok =
        guarded_make(&b.operand[o], operand_names[o], bytes, size, how->at_start, 0, err);
    if (!ok) break;
    memcpy(b.operand[o].data, c->operand[o].data, bytes);
    inputs.operand[o] = b.operand[o].data;
    ok = guarded_lock(&b.operand[o], err);
  }
  if (ok) {
    status = lkv_run(kernel, p, &inputs, how->threads, b.workspace.data, b.y.data);
    ok = finish(&b, status, err);
    memcpy(y, b.y.data, bytes);
  }
  close_buffers(&b);
  return ok;
}

/* Whether the elements between rows of y are as they were. */
static bool gaps_intact(const lkv_problem *p, size_t size, const guarded *y,
                        unsigned char poison, error *err) {
  const size_t row = p->head_dim * size, step = row + size;
  for (size_t t = 0; t + 1 < p->seq_len; t++)
    for (size_t i = row; i < step; i++)
      if (y->data[t * step + i] != poison)
        return error_set(err, "writes past the end of row %zu of the output", t);
  return true;
}

/* One slice in rows of head_dim + 1, from a dense case at `offset` bytes. */
static bool run_slice(const lkv_kernel *kernel, const lkv_problem *p, const lin_case *c,
                      const probe *how, size_t offset, void *y, error *err) {
  const size_t size = lkv_dtype_size(kernel->operand_type), rows = p->seq_len;
  const size_t row = p->head_dim * size, step = row + size, dense = p->heads * row;
  const size_t bytes = (rows - 1) * step + row;
  const size_t workspace = kernel->workspace_bytes ? kernel->workspace_bytes(p) : 0;
  lkv_operands view;
  buffers b = {0};
  bool ok = open_output(&b, bytes, size, workspace, how, err);
  for (int o = 0; ok && o < LKV_OPERANDS; o++) {
    ok = guarded_make(&b.operand[o], operand_names[o], bytes, size, how->at_start,
                      PROBE_NAN, err);
    if (!ok) break;
    copy_rows(rows, row, (const unsigned char *)c->operand[o].data + offset, dense,
              b.operand[o].data, step);
    view.data[o] = b.operand[o].data;
    view.stride[o] = p->head_dim + 1;
    ok = guarded_lock(&b.operand[o], err);
  }
  if (ok) {
    const lkv_output out = {.data = b.y.data, .stride = p->head_dim + 1};
    ok = finish(&b, kernel->attention(p, &view, b.workspace.data, out), err) &&
         gaps_intact(p, size, &b.y, how->poison, err);
    copy_rows(rows, row, b.y.data, step, (unsigned char *)y + offset, dense);
  }
  close_buffers(&b);
  return ok;
}

static bool run_slices(const lkv_kernel *kernel, const lkv_problem *p, const lin_case *c,
                       const probe *how, void *y, error *err) {
  const size_t row = p->head_dim * lkv_dtype_size(kernel->operand_type);
  bool ok = true;
  for (size_t b = 0; ok && b < p->batch; b++)
    for (size_t h = 0; ok && h < p->heads; h++)
      ok = run_slice(kernel, p, c, how, (b * p->seq_len * p->heads + h) * row, y, err);
  return ok;
}

bool probe_run(const lkv_kernel *kernel, const lin_case *c, const probe *how, double *y,
               error *err) {
  const tensor_type type = probe_tensor_type(kernel->operand_type);
  const char *why;
  lkv_problem p = c->problem;
  lin_case own = {0};
  tensor out = {0}, wide = {0};
  p.tile_q = how->tiles.q;
  p.tile_k = how->tiles.k;
  if (lkv_check(kernel, &p, &why) != LKV_OK) return error_set(err, "%s", why);
  p = lkv_resolve_tiles(kernel, p);
  bool ok = case_convert(c, type, &own, err) &&
            tensor_make(&out, type, own.operand[0].rank, own.operand[0].shape, err);
  ok =
      ok && (how->slices ? run_slices : run_driver)(kernel, &p, &own, how, out.data, err);
  ok = ok && tensor_convert(&out, TENSOR_FLOAT64, &wide, err);
  if (ok) memcpy(y, wide.data, wide.count * sizeof *y);
  tensor_free(&wide);
  tensor_free(&out);
  case_free(&own);
  return ok;
}
