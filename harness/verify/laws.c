/* The laws: how inputs are changed, and what must become of the output. */
#include <math.h>
#include <string.h>

#include "closed_forms.h"
#include "law_element.h"

static void same(const double *given, double *expected, size_t count) {
  memcpy(expected, given, count * sizeof *expected);
}

/* ---- scalings by powers of two: exact, so the bits stay ---- */

static float column_scale(size_t column, bool invert) {
  const int exponent = (int)(column * 5 % 9) - 4;
  return ldexpf(1, invert ? -exponent : exponent);
}

static void scale_columns(lin_case *c, int o, bool invert) {
  for (size_t e = 0; e < c->operand[o].count; e++)
    operand(c, o)[e] *= column_scale(e % c->problem.head_dim, invert);
}

static bool scale_pair(law_side *side, size_t variant, error *err) {
  static const int pairs[][2] = {{LKV_Q, LKV_VK}, {LKV_QK, LKV_KK}, {LKV_QV, LKV_KV}};
  (void)err;
  scale_columns(&side->inputs, pairs[variant][0], false);
  scale_columns(&side->inputs, pairs[variant][1], true);
  return true;
}

static bool scale_values(law_side *side, size_t variant, error *err) {
  (void)variant;
  (void)err;
  scale_columns(&side->inputs, LKV_VV, false);
  return true;
}

static void map_scaled_values(const law_side *from, const law_side *to, size_t variant,
                              const double *given, double *expected) {
  (void)to;
  (void)variant;
  for (size_t e = 0; e < probe_count(&from->inputs); e++)
    expected[e] =
        given[e] * (double)column_scale(e % from->inputs.problem.head_dim, false);
}

static void scale_all(lin_case *c, int o, float scale) {
  for (size_t e = 0; e < c->operand[o].count; e++) operand(c, o)[e] *= scale;
}

static bool scale_with_eps(law_side *side, size_t variant, error *err) {
  const float scale = variant ? 0x1p5F : 0x1p-7F;
  (void)err;
  scale_all(&side->inputs, LKV_QK, scale);
  scale_all(&side->inputs, LKV_QV, scale);
  side->inputs.problem.eps *= (double)scale;
  return true;
}

static bool scale_without_eps(law_side *side, size_t variant, error *err) {
  (void)variant;
  (void)err;
  scale_all(&side->inputs, LKV_QK, 0x1p10F);
  scale_all(&side->inputs, LKV_QV, 0x1p10F);
  return true;
}

static void without_eps(lin_case *c) {
  c->problem.eps = 0;
}

static bool flip_rows(law_side *side, size_t variant, error *err) {
  lin_case *c = &side->inputs;
  const int o = variant ? LKV_QV : LKV_QK;
  (void)err;
  for (size_t e = 0; e < c->operand[o].count; e++)
    if (e / c->problem.head_dim % 2) operand(c, o)[e] = -operand(c, o)[e];
  return true;
}

/* ---- what a row sees ---- */

static size_t tokens_seen(const lkv_problem *p) {
  return p->seq_len / 2 + 1;
}

static bool poison_future(law_side *side, size_t variant, error *err) {
  const lkv_problem *p = &side->inputs.problem;
  (void)variant;
  (void)err;
  for (size_t b = 0; b < p->batch; b++)
    for (int o = 0; o < LKV_OPERANDS; o++)
      for (size_t e = at(p, b, tokens_seen(p), 0, 0); e < at(p, b + 1, 0, 0, 0); e++)
        operand(&side->inputs, o)[e] = NAN;
  return true;
}

static bool counts_seen(const law_side *side, size_t variant, size_t token,
                        size_t column) {
  (void)variant;
  (void)column;
  return token < tokens_seen(&side->inputs.problem);
}

/* A variant of taint is an operand, a token around the tiles of the common shapes, and
 * the first or last column. It is planted in the last slice. */
enum { TAINT_TOKENS = 4, TAINT_COLUMNS = 2 };

typedef struct taint {
  int operand;
  size_t token, column;
} taint;

