#include "inputs.h"

#include <math.h>

#include "../check.h"
#include "fnv.h"
#include "oracle.h"
#include "random.h"

static const lkv_problem small = {
    .batch = 2, .seq_len = 5, .heads = 3, .head_dim = 4, .eps = 1e-6};

static lin_case make(const char *name, uint64_t seed, lkv_stage stage,
                     const lkv_problem *problem) {
  lin_case c;
  error err;
  EXPECT_OK(inputs_make(regime_find(name), seed, stage, problem, &c, &err), &err);
  return c;
}

static uint64_t hash_of(const lin_case *c) {
  uint64_t hash = fnv_bytes(FNV_START, c->x.data, c->x.count * sizeof(float));
  for (int o = 0; o < LKV_OPERANDS; o++)
    hash = fnv_bytes(hash, c->operand[o].data, c->operand[o].count * sizeof(float));
  return hash;
}

/* A change here means that results measured before and after are of other inputs:
 * STORE_HARNESS_SCHEMA must change with it. */
static void bits_are_fixed(void **state) {
  (void)state;
  static const struct {
    const char *regime;
    uint64_t seed;
    lkv_stage stage;
    uint64_t hash;
  } known[] = {
      {"gaussian", 1, LKV_STAGE_BLOCK, UINT64_C(0x572e0d9310f62dc9)},
      {"gaussian", 1, LKV_STAGE_ATTENTION, UINT64_C(0x9a83248ecb0ef5ab)},
      {"gaussian", INT64_MAX, LKV_STAGE_BLOCK, UINT64_C(0x195d313c0e9d1bac)},
      {"positive", 1, LKV_STAGE_BLOCK, UINT64_C(0xc024b72be8b620c9)},
      {"positive", 7, LKV_STAGE_ATTENTION, UINT64_C(0x404822803a0122f0)},
  };
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    lin_case c = make(known[i].regime, known[i].seed, known[i].stage, &small);
    const uint64_t hash = hash_of(&c);
    if (hash != known[i].hash) fail_msg("%zu: 0x%016llx", i, (unsigned long long)hash);
    case_free(&c);
  }
}

static void regimes_are_found_by_name(void **state) {
  (void)state;
  assert_int_equal(regime_count(), 13);
  for (size_t i = 0; i < regime_count(); i++) {
    assert_ptr_equal(regime_find(regime_at(i)->name), regime_at(i));
    assert_true(*regime_at(i)->description && !strchr(regime_at(i)->description, '\n'));
  }
  assert_null(regime_at(regime_count()));
  assert_null(regime_find("gauss"));
  assert_null(regime_find(""));
}

static void expect_shape(const tensor *t, size_t rank, const size_t *shape) {
  assert_int_equal(t->type, TENSOR_FLOAT32);
  assert_int_equal(t->rank, rank);
  assert_memory_equal(t->shape, shape, rank * sizeof *shape);
}

static void cases_have_the_shapes_of_their_stage(void **state) {
  (void)state;
  const size_t x[] = {2, 5, 12}, weight[] = {12, 12}, operand[] = {2, 5, 3, 4};
  lkv_problem tiled = small;
  tiled.tile_q = 8;
  tiled.tile_k = 16;
  lin_case block = make("gaussian", 1, LKV_STAGE_BLOCK, &tiled);
  lin_case attention = make("gaussian", 1, LKV_STAGE_ATTENTION, &tiled);
  expect_shape(&block.x, 3, x);
  assert_null(attention.x.data);
  for (int o = 0; o < LKV_OPERANDS; o++) {
    expect_shape(&block.operand[o], 2, weight);
    expect_shape(&attention.operand[o], 4, operand);
  }
  assert_int_equal(block.stage, LKV_STAGE_BLOCK);
  assert_int_equal(block.rank, 3);
  assert_int_equal(attention.stage, LKV_STAGE_ATTENTION);
  assert_int_equal(attention.rank, 4);
  assert_memory_equal(&block.problem, &small, sizeof small);
  assert_memory_equal(&attention.problem, &small, sizeof small);
  case_free(&block);
  case_free(&attention);
}

static void gaussian_is_normal_inputs_and_xavier_weights(void **state) {
  (void)state;
  const lkv_problem p = {.batch = 1, .seq_len = 64, .heads = 2, .head_dim = 24};
  lin_case c = make("gaussian", 9, LKV_STAGE_BLOCK, &p);
  const float *x = c.x.data, bound = (float)sqrt(6.0 / (48 + 48));
  double squares = 0;
  for (size_t i = 0; i < c.x.count; i++) {
    assert_true(x[i] == (float)random_normal(9, 0, i));
    squares += (double)x[i] * (double)x[i];
  }
  assert_true(fabs(squares / (double)c.x.count - 1) < 0.1);
  for (int o = 0; o < LKV_OPERANDS; o++) {
    const float *w = c.operand[o].data;
    float low = 0, high = 0;
    for (size_t i = 0; i < c.operand[o].count; i++) {
      low = fminf(low, w[i]);
      high = fmaxf(high, w[i]);
    }
    assert_true(low >= -bound && low < -0.99F * bound);
    assert_true(high <= bound && high > 0.99F * bound);
  }
  case_free(&c);
}

