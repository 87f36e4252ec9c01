#include "shape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bounds_file.h"
#include "inputs.h"
#include "invocation.h"

/* The file: a line that names the shape and the precision, X where there is one, the
 * seven operands or weights, a hash of all that, y and its bounds, the rows and fits of
 * the bounds, the same of the attention over projected operands where that is known, and
 * a hash of everything. */
enum { NAME_SIZE = 256 };

static void name_shape(const point *p, char name[NAME_SIZE]) {
  const lkv_problem *q = &p->problem;
  memset(name, 0, NAME_SIZE);
  const lkv_kernel *k = p->kernel;
  snprintf(name, NAME_SIZE, "linkv shape %s %s %" PRIu64 " %zu %zu %zu %zu %a %s %s %s",
           lkv_stage_name(p->stage), p->regime, p->seed, q->batch, q->seq_len, q->heads,
           q->head_dim, q->eps, lkv_dtype_name(k->operand_type),
           lkv_dtype_name(k->output_type), lkv_dtype_name(k->factor_type));
}

/* Where the point's kernel does not run nothing is known, and nothing wrong. */
static bool make_stages(const point *p, oracle_cache *cache, shape *out, error *err) {
  const char *why;
  invocation v;
  lin_case made;
  if (lkv_check(p->kernel, &p->problem, &why) != LKV_OK) return true;
  if (!invocation_make(&v, p->kernel, &out->inputs, p->problem.tile_q, p->problem.tile_k,
                       1, err))
    return false;
  out->staged = invocation_project(&v, &made, err) &&
                stages_reference_make(cache, &out->inputs, &made, precision_of(p->kernel),
                                      SAMPLE_BY_WORK, &out->stages, err);
  invocation_free(&v);
  return out->staged;
}

bool shape_make(const point *p, bool judge, oracle_cache *cache, shape *out, error *err) {
  *out = (shape){0};
  bool ok = inputs_make(regime_find(p->regime), p->seed, p->stage, &p->problem,
                        &out->inputs, err);
  if (ok && judge)
    ok = oracle_cache_bounds(cache, &out->inputs, precision_of(p->kernel), SAMPLE_BY_WORK,
                             &out->bounds, err);
  if (ok && judge && p->stage == LKV_STAGE_BLOCK) ok = make_stages(p, cache, out, err);
  if (!ok) shape_free(out);
  return ok;
}

void shape_free(shape *s) {
  case_free(&s->inputs);
  bounds_free(&s->bounds);
  stages_reference_free(&s->stages);
  *s = (shape){0};
}

static size_t bytes_of(const tensor *t) {
  return t->count * tensor_type_size(t->type);
}

static bool put_stages(file_cursor *c, const shape *s) {
  const uint64_t staged = s->staged;
  if (!file_put(c, &staged, sizeof staged)) return false;
  return !staged || (file_put(c, &s->stages.made, sizeof s->stages.made) &&
                     file_put(c, &s->stages.projected, sizeof s->stages.projected) &&
                     bounds_put(c, &s->stages.attention));
}

static bool get_stages(file_cursor *c, const oracle_shape *rows, shape *out) {
  uint64_t staged;
  error note;
  if (!file_get(c, &staged, sizeof staged) || staged > 1) return false;
  out->staged = staged;
  return !staged || (file_get(c, &out->stages.made, sizeof out->stages.made) &&
                     file_get(c, &out->stages.projected, sizeof out->stages.projected) &&
                     bounds_room(rows, SAMPLE_BY_WORK, &out->stages.attention, &note) &&
                     bounds_get(c, &out->stages.attention));
}

bool shape_write(int fd, const point *p, const shape *s, error *err) {
  file_cursor c = file_cursor_at_start(fd);
  char name[NAME_SIZE];
  name_shape(p, name);
  bool ok = file_put(&c, name, sizeof name);
  if (ok && s->inputs.x.data) ok = file_put(&c, s->inputs.x.data, bytes_of(&s->inputs.x));
  for (int o = 0; ok && o < LKV_OPERANDS; o++)
    ok = file_put(&c, s->inputs.operand[o].data, bytes_of(&s->inputs.operand[o]));
  ok = ok && file_seal(&c) && bounds_put(&c, &s->bounds) && put_stages(&c, s) &&
       file_seal(&c);
  return ok || error_set(err, "cannot write a shape: %s", strerror(errno));
}

/* Tensors of the shape's sizes, to read into. */
static bool make_room(const point *p, bool judge, shape *out, error *err) {
  const lkv_problem *q = &p->problem;
  const size_t dim = q->heads * q->head_dim;
  const size_t x_shape[] = {q->batch, q->seq_len, dim}, w_shape[] = {dim, dim};
  const size_t o_shape[] = {q->batch, q->seq_len, q->heads, q->head_dim};
  const bool block = p->stage == LKV_STAGE_BLOCK;
  out->inputs = (lin_case){.stage = p->stage, .problem = *q, .rank = block ? 3 : 4};
  out->inputs.problem.tile_q = out->inputs.problem.tile_k = 0;
  bool ok = !block || tensor_make(&out->inputs.x, TENSOR_FLOAT32, 3, x_shape, err);
  for (int o = 0; ok && o < LKV_OPERANDS; o++)
    ok = block ? tensor_make(&out->inputs.operand[o], TENSOR_FLOAT32, 2, w_shape, err)
               : tensor_make(&out->inputs.operand[o], TENSOR_FLOAT32, 4, o_shape, err);
  const oracle_shape rows = {q->batch, q->seq_len, q->heads, q->head_dim};
  return ok && (!judge || bounds_room(&rows, SAMPLE_BY_WORK, &out->bounds, err));
}

bool shape_read(int fd, const point *p, bool judge, shape *out, error *err) {
  file_cursor c = file_cursor_at_start(fd);
  char wanted[NAME_SIZE], name[NAME_SIZE];
  *out = (shape){0};
  name_shape(p, wanted);
  bool ok = (file_get(&c, name, sizeof name) && !memcmp(name, wanted, sizeof name)) ||
            error_set(err, "the shape handed over is not the point's");
  const lkv_problem *q = &p->problem;
  const oracle_shape rows = {q->batch, q->seq_len, q->heads, q->head_dim};
  if (ok && make_room(p, judge, out, err)) {
    if (out->inputs.x.data)
      ok = file_get(&c, out->inputs.x.data, bytes_of(&out->inputs.x));
    for (int o = 0; ok && o < LKV_OPERANDS; o++)
      ok = file_get(&c, out->inputs.operand[o].data, bytes_of(&out->inputs.operand[o]));
    ok = ok && file_check(&c);
    if (ok && judge)
      ok = bounds_get(&c, &out->bounds) && get_stages(&c, &rows, out) && file_check(&c);
    ok = ok || error_set(err, "the shape handed over is not whole");
  } else {
    ok = false;
  }
  if (!ok) shape_free(out);
  return ok;
}
