#include "inputs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"
#include "random.h"

/* How the tokens of X follow from what is drawn. */
typedef enum tokens {
  TOKENS_DRAWN,
  TOKENS_CANCEL, /* every second is -(1 - 2^-9) times the one before */
  TOKENS_OPPOSE, /* every second is the negative of the one before */
  TOKENS_SCALED, /* each times a power of two from 2^-10 to 2^10 */
} tokens;

typedef enum draws {
  DRAWS_REAL,
  DRAWS_INTEGER, /* X and weights are -1, 0 or 1 */
  DRAWS_DYADIC,  /* X, W_QK and W_QV one-hot, W_KK and W_KV ones, W_Q 0, the others
                  * integers */
} draws;

typedef struct recipe {
  regime regime; /* first: a regime is its recipe */
  bool positive;
  draws draws;
  tokens tokens;
  int scale[LKV_OPERANDS]; /* weights times a power of two */
  double plant;            /* put into one operand at one token; 0 for none */
} recipe;

static const recipe recipes[] = {
    {{"gaussian",
      "X normal, weights Xavier-uniform: the notebook's own; denominators of "
      "either sign, often near zero"},
     .positive = false},
    {{"positive", "the absolute values of gaussian: every denominator is far from zero"},
     .positive = true},
    {{"large_logits",
      "positive, but Q of either sign and 4096 times as large: one token "
      "takes all, at either end of exp"},
     .positive = true,
     .scale = {[LKV_Q] = 12}},
    {{"cancelling",
      "gaussian, every second token nearly the negative of the one before: "
      "sums of K cancel to 2^-9"},
     .tokens = TOKENS_CANCEL},
    {{"near_eps",
      "positive with QK and QV scaled down until denominators are of the size "
      "of eps"},
     .positive = true,
     .scale = {[LKV_QK] = -28, [LKV_QV] = -28}},
    {{"exactly_eps",
      "gaussian, every second token the negative of the one before: at odd "
      "t every denominator is eps"},
     .tokens = TOKENS_OPPOSE},
    {{"row_scales", "positive, each token scaled by a power of two from 2^-10 to 2^10"},
     .positive = true,
     .tokens = TOKENS_SCALED},
    {{"denormal", "positive with values so small that their sums underflow"},
     .positive = true,
     .scale = {[LKV_VV] = -108}},
    {{"huge", "positive with numerators near the largest float32"},
     .positive = true,
     .scale =
         {[LKV_QK] = 30, [LKV_KK] = 30, [LKV_QV] = 30, [LKV_KV] = 30, [LKV_VV] = 30}},
    {{"integers", "X and weights -1, 0 or 1: sums are exact, and many are zero"},
     .draws = DRAWS_INTEGER},
    {{"dyadic", "one-hot queries, keys of ones, logits zero: a mean of whole numbers"},
     .draws = DRAWS_DYADIC},
    {{"nan",
      "positive with a NaN in the middle token of one operand, chosen by the seed; "
      "of X in the block stage"},
     .positive = true,
     .plant = NAN},
    {{"inf",
      "positive with an infinity in the middle token of one operand, chosen by the "
      "seed; of X in the block stage"},
     .positive = true,
     .plant = INFINITY},
};
enum { REGIMES = sizeof recipes / sizeof *recipes };

size_t regime_count(void) {
  return REGIMES;
}

const regime *regime_at(size_t index) {
  return index < REGIMES ? &recipes[index].regime : NULL;
}

const regime *regime_find(const char *name) {
  for (size_t i = 0; i < REGIMES; i++)
    if (!strcmp(name, recipes[i].regime.name)) return &recipes[i].regime;
  return NULL;
}

/* -1, 0 or 1. */
static double whole(double uniform) {
  return floor(3 * uniform) - 1;
}