static taint taint_of(const lkv_problem *p, size_t variant) {
  const size_t tokens[TAINT_TOKENS] = {0, 3, 4, p->seq_len - 1};
  return (taint){.operand = (int)(variant / TAINT_COLUMNS / TAINT_TOKENS),
                 .token = tokens[variant / TAINT_COLUMNS % TAINT_TOKENS] % p->seq_len,
                 .column = variant % TAINT_COLUMNS ? p->head_dim - 1 : 0};
}

static bool plant(law_side *side, size_t variant, error *err) {
  const lkv_problem *p = &side->inputs.problem;
  const taint t = taint_of(p, variant);
  (void)err;
  operand(&side->inputs,
          t.operand)[at(p, p->batch - 1, t.token, p->heads - 1, t.column)] = NAN;
  return true;
}

static bool tainted(const taint *planted, size_t token, size_t column) {
  if (planted->operand == LKV_Q) return token == planted->token;
  if (planted->operand == LKV_VV && column != planted->column) return false;
  return token >= planted->token;
}

static void map_taint(const law_side *from, const law_side *to, size_t variant,
                      const double *given, double *expected) {
  const lkv_problem *p = &from->inputs.problem;
  const taint planted = taint_of(p, variant);
  (void)to;
  same(given, expected, probe_count(&from->inputs));
  for (size_t t = 0; t < p->seq_len; t++)
    for (size_t c = 0; c < p->head_dim; c++)
      if (tainted(&planted, t, c))
        expected[at(p, p->batch - 1, t, p->heads - 1, c)] = NAN;
}

/* ---- slices ---- */

static void reverse_slices(const lkv_problem *p, const void *from, void *to,
                           size_t size) {
  for (size_t b = 0; b < p->batch; b++)
    for (size_t t = 0; t < p->seq_len; t++)
      for (size_t h = 0; h < p->heads; h++)
        memcpy((char *)to + at(p, p->batch - 1 - b, t, p->heads - 1 - h, 0) * size,
               (const char *)from + at(p, b, t, h, 0) * size, p->head_dim * size);
}

/* Every operand of `side` replaced by one of its problem's shape, which `fill` makes of
 * the old. */
static bool remake(law_side *side, const lkv_problem *shape,
                   void (*fill)(const lkv_problem *old, const float *from,
                                const lkv_problem *shape, float *to),
                   error *err) {
  const lkv_problem old = side->inputs.problem;
  const size_t dims[] = {shape->batch, shape->seq_len, shape->heads, shape->head_dim};
  for (int o = 0; o < LKV_OPERANDS; o++) {
    tensor made;
    if (!tensor_make(&made, TENSOR_FLOAT32, 4, dims, err)) return false;
    fill(&old, operand(&side->inputs, o), shape, made.data);
    tensor_free(&side->inputs.operand[o]);
    side->inputs.operand[o] = made;
  }
  side->inputs.problem = *shape;
  return true;
}

static void fill_reversed(const lkv_problem *old, const float *from,
                          const lkv_problem *shape, float *to) {
  (void)shape;
  reverse_slices(old, from, to, sizeof *to);
}

static bool reverse_all(law_side *side, size_t variant, error *err) {
  const lkv_problem shape = side->inputs.problem;
  (void)variant;
  return remake(side, &shape, fill_reversed, err);
}

static void map_reversed(const law_side *from, const law_side *to, size_t variant,
                         const double *given, double *expected) {
  (void)to;
  (void)variant;
  reverse_slices(&from->inputs.problem, given, expected, sizeof *expected);
}

/* The last head of the last batch alone. */
static void take_slice(const lkv_problem *p, const void *from, void *to, size_t size) {
  for (size_t t = 0; t < p->seq_len; t++)
    memcpy((char *)to + t * p->head_dim * size,
           (const char *)from + at(p, p->batch - 1, t, p->heads - 1, 0) * size,
           p->head_dim * size);
}

static void fill_slice(const lkv_problem *old, const float *from,
                       const lkv_problem *shape, float *to) {
  (void)shape;
  take_slice(old, from, to, sizeof *to);
}

