#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "linkv/dispatch.h"
#include "linkv/driver.h"
#include "linkv/registry.h"

enum { HEAD_DIM = 8, LONGEST = 40, THREADS = 4 };

static float operand[LKV_OPERANDS][LONGEST * HEAD_DIM];
static float weight[HEAD_DIM * HEAD_DIM];

static int fill(void **state) {
  (void)state;
  for (size_t o = 0; o < LKV_OPERANDS; o++)
    for (size_t i = 0; i < LONGEST * HEAD_DIM; i++)
      operand[o][i] = 1 + sinf((float)(37 * o + i));
  for (size_t i = 0; i < HEAD_DIM * HEAD_DIM; i++) weight[i] = 0.1F * (float)(i % 7);
  return 0;
}

static lkv_problem problem_of(size_t seq_len) {
  return (lkv_problem){
      .batch = 1, .seq_len = seq_len, .heads = 1, .head_dim = HEAD_DIM, .eps = 1e-6};
}

static void operands_of(const void *out[LKV_OPERANDS]) {
  for (size_t o = 0; o < LKV_OPERANDS; o++) out[o] = operand[o];
}

/* What that kernel gives, by lkv_run. */
static void run_kernel(const lkv_kernel *kernel, lkv_problem problem, float *y) {
  lkv_inputs inputs = {.stage = LKV_STAGE_ATTENTION};
  size_t bytes;
  void *workspace = NULL;
  problem = lkv_resolve_tiles(kernel, problem);
  operands_of(inputs.operand);
  assert_int_equal(lkv_workspace_bytes(kernel, &problem, inputs.stage, 1, &bytes),
                   LKV_OK);
  assert_int_equal(posix_memalign(&workspace, LKV_WORKSPACE_ALIGNMENT, bytes ? bytes : 1),
                   0);
  assert_int_equal(lkv_run(kernel, &problem, &inputs, 1, workspace, y), LKV_OK);
  free(workspace);
}

/* scalar_row up to 8 tokens, scalar_stream_merge in tiles of 3 keys near 32. */
static lkv_wisdom *some_wisdom(void) {
  static lkv_wisdom_kernel kernels[2];
  static const lkv_wisdom_choice choices[] = {
      {LKV_STAGE_ATTENTION, 1, 8, 1, HEAD_DIM, 1, 0, 0, 0},
      {LKV_STAGE_ATTENTION, 1, 32, 1, HEAD_DIM, 1, 1, 0, 3}};
  static lkv_wisdom w;
  const char *const names[] = {"scalar_row", "scalar_stream_merge"};
  for (size_t i = 0; i < 2; i++)
    kernels[i] = (lkv_wisdom_kernel){
        .name = names[i], .build = lkv_kernel_build(lkv_kernel_find(names[i]))};
  w = (lkv_wisdom){.schema = LKV_WISDOM_SCHEMA,
                   .machine = lkv_machine_id(),
                   .machine_name = "here",
                   .kernel = kernels,
                   .kernels = 2,
                   .choice = choices,
                   .choices = 2};
  return &w;
}

static lkv_choice chosen(lkv_stage stage, lkv_dtype type, size_t seq_len) {
  lkv_choice choice;
  const lkv_problem p = problem_of(seq_len);
  assert_int_equal(lkv_choose(stage, type, &p, 1, &choice), LKV_OK);
  return choice;
}

static void wisdom_goes_by_the_nearest_shape(void **state) {
  (void)state;
  char error[256];
  assert_true(lkv_use_wisdom(some_wisdom(), error, sizeof error));
  for (size_t seq_len = 1; seq_len <= 100; seq_len++) {
    const lkv_choice c = chosen(LKV_STAGE_ATTENTION, LKV_FLOAT32, seq_len);
    assert_true(c.by_wisdom);
    /* 16 is as far from 8 as from 32: the first of equals. */
    assert_string_equal(c.kernel->name,
                        seq_len <= 16 ? "scalar_row" : "scalar_stream_merge");
    assert_int_equal(c.problem.tile_k, seq_len <= 16 ? 0 : 3);
    assert_int_equal(c.problem.seq_len, seq_len);
  }
  assert_false(chosen(LKV_STAGE_BLOCK, LKV_FLOAT32, 8).by_wisdom);
  assert_false(chosen(LKV_STAGE_ATTENTION, LKV_FLOAT64, 8).by_wisdom);
  assert_true(lkv_use_wisdom(NULL, error, sizeof error));
  assert_false(chosen(LKV_STAGE_ATTENTION, LKV_FLOAT32, 8).by_wisdom);
}

