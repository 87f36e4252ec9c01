#include "inputs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"
#include "random.h"

static const regime regimes[] = {
    {"gaussian",
     "X normal, weights Xavier-uniform: the notebook's own; denominators of "
     "either sign, often near zero"},
    {"positive", "the absolute values of gaussian: every denominator is far from zero"},
};
enum { GAUSSIAN, POSITIVE, REGIMES };

size_t regime_count(void) {
  return REGIMES;
}

const regime *regime_at(size_t index) {
  return index < REGIMES ? &regimes[index] : NULL;
}

const regime *regime_find(const char *name) {
  for (size_t i = 0; i < REGIMES; i++)
    if (!strcmp(name, regimes[i].name)) return &regimes[i];
  return NULL;
}

/* Streams: X is 0, weight o is 1 + o. */
static void draw_x(const regime *r, uint64_t seed, tensor *x) {
  float *out = x->data;
  for (size_t i = 0; i < x->count; i++) {
    const float value = (float)random_normal(seed, 0, i);
    out[i] = r == &regimes[POSITIVE] ? fabsf(value) : value;
  }
}

static void draw_weight(const regime *r, uint64_t seed, int operand, size_t model_dim,
                        tensor *w) {
  const double bound = sqrt(3.0 / (double)model_dim);
  float *out = w->data;
  for (size_t i = 0; i < w->count; i++) {
    const double u = 2 * random_uniform(seed, 1 + (uint32_t)operand, i) - 1;
    out[i] = (float)(bound * (r == &regimes[POSITIVE] ? fabs(u) : u));
  }
}

static bool draw_block(const regime *r, uint64_t seed, lin_case *c, error *err) {
  const lkv_problem *p = &c->problem;
  const size_t heads_shape[] = {p->heads, p->head_dim};
  size_t dim;
  if (!tensor_count(2, heads_shape, &dim))
    return error_set(err, "%zu heads of %zu are more than this machine can address",
                     p->heads, p->head_dim);
  const size_t x_shape[] = {p->batch, p->seq_len, dim}, w_shape[] = {dim, dim};
  if (!tensor_make(&c->x, TENSOR_FLOAT32, 3, x_shape, err)) return false;
  draw_x(r, seed, &c->x);
  for (int o = 0; o < LKV_OPERANDS; o++) {
    if (!tensor_make(&c->operand[o], TENSOR_FLOAT32, 2, w_shape, err)) return false;
    draw_weight(r, seed, o, dim, &c->operand[o]);
  }
  return true;
}

static bool project(const lin_case *block, lin_case *c, error *err) {
  const lkv_problem *p = &c->problem;
  const size_t rows = p->batch * p->seq_len, dim = p->heads * p->head_dim;
  const size_t shape[] = {p->batch, p->seq_len, p->heads, p->head_dim};
  tensor x = {0}, w = {0};
  double *product = calloc(rows * dim, sizeof *product);
  bool ok = product || error_set(err, "out of memory for inputs of %zu x %zu", rows, dim);
  ok = ok && tensor_convert(&block->x, TENSOR_FLOAT64, &x, err);
  for (int o = 0; ok && o < LKV_OPERANDS; o++) {
    ok = tensor_convert(&block->operand[o], TENSOR_FLOAT64, &w, err) &&
         tensor_make(&c->operand[o], TENSOR_FLOAT32, 4, shape, err);
    if (ok) {
      oracle_project(rows, dim, dim, x.data, w.data, product);
      float *out = c->operand[o].data;
      for (size_t i = 0; i < rows * dim; i++) out[i] = (float)product[i];
    }
    tensor_free(&w);
  }
  tensor_free(&x);
  free(product);
  return ok;
}

bool inputs_make(const regime *r, uint64_t seed, lkv_stage stage,
                 const lkv_problem *problem, lin_case *out, error *err) {
  lin_case block = {.stage = LKV_STAGE_BLOCK, .problem = *problem, .rank = 3};
  block.problem.tile_q = block.problem.tile_k = 0;
  *out = (lin_case){.stage = stage, .problem = block.problem, .rank = 4};
  if (!draw_block(r, seed, &block, err)) {
    case_free(&block);
    return false;
  }
  if (stage == LKV_STAGE_BLOCK) {
    *out = block;
    return true;
  }
  const bool ok = project(&block, out, err);
  case_free(&block);
  if (!ok) case_free(out);
  return ok;
}