static bool single_out(law_side *side, size_t variant, error *err) {
  lkv_problem shape = side->inputs.problem;
  (void)variant;
  shape.batch = shape.heads = 1;
  return remake(side, &shape, fill_slice, err);
}

static void map_slice(const law_side *from, const law_side *to, size_t variant,
                      const double *given, double *expected) {
  (void)to;
  (void)variant;
  take_slice(&from->inputs.problem, given, expected, sizeof *expected);
}

/* ---- other orders of the same sums ---- */

/* Token 0 .. T - 2 in reverse. */
static void fill_past_reversed(const lkv_problem *old, const float *from,
                               const lkv_problem *shape, float *to) {
  const size_t row = shape->heads * shape->head_dim, last = shape->seq_len - 1;
  for (size_t b = 0; b < shape->batch; b++)
    for (size_t t = 0; t <= last; t++)
      memcpy(to + at(shape, b, t < last ? last - 1 - t : t, 0, 0),
             from + at(old, b, t, 0, 0), row * sizeof *to);
}

static bool reverse_past(law_side *side, size_t variant, error *err) {
  const lkv_problem shape = side->inputs.problem;
  (void)variant;
  return remake(side, &shape, fill_past_reversed, err);
}

static bool counts_last(const law_side *side, size_t variant, size_t token,
                        size_t column) {
  (void)variant;
  (void)column;
  return token + 1 == side->inputs.problem.seq_len;
}

static void reverse_columns(lin_case *c, int o) {
  const size_t d = c->problem.head_dim;
  for (size_t row = 0; row < c->operand[o].count / d; row++)
    for (size_t a = 0; a < d / 2; a++) {
      float *x = operand(c, o) + row * d;
      const float kept = x[a];
      x[a] = x[d - 1 - a];
      x[d - 1 - a] = kept;
    }
}

static bool reverse_features(law_side *side, size_t variant, error *err) {
  (void)variant;
  (void)err;
  for (int o = 0; o < LKV_OPERANDS; o++)
    if (o != LKV_VV) reverse_columns(&side->inputs, o);
  return true;
}

static const lkv_tiles tile_sizes[] = {{1, 1},  {1, 7},     {7, 1},   {5, 13},
                                       {17, 3}, {33, 1000}, {1000, 5}};

static bool retile(law_side *side, size_t variant, error *err) {
  (void)err;
  side->how.tiles = tile_sizes[variant];
  return true;
}

static const char *rounds_factors(const lkv_kernel *kernel) {
  return kernel->factor_type == kernel->output_type
             ? NULL
             : "it rounds factors to a narrower type";
}

static const char *untiled(const lkv_kernel *kernel) {
  return kernel->default_tiles ? NULL : "it does not tile";
}

static void fill_doubled(const lkv_problem *old, const float *from,
                         const lkv_problem *shape, float *to) {
  const size_t row = shape->heads * shape->head_dim;
  for (size_t b = 0; b < shape->batch; b++)
    for (size_t t = 0; t < shape->seq_len; t++)
      memcpy(to + at(shape, b, t, 0, 0), from + at(old, b, t / 2, 0, 0),
             row * sizeof *to);
}

static bool double_tokens(law_side *side, size_t variant, error *err) {
  lkv_problem shape = side->inputs.problem;
  (void)variant;
  shape.seq_len *= 2;
  shape.eps *= 2;
  return remake(side, &shape, fill_doubled, err);
}

static void map_doubled(const law_side *from, const law_side *to, size_t variant,
                        const double *given, double *expected) {
  const lkv_problem *p = &to->inputs.problem;
  const size_t row = p->heads * p->head_dim;
  (void)variant;
  for (size_t b = 0; b < p->batch; b++)
    for (size_t t = 0; t < p->seq_len; t++)
      memcpy(expected + at(p, b, t, 0, 0),
             given + at(&from->inputs.problem, b, t / 2, 0, 0), row * sizeof *expected);
}

static bool counts_second(const law_side *side, size_t variant, size_t token,
                          size_t column) {
  (void)side;
  (void)variant;
  (void)column;
  return token % 2 == 1;
}