/* The definition of linkv/dispatch.h, shape after shape. */
static size_t nearest_of(const lkv_wisdom *w, lkv_stage stage, size_t kernel,
                         const lkv_problem *p, size_t threads) {
  float least = INFINITY;
  size_t nearest = SIZE_MAX;
  for (size_t i = 0; i < w->choices; i++) {
    const lkv_wisdom_choice *c = &w->choice[i];
    if (c->stage != stage || c->kernel != kernel) continue;
    const float slices = log2f((float)p->batch * (float)p->heads) -
                         log2f((float)c->batch * (float)c->heads);
    const float seq_len = log2f((float)p->seq_len) - log2f((float)c->seq_len);
    const float dim = log2f((float)p->head_dim) - log2f((float)c->head_dim);
    const float ways = log2f((float)threads) - log2f((float)c->threads);
    const float far = slices * slices + dim * dim + ways * ways + seq_len * seq_len;
    if (!(far < least)) continue;
    least = far;
    nearest = i;
  }
  return nearest;
}

/* Of 1, 2, ... 2^10: many are as near as others; and 3/4 of them. */
static size_t some_size(uint64_t *state, unsigned most) {
  *state = *state * UINT64_C(6364136223846793005) + 1;
  const unsigned power = (unsigned)(*state >> 33) % (most + 1);
  return power > 1 && (*state >> 60) % 4 == 0 ? (size_t)3 << (power - 2)
                                              : (size_t)1 << power;
}

/* Of lengths close to each other. */
static size_t any_length(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + 1;
  return 1 + (size_t)(*state >> 33) % 700;
}

/* What is chosen names itself by its tile_k. */
static void assert_the_nearest_is_chosen(const lkv_wisdom *w, size_t shapes,
                                         uint64_t *random) {
  for (size_t i = 0; i < shapes; i++) {
    const lkv_problem p = {
        .batch = some_size(random, 6),
        .seq_len = i % 4 ? some_size(random, 12) + i % 2 : any_length(random),
        .heads = some_size(random, 9),
        .head_dim = some_size(random, 9),
        .eps = 1e-6};
    const size_t threads = some_size(random, 9), kernel = i / 2 % 2;
    const lkv_stage stage = i % 5 ? LKV_STAGE_ATTENTION : LKV_STAGE_BLOCK;
    const size_t nearest = nearest_of(w, stage, kernel, &p, threads);
    lkv_choice c;
    assert_int_equal(
        lkv_choose(stage, kernel ? LKV_FLOAT64 : LKV_FLOAT32, &p, threads, &c), LKV_OK);
    assert_int_equal(c.by_wisdom, nearest < w->choices);
    if (c.by_wisdom) assert_int_equal(c.problem.tile_k - 1, nearest);
  }
}

