#include "probe.h"

#include <string.h>

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
                      how->place, how->poison, err) &&
         guarded_make(&b->y, "the output", bytes, size, how->place, how->poison, err);
}

static bool finish(const buffers *b, lkv_status status, error *err) {
  if (status != LKV_OK) return error_set(err, "%s", lkv_status_text(status));
  return guarded_intact(&b->workspace, err) && guarded_intact(&b->y, err);
}

/* The whole problem through the driver, dense. */
static bool run_driver(const lkv_kernel *kernel, const lkv_problem *p, const lin_case *c,
                       const probe *how, void *y, error *err) {
  const size_t size = lkv_dtype_size(kernel->operand_type);
  const size_t y_size = lkv_dtype_size(kernel->output_type);
  const size_t bytes = probe_count(c) * size, y_bytes = probe_count(c) * y_size;
  lkv_inputs inputs = {.stage = LKV_STAGE_ATTENTION};
  buffers b = {0};
  size_t workspace;
  lkv_status status =
      lkv_workspace_bytes(kernel, p, LKV_STAGE_ATTENTION, how->threads, &workspace);
  if (status != LKV_OK) return error_set(err, "workspace: %s", lkv_status_text(status));
  bool ok = open_output(&b, y_bytes, y_size, workspace, how, err);
  for (int o = 0; ok && o < LKV_OPERANDS; o++) {
    ok = guarded_make(&b.operand[o], operand_names[o], bytes, size, how->place, 0, err);
    if (!ok) break;
    memcpy(b.operand[o].data, c->operand[o].data, bytes);
    inputs.operand[o] = b.operand[o].data;
    ok = guarded_lock(&b.operand[o], err);
  }
  if (ok) {
    status = lkv_run(kernel, p, &inputs, how->threads, b.workspace.data, b.y.data);
    ok = finish(&b, status, err);
    memcpy(y, b.y.data, y_bytes);
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

/* Slice `slice` of a dense case, in rows of head_dim + 1. */
static bool run_slice(const lkv_kernel *kernel, const lkv_problem *p, const lin_case *c,
                      const probe *how, size_t slice, unsigned char *y, error *err) {
  const size_t size = lkv_dtype_size(kernel->operand_type);
  const size_t y_size = lkv_dtype_size(kernel->output_type);
  const size_t rows = p->seq_len, d = p->head_dim, dense = p->heads * d;
  const size_t elements = (rows - 1) * (d + 1) + d;
  const size_t first = slice / p->heads * rows * dense + slice % p->heads * d;
  const size_t workspace = kernel->workspace_bytes ? kernel->workspace_bytes(p) : 0;
  lkv_operands view;
  buffers b = {0};
  bool ok = open_output(&b, elements * y_size, y_size, workspace, how, err);
  for (int o = 0; ok && o < LKV_OPERANDS; o++) {
    const unsigned char *from = c->operand[o].data;
    ok = guarded_make(&b.operand[o], operand_names[o], elements * size, size, how->place,
                      PROBE_NAN, err);
    if (!ok) break;
    copy_rows(rows, d * size, from + first * size, dense * size, b.operand[o].data,
              (d + 1) * size);
    view.data[o] = b.operand[o].data;
    view.stride[o] = d + 1;
    ok = guarded_lock(&b.operand[o], err);
  }
  if (ok) {
    const lkv_output out = {.data = b.y.data, .stride = d + 1};
    ok = finish(&b, kernel->attention(p, &view, b.workspace.data, out), err) &&
         gaps_intact(p, y_size, &b.y, how->poison, err);
    copy_rows(rows, d * y_size, b.y.data, (d + 1) * y_size, y + first * y_size,
              dense * y_size);
  }
  close_buffers(&b);
  return ok;
}

static bool run_slices(const lkv_kernel *kernel, const lkv_problem *p, const lin_case *c,
                       const probe *how, void *y, error *err) {
  bool ok = true;
  for (size_t slice = 0; ok && slice < p->batch * p->heads; slice++)
    ok = run_slice(kernel, p, c, how, slice, y, err);
  return ok;
}

bool probe_run(const lkv_kernel *kernel, const lin_case *c, const probe *how, double *y,
               error *err) {
  const tensor_type type =
      case_type_for(LKV_STAGE_ATTENTION, kernel->operand_type, kernel->output_type);
  const tensor_type y_type =
      kernel->output_type == LKV_FLOAT64 ? TENSOR_FLOAT64 : TENSOR_FLOAT32;
  const char *why;
  lkv_problem p = c->problem;
  lin_case own = {0};
  tensor out = {0}, wide = {0};
  p.tile_q = how->tiles.q;
  p.tile_k = how->tiles.k;
  if (lkv_check(kernel, &p, &why) != LKV_OK) return error_set(err, "%s", why);
  p = lkv_resolve_tiles(kernel, p);
  bool ok = case_convert(c, type, &own, err) &&
            tensor_make(&out, y_type, own.operand[0].rank, own.operand[0].shape, err);
  ok =
      ok && (how->slices ? run_slices : run_driver)(kernel, &p, &own, how, out.data, err);
  ok = ok && tensor_convert(&out, TENSOR_FLOAT64, &wide, err);
  if (ok) memcpy(y, wide.data, wide.count * sizeof *y);
  tensor_free(&wide);
  tensor_free(&out);
  case_free(&own);
  return ok;
}