static void slight_eps(lin_case *c) {
  c->problem.eps = 1e-20;
}

/* ---- ways of calling ---- */

static bool more_threads(law_side *side, size_t variant, error *err) {
  static const size_t threads[] = {2, 3, 9};
  (void)err;
  side->how.threads = threads[variant];
  return true;
}

static bool other_guards(law_side *side, size_t variant, error *err) {
  (void)err;
  side->how.slices = variant > 0;
  side->how.place = variant == 1 ? GUARDED_AT_END : GUARDED_AT_START;
  return true;
}

static bool other_poison(law_side *side, size_t variant, error *err) {
  (void)err;
  side->how.poison = PROBE_LARGE;
  side->how.slices = variant > 0;
  return true;
}

static const lin_law laws[] = {
    {.name = "oracle",
     .statement = "y is within its bound of the float64 oracle",
     .kind = LAW_BOUND,
     .shapes = LAW_GRID,
     .regime = {"gaussian", "positive"},
     .variants = 1,
     .closed = closed_oracle,
     .same_inputs = true},
    {.name = "scaled_pairs",
     .statement = "Q diag(s), VK / diag(s); QK, KK; QV, KV: the same bits, s powers of 2",
     .kind = LAW_BITS,
     .shapes = LAW_COMMON,
     .regime = {"gaussian", "positive"},
     .variants = 3,
     .change = scale_pair},
    {.name = "scaled_values",
     .statement = "VV diag(s) gives y diag(s), bit for bit",
     .kind = LAW_BITS,
     .shapes = LAW_COMMON,
     .regime = {"gaussian", "positive"},
     .variants = 1,
     .change = scale_values,
     .map = map_scaled_values},
    {.name = "scaled_eps",
     .statement = "(QK, QV, eps) s: the same bits, s a power of 2",
     .kind = LAW_BITS,
     .shapes = LAW_COMMON,
     .regime = {"gaussian", "positive"},
     .variants = 2,
     .change = scale_with_eps},
    {.name = "signs",
     .statement = "at eps = 0, the signs of rows of QK, and of QV: the same bits",
     .kind = LAW_BITS,
     .shapes = LAW_COMMON,
     .regime = {"gaussian", "positive"},
     .variants = 2,
     .prepare = without_eps,
     .change = flip_rows},
    {.name = "future",
     .statement = "NaN in every later token: the same bits in the earlier rows",
     .kind = LAW_BITS,
     .shapes = LAW_COMMON,
     .regime = {"gaussian"},
     .variants = 1,
     .change = poison_future,
     .counts = counts_seen},
    {.name = "taint",
     .statement = "NaN in KK_j, VK_j, QK_j, QV_j, KV_j poisons rows t >= j and no other; "
                  "in Q_t row t; in VV_jc column c, t >= j",
     .kind = LAW_BITS,
     .shapes = LAW_COMMON,
     .regime = {"positive"},
     .variants = LKV_OPERANDS * TAINT_TOKENS * TAINT_COLUMNS,
     .change = plant,
     .map = map_taint},
    {.name = "slices",
     .statement = "batches and heads in another order: the same bits in that order",
     .kind = LAW_BITS,
     .shapes = LAW_COMMON,
     .regime = {"gaussian"},
     .variants = 1,
     .change = reverse_all,
     .map = map_reversed},
    {.name = "one_head",
     .statement = "one head of one batch by itself: the same bits",
     .kind = LAW_BITS,
     .shapes = LAW_COMMON,
     .regime = {"gaussian"},
     .variants = 1,
     .change = single_out,
     .map = map_slice},
    {.name = "threads",
     .statement = "2, 3 or 9 threads: the same bits as one",
     .kind = LAW_BITS,
     .shapes = LAW_LONG,
     .regime = {"gaussian"},
     .variants = 3,
     .change = more_threads,
     .same_inputs = true},
    {.name = "repeated",
     .statement = "the same call again: the same bits",
     .kind = LAW_BITS,
     .shapes = LAW_EDGES,
     .regime = {"gaussian"},
     .variants = 2,
     .same_inputs = true},
    {.name = "poisoned",
     .statement = "workspace and output full of large numbers, not NaN: the same bits",
     .kind = LAW_BITS,
     .shapes = LAW_EDGES,
     .regime = {"gaussian"},
     .variants = 2,
     .change = other_poison,
     .same_inputs = true},
    {.name = "guarded",
     .statement =
         "unaligned strided rows between pages that may not be touched: the same "
         "bits",
     .kind = LAW_BITS,
     .shapes = LAW_GRID,
     .regime = {"gaussian"},
     .variants = 3,
     .change = other_guards,
     .same_inputs = true},
    {.name = "tiles",
     .statement =
         "tiles of 1 to 1000, larger than the problem or dividing nothing: within "
         "both bounds",
     .kind = LAW_BOUND,
     .shapes = LAW_COMMON,
     .regime = {"gaussian", "positive"},
     .variants = sizeof tile_sizes / sizeof *tile_sizes,
     .excuse = untiled,
     .change = retile,
     .same_inputs = true},
    {.name = "past",
     .statement = "earlier tokens in another order: the last row within both bounds",
     .kind = LAW_BOUND,
     .shapes = LAW_COMMON,
     .regime = {"gaussian", "positive"},
     .variants = 1,
     .change = reverse_past,
     .counts = counts_last},
    {.name = "features",
     .statement = "the features of Q, VK; QK, KK; QV, KV in another order: within both "
                  "bounds",
     .kind = LAW_BOUND,
     .shapes = LAW_COMMON,
     .regime = {"gaussian", "positive"},
     .variants = 1,
     .change = reverse_features},
    {.name = "doubled",
     .statement = "every token twice, 2 eps: y_2t+1 is y_t within both bounds",
     .kind = LAW_BOUND,
     .shapes = LAW_COMMON,
     .regime = {"gaussian", "positive"},
     .variants = 1,
     .change = double_tokens,
     .map = map_doubled,
     .counts = counts_second},
    {.name = "scaled_queries",
     .statement = "(QK, QV) s with eps as it is, slight beside every denominator: within "
                  "both bounds",
     .kind = LAW_BOUND,
     .shapes = LAW_COMMON,
     .regime = {"positive"},
     .variants = 1,
     .prepare = slight_eps,
     .change = scale_without_eps},
    {.name = "constant_values",
     .statement = "VV = c gives c (1 - sum p_i eps / Dv_i), within the bound",
     .kind = LAW_BOUND,
     .shapes = LAW_COMMON,
     .regime = {"gaussian", "positive"},
     .variants = 1,
     .prepare = closed_prepare_constant,
     .closed = closed_constant},
    {.name = "zero_query",
     .statement = "Q = 0 gives the mean of v_i, within the bound",
     .kind = LAW_BOUND,
     .shapes = LAW_COMMON,
     .regime = {"gaussian", "positive"},
     .variants = 1,
     .prepare = closed_prepare_zero_queries,
     .closed = closed_mean},
    {.name = "first_token",
     .statement = "y_0 = (QV . KV) VV / (QV . KV + eps), within the bound",
     .kind = LAW_BOUND,
     .shapes = LAW_EDGES,
     .regime = {"gaussian", "positive"},
     .variants = 1,
     .prepare = closed_prepare_eps,
     .closed = closed_first,
     .counts = closed_counts_first},
    {.name = "dyadic",
     .statement =
         "one-hot queries, keys of ones, eps = 0: means of 2^k whole numbers are "
         "exact",
     .kind = LAW_BITS,
     .shapes = LAW_COMMON,
     .regime = {"gaussian"},
     .variants = 1,
     .excuse = rounds_factors,
     .prepare = closed_prepare_one_hot,
     .closed = closed_mean_of_values,
     .counts = closed_counts_power_of_two},
};

size_t law_count(void) {
  return sizeof laws / sizeof *laws;
}

const lin_law *law_at(size_t index) {
  return index < law_count() ? &laws[index] : NULL;
}