static void the_nearest_is_that_of_the_definition(void **state) {
  (void)state;
  enum { CHOICES = 200, TYPES = 2, WISDOMS = 100, SHAPES = 200 };
  static const char *const names[] = {"scalar_stream_merge", "scalar_tile_f64"};
  static lkv_wisdom_choice choices[CHOICES];
  char error[256];
  uint64_t random = 1;
  lkv_wisdom_kernel kernels[TYPES];
  lkv_wisdom w = *some_wisdom();
  for (size_t i = 0; i < TYPES; i++)
    kernels[i] = (lkv_wisdom_kernel){
        .name = names[i], .build = lkv_kernel_build(lkv_kernel_find(names[i]))};
  w.kernel = kernels;
  w.choice = choices;
  for (size_t n = 0; n < WISDOMS; n++) {
    const unsigned spread = (unsigned)n / 2 % 3; /* 0: shapes differ in seq_len alone */
    w.choices = n ? 1 + any_length(&random) % CHOICES : CHOICES;
    for (size_t i = 0; i < w.choices; i++)
      choices[i] = (lkv_wisdom_choice){
          .stage = i % 3 ? LKV_STAGE_ATTENTION : LKV_STAGE_BLOCK,
          .batch = some_size(&random, spread),
          .seq_len = n % 2 ? any_length(&random) : some_size(&random, 10),
          .heads = some_size(&random, 2 * spread),
          .head_dim = some_size(&random, 2 * spread),
          .threads = some_size(&random, spread),
          .kernel = i / 3 % TYPES,
          .tile_k = i + 1};
    assert_true(lkv_use_wisdom(&w, error, sizeof error));
    assert_the_nearest_is_chosen(&w, SHAPES, &random);
  }
  assert_true(lkv_use_wisdom(NULL, error, sizeof error));
}

static void assert_same_choice(const lkv_choice *a, const lkv_choice *b) {
  assert_ptr_equal(a->kernel, b->kernel);
  assert_int_equal(a->problem.batch, b->problem.batch);
  assert_int_equal(a->problem.seq_len, b->problem.seq_len);
  assert_int_equal(a->problem.heads, b->problem.heads);
  assert_int_equal(a->problem.head_dim, b->problem.head_dim);
  assert_int_equal(a->problem.tile_q, b->problem.tile_q);
  assert_int_equal(a->problem.tile_k, b->problem.tile_k);
  assert_true(a->problem.eps == b->problem.eps);
  assert_int_equal(a->workspace_bytes, b->workspace_bytes);
  assert_int_equal(a->by_wisdom, b->by_wisdom);
}

/* Resolved tiles and the workspace of the driver, the same when it is remembered. */
static void assert_fits(lkv_stage stage, const lkv_problem *p, size_t threads) {
  lkv_choice c, again;
  size_t bytes;
  assert_int_equal(lkv_choose(stage, LKV_FLOAT32, p, threads, &c), LKV_OK);
  assert_int_equal(lkv_choose(stage, LKV_FLOAT32, p, threads, &again), LKV_OK);
  assert_same_choice(&c, &again);
  const lkv_problem resolved = lkv_resolve_tiles(c.kernel, c.problem);
  assert_int_equal(c.problem.tile_q, resolved.tile_q);
  assert_int_equal(c.problem.tile_k, resolved.tile_k);
  assert_int_equal(lkv_workspace_bytes(c.kernel, &resolved, stage, threads, &bytes),
                   LKV_OK);
  assert_int_equal(c.workspace_bytes, bytes);
}

static void what_is_chosen_fits(void **state) {
  (void)state;
  char error[256];
  for (int wise = 0; wise < 2; wise++) {
    assert_true(lkv_use_wisdom(wise ? some_wisdom() : NULL, error, sizeof error));
    for (size_t seq_len = 1; seq_len <= 1000; seq_len += 37)
      for (size_t threads = 1; threads <= 9; threads += 4) {
        const lkv_problem p = {
            .batch = 2, .seq_len = seq_len, .heads = 3, .head_dim = 20, .eps = 1e-3};
        assert_fits(LKV_STAGE_ATTENTION, &p, threads);
        assert_fits(LKV_STAGE_BLOCK, &p, threads);
      }
  }
  assert_true(lkv_use_wisdom(NULL, error, sizeof error));
}

static void wisdom_that_does_not_hold_changes_nothing(void **state) {
  (void)state;
  char error[256];
  assert_true(lkv_use_wisdom(some_wisdom(), error, sizeof error));
  lkv_wisdom other = *some_wisdom();
  other.machine = "0123456789abcdef";
  assert_false(lkv_use_wisdom(&other, error, sizeof error));
  assert_false(lkv_use_wisdom_file("/no/such/wisdom", error, sizeof error));
  assert_non_null(strstr(error, "/no/such/wisdom"));
  assert_true(chosen(LKV_STAGE_ATTENTION, LKV_FLOAT32, 8).by_wisdom);
  assert_true(lkv_use_wisdom(NULL, error, sizeof error));
}