/* Streams: X is 0, weight o is 1 + o, the scales of tokens are 8. */
static double draw_element(const recipe *r, uint64_t seed, size_t dim, size_t i) {
  if (r->draws == DRAWS_INTEGER) return whole(random_uniform(seed, 0, i));
  if (r->draws == DRAWS_DYADIC) return i % dim == i / dim % dim ? 1 : 0;
  const float value = (float)random_normal(seed, 0, i);
  return r->positive ? fabsf(value) : value;
}

/* `token` counts within its batch. */
static double token_factor(const recipe *r, uint64_t seed, size_t token) {
  if (r->tokens == TOKENS_CANCEL) return token % 2 ? -(1 - 0x1p-9) : 1;
  if (r->tokens == TOKENS_OPPOSE) return token % 2 ? -1 : 1;
  if (r->tokens == TOKENS_SCALED)
    return ldexp(1, (int)floor(21 * random_uniform(seed, 8, token)) - 10);
  return 1;
}

static void draw_x(const recipe *r, uint64_t seed, tensor *x) {
  const size_t length = x->shape[1], dim = x->shape[2];
  const bool paired = r->tokens == TOKENS_CANCEL || r->tokens == TOKENS_OPPOSE;
  float *out = x->data;
  for (size_t i = 0; i < x->count; i++) {
    const size_t token = i / dim % length;
    const size_t from = paired && token % 2 ? i - dim : i;
    out[i] = (float)(draw_element(r, seed, dim, from) * token_factor(r, seed, token));
  }
}

static double draw_dyadic(uint64_t seed, int operand, size_t dim, size_t i) {
  if (operand == LKV_Q) return 0;
  if (operand == LKV_QK || operand == LKV_QV) return i % dim == i / dim ? 1 : 0;
  if (operand == LKV_KK || operand == LKV_KV) return 1;
  return whole(random_uniform(seed, 1 + (uint32_t)operand, i));
}

static void draw_weight(const recipe *r, uint64_t seed, int operand, size_t dim,
                        tensor *w) {
  const double bound = sqrt(3.0 / (double)dim);
  const bool signs = !r->positive || (operand == LKV_Q && r->scale[LKV_Q]);
  float *out = w->data;
  for (size_t i = 0; i < w->count; i++) {
    const double uniform = random_uniform(seed, 1 + (uint32_t)operand, i);
    const double u = 2 * uniform - 1;
    const double value = r->draws == DRAWS_INTEGER  ? whole(uniform)
                         : r->draws == DRAWS_DYADIC ? draw_dyadic(seed, operand, dim, i)
                                                    : bound * (signs ? u : fabs(u));
    out[i] = ldexpf((float)value, r->scale[operand]);
  }
}

/* The planted value: at the middle token of (B, T, ...), in one component. */
static void plant(const recipe *r, uint64_t seed, const lkv_problem *p, tensor *in) {
  const size_t dim = p->heads * p->head_dim;
  float *out = in->data;
  if (r->plant != 0) out[p->seq_len / 2 * dim + seed % dim] = (float)r->plant;
}

static bool draw_block(const recipe *r, uint64_t seed, lin_case *c, error *err) {
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

bool inputs_make(const regime *name, uint64_t seed, lkv_stage stage,
                 const lkv_problem *problem, lin_case *out, error *err) {
  const recipe *r = (const recipe *)name;
  lin_case block = {.stage = LKV_STAGE_BLOCK, .problem = *problem, .rank = 3};
  block.problem.tile_q = block.problem.tile_k = 0;
  *out = (lin_case){.stage = stage, .problem = block.problem, .rank = 4};
  if (!draw_block(r, seed, &block, err)) {
    case_free(&block);
    return false;
  }
  if (stage == LKV_STAGE_BLOCK) {
    *out = block;
    plant(r, seed, problem, &out->x);
    return true;
  }
  const bool ok = project(&block, out, err);
  case_free(&block);
  if (ok)
    plant(r, seed, problem, &out->operand[seed % LKV_OPERANDS]);
  else
    case_free(out);
  return ok;
}