static void positive_is_the_absolute_value_of_gaussian(void **state) {
  (void)state;
  lin_case g = make("gaussian", 5, LKV_STAGE_BLOCK, &small);
  lin_case p = make("positive", 5, LKV_STAGE_BLOCK, &small);
  lin_case a = make("positive", 5, LKV_STAGE_ATTENTION, &small);
  for (size_t i = 0; i < p.x.count; i++) {
    const float got = ((const float *)p.x.data)[i];
    assert_true(got > 0 && got == fabsf(((const float *)g.x.data)[i]));
  }
  for (int o = 0; o < LKV_OPERANDS; o++) {
    for (size_t i = 0; i < p.operand[o].count; i++) {
      const float got = ((const float *)p.operand[o].data)[i];
      assert_true(got > 0 && got == fabsf(((const float *)g.operand[o].data)[i]));
    }
    for (size_t i = 0; i < a.operand[o].count; i++)
      assert_true(((const float *)a.operand[o].data)[i] > 0);
  }
  case_free(&g);
  case_free(&p);
  case_free(&a);
}

/* The attention stage's operands are the block stage's X @ W, rounded once. */
static void stages_agree(void **state) {
  (void)state;
  lin_case block = make("gaussian", 3, LKV_STAGE_BLOCK, &small);
  lin_case attention = make("gaussian", 3, LKV_STAGE_ATTENTION, &small);
  const float *x = block.x.data;
  for (int o = 0; o < LKV_OPERANDS; o++) {
    const float *w = block.operand[o].data, *got = attention.operand[o].data;
    for (size_t row = 0; row < 10; row++)
      for (size_t c = 0; c < 12; c++) {
        long double sum = 0, size = 0;
        for (size_t k = 0; k < 12; k++) {
          const long double term = (long double)x[row * 12 + k] * w[k * 12 + c];
          sum += term;
          size += fabsl(term);
        }
        const long double slack = 0x1p-24L * fabsl(sum) + 0x1p-48L * size;
        assert_true(fabsl(got[row * 12 + c] - sum) <= slack);
      }
  }
  case_free(&block);
  case_free(&attention);
}

static void seeds_differ_and_weights_differ(void **state) {
  (void)state;
  lin_case one = make("gaussian", 1, LKV_STAGE_BLOCK, &small);
  lin_case two = make("gaussian", 2, LKV_STAGE_BLOCK, &small);
  assert_int_not_equal(hash_of(&one), hash_of(&two));
  for (int o = 0; o < LKV_OPERANDS; o++)
    for (int other = o + 1; other < LKV_OPERANDS; other++)
      assert_memory_not_equal(one.operand[o].data, one.operand[other].data,
                              one.operand[o].count * sizeof(float));
  case_free(&one);
  case_free(&two);
}

/* A longer sequence begins with the shorter one's rows; tiles change nothing. */
static void bits_depend_on_position_alone(void **state) {
  (void)state;
  lkv_problem longer = small;
  longer.batch = 1;
  longer.seq_len = 9;
  lin_case a = make("gaussian", 1, LKV_STAGE_BLOCK, &small);
  lin_case b = make("gaussian", 1, LKV_STAGE_BLOCK, &longer);
  assert_memory_equal(a.x.data, b.x.data, 9 * 12 * sizeof(float));
  assert_memory_equal(a.operand[3].data, b.operand[3].data, 12 * 12 * sizeof(float));
  longer.tile_k = 4;
  lin_case c = make("gaussian", 1, LKV_STAGE_BLOCK, &longer);
  assert_int_equal(hash_of(&b), hash_of(&c));
  case_free(&a);
  case_free(&b);
  case_free(&c);
}

static void absurd_sizes_are_refused(void **state) {
  (void)state;
  const lkv_problem absurd[] = {
      {.batch = SIZE_MAX / 2, .seq_len = 2, .heads = 1, .head_dim = 64},
      {.batch = 1, .seq_len = 1, .heads = (size_t)1 << 32, .head_dim = (size_t)1 << 32},
      {.batch = (size_t)1 << 33, .seq_len = (size_t)1 << 33, .heads = 1, .head_dim = 1},
  };
  for (size_t i = 0; i < COUNT_OF(absurd); i++)
    for (int stage = LKV_STAGE_ATTENTION; stage <= LKV_STAGE_BLOCK; stage++) {
      lin_case c;
      error err = {""};
      if (inputs_make(regime_at(0), 1, (lkv_stage)stage, &absurd[i], &c, &err))
        fail_msg("problem %zu was made", i);
      assert_true(*err.text);
      assert_null(c.x.data);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bits_are_fixed),
      cmocka_unit_test(regimes_are_found_by_name),
      cmocka_unit_test(cases_have_the_shapes_of_their_stage),
      cmocka_unit_test(gaussian_is_normal_inputs_and_xavier_weights),
      cmocka_unit_test(positive_is_the_absolute_value_of_gaussian),
      cmocka_unit_test(stages_agree),
      cmocka_unit_test(seeds_differ_and_weights_differ),
      cmocka_unit_test(bits_depend_on_position_alone),
      cmocka_unit_test(absurd_sizes_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