static void the_rule_takes_the_widest_isa(void **state) {
  (void)state;
  for (int type = LKV_FLOAT32; type <= LKV_FLOAT64; type++)
    for (size_t seq_len = 1; seq_len <= 64; seq_len *= 2) {
      const lkv_choice c = chosen(LKV_STAGE_ATTENTION, (lkv_dtype)type, seq_len);
      assert_int_equal(c.kernel->operand_type, type);
      assert_int_equal(c.kernel->accum_type, type);
      for (size_t i = 0; i < lkv_kernel_count(); i++) {
        const lkv_kernel *k = lkv_kernel_at(i);
        const char *why;
        if (k->isa > c.kernel->isa && k->operand_type == c.kernel->operand_type &&
            k->factor_type == c.kernel->factor_type)
          assert_int_not_equal(lkv_check(k, &c.problem, &why), LKV_OK);
      }
    }
  assert_string_equal(chosen(LKV_STAGE_ATTENTION, LKV_FLOAT32, 2).kernel->algorithm,
                      "row");
  assert_string_equal(chosen(LKV_STAGE_ATTENTION, LKV_FLOAT32, 17).kernel->algorithm,
                      "tile");
}

static void calls_give_the_bits_of_the_kernel_chosen(void **state) {
  (void)state;
  float y[LONGEST * HEAD_DIM], wanted[LONGEST * HEAD_DIM];
  const void *in[LKV_OPERANDS];
  operands_of(in);
  for (size_t seq_len = 1; seq_len <= LONGEST; seq_len += 13) {
    const lkv_choice c = chosen(LKV_STAGE_ATTENTION, LKV_FLOAT32, seq_len);
    const lkv_problem p = problem_of(seq_len);
    run_kernel(c.kernel, p, wanted);
    assert_int_equal(lkv_attention(LKV_FLOAT32, &p, in, 1, y), LKV_OK);
    assert_memory_equal(y, wanted, seq_len * HEAD_DIM * sizeof *y);
  }
  lkv_release_workspace();
  const lkv_problem p = problem_of(LONGEST);
  assert_int_equal(lkv_attention(LKV_FLOAT32, &p, in, 1, y), LKV_OK);
  assert_memory_equal(y, wanted, sizeof wanted);
}

static void eps_is_the_callers(void **state) {
  (void)state;
  float y[2][LONGEST * HEAD_DIM];
  const void *in[LKV_OPERANDS];
  operands_of(in);
  lkv_problem p = problem_of(LONGEST);
  assert_int_equal(lkv_attention(LKV_FLOAT32, &p, in, 1, y[0]), LKV_OK);
  p.eps = 100;
  assert_int_equal(lkv_attention(LKV_FLOAT32, &p, in, 1, y[1]), LKV_OK);
  assert_memory_not_equal(y[0], y[1], sizeof y[0]);
  p.eps = NAN;
  assert_int_equal(lkv_attention(LKV_FLOAT32, &p, in, 1, y[1]), LKV_INVALID);
}

static void blocks_project_first(void **state) {
  (void)state;
  float y[2][LONGEST * HEAD_DIM], projected[LONGEST * HEAD_DIM] = {0};
  const void *weights[LKV_OPERANDS], *in[LKV_OPERANDS];
  const lkv_problem p = problem_of(LONGEST);
  for (size_t t = 0; t < LONGEST; t++)
    for (size_t c = 0; c < HEAD_DIM; c++)
      for (size_t k = 0; k < HEAD_DIM; k++)
        projected[t * HEAD_DIM + c] +=
            operand[0][t * HEAD_DIM + k] * weight[k * HEAD_DIM + c];
  for (size_t o = 0; o < LKV_OPERANDS; o++) {
    weights[o] = weight;
    in[o] = projected;
  }
  assert_int_equal(lkv_attention(LKV_FLOAT32, &p, in, 1, y[0]), LKV_OK);
  assert_int_equal(lkv_block(LKV_FLOAT32, &p, operand[0], weights, 2, y[1]), LKV_OK);
  for (size_t i = 0; i < LONGEST * HEAD_DIM; i++)
    assert_true(fabsf(y[0][i] - y[1][i]) <= 1e-4F * fabsf(y[0][i]));
}

static void bad_calls_are_refused(void **state) {
  (void)state;
  float y[HEAD_DIM];
  const void *in[LKV_OPERANDS];
  operands_of(in);
  lkv_choice choice;
  lkv_problem p = problem_of(0);
  assert_int_equal(lkv_attention(LKV_FLOAT32, &p, in, 1, y), LKV_INVALID);
  p = problem_of(1);
  assert_int_equal(lkv_attention(LKV_FLOAT32, &p, in, 0, y), LKV_INVALID);
  assert_int_equal(lkv_attention(LKV_FLOAT32, &p, in, 1, NULL), LKV_INVALID);
  assert_int_equal(lkv_attention((lkv_dtype)LKV_DTYPE_COUNT, &p, in, 1, y), LKV_INVALID);
  assert_int_equal(lkv_choose((lkv_stage)9, LKV_FLOAT32, &p, 1, &choice), LKV_INVALID);
  in[LKV_VV] = NULL;
  assert_int_equal(lkv_attention(LKV_FLOAT32, &p, in, 1, y), LKV_INVALID);
  p.seq_len = p.batch = SIZE_MAX / 2;
  assert_int_equal(lkv_attention(LKV_FLOAT32, &p, in, 1, y), LKV_TOO_LARGE);
}

/* One thread's calls while others call and the wisdom changes. */
static void *call_many(void *wrong) {
  float y[LONGEST * HEAD_DIM], row[LONGEST * HEAD_DIM], merged[LONGEST * HEAD_DIM];
  const void *in[LKV_OPERANDS];
  operands_of(in);
  for (size_t call = 0; call < 200; call++) {
    const size_t seq_len = call % 2 ? 8 : 32, bytes = seq_len * HEAD_DIM * sizeof *y;
    lkv_problem p = problem_of(seq_len);
    run_kernel(lkv_kernel_find("scalar_row"), p, row);
    p.tile_k = 3;
    run_kernel(lkv_kernel_find("scalar_stream_merge"), p, merged);
    if (lkv_attention(LKV_FLOAT32, &p, in, 1, y) != LKV_OK ||
        memcmp(y, seq_len == 8 ? row : merged, bytes) != 0)
      ++*(size_t *)wrong;
  }
  return NULL;
}

static void many_threads_may_call(void **state) {
  (void)state;
  char error[256];
  pthread_t thread[THREADS];
  size_t wrong[THREADS] = {0};
  assert_true(lkv_use_wisdom(some_wisdom(), error, sizeof error));
  for (size_t i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&thread[i], NULL, call_many, &wrong[i]), 0);
  for (size_t i = 0; i < 20; i++)
    assert_true(lkv_use_wisdom(some_wisdom(), error, sizeof error));
  for (size_t i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(thread[i], NULL), 0);
    assert_int_equal(wrong[i], 0);
  }
  assert_true(lkv_use_wisdom(NULL, error, sizeof error));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(wisdom_goes_by_the_nearest_shape),
      cmocka_unit_test(the_nearest_is_that_of_the_definition),
      cmocka_unit_test(what_is_chosen_fits),
      cmocka_unit_test(wisdom_that_does_not_hold_changes_nothing),
      cmocka_unit_test(the_rule_takes_the_widest_isa),
      cmocka_unit_test(calls_give_the_bits_of_the_kernel_chosen),
      cmocka_unit_test(eps_is_the_callers),
      cmocka_unit_test(blocks_project_first),
      cmocka_unit_test(bad_calls_are_refused),
      cmocka_unit_test(many_threads_may_call),
  };
  return cmocka_run_group_tests(tests, fill, NULL);
}
