/* cmocka.h wants these four first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* */
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"

#define GOLDEN LINKV_SOURCE_DIR "/tests/golden/"
#define CORPUS LINKV_SOURCE_DIR "/tests/fuzz/corpus/npz/"

static const char *const weights[] = {"W_Q",  "W_QK", "W_KK", "W_VK",
                                      "W_QV", "W_KV", "W_VV"};
static const char *const operands[] = {"Q", "QK", "KK", "VK", "QV", "KV", "VV"};

/* A file built in memory, one a test. */
enum { ARRAYS_MAX = 20 };
static npz_array arrays[ARRAYS_MAX];
static npz file;

static int set_up(void **state) {
  (void)state;
  memset(arrays, 0, sizeof arrays);
  static char path[] = "case.npz";
  file = (npz){.path = path, .arrays = arrays};
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  for (size_t i = 0; i < file.count; i++) {
    free(arrays[i].name);
    tensor_free(&arrays[i].value);
  }
  return 0;
}

static tensor *add(const char *name, tensor_type type, size_t rank, const size_t *shape) {
  npz_array *array = &arrays[file.count++];
  error err;
  array->name = strdup(name);
  assert_non_null(array->name);
  assert_true(tensor_make(&array->value, type, rank, shape, &err));
  return &array->value;
}

static void add_integer(const char *name, int64_t value) {
  *(int64_t *)add(name, TENSOR_INT64, 0, NULL)->data = value;
}

static void add_double(const char *name, double value) {
  *(double *)add(name, TENSOR_FLOAT64, 0, NULL)->data = value;
}

static npz_array *find(const char *name) {
  for (size_t i = 0; i < file.count; i++)
    if (strcmp(arrays[i].name, name) == 0) return &arrays[i];
  return NULL;
}

static void rename_array(const char *from, const char *to) {
  npz_array *array = find(from);
  free(array->name);
  array->name = strdup(to);
  assert_non_null(array->name);
}

static void replace(const char *name, tensor_type type, size_t rank,
                    const size_t *shape) {
  error err;
  npz_array *array = find(name);
  tensor_free(&array->value);
  assert_true(tensor_make(&array->value, type, rank, shape, &err));
}

/* Element i of array o is 100 o + i. */
static void add_operands(size_t rank, const size_t *shape) {
  for (int o = 0; o < LKV_OPERANDS; o++) {
    const tensor *t = add(operands[o], TENSOR_FLOAT32, rank, shape);
    for (size_t i = 0; i < t->count; i++)
      ((float *)t->data)[i] = (float)(100 * o) + (float)i;
  }
}

/* X (2, 3, 6), two heads. */
static void add_block(void) {
  const size_t x_shape[] = {2, 3, 6}, w_shape[] = {6, 6};
  const tensor *x = add("X", TENSOR_FLOAT32, 3, x_shape);
  for (size_t i = 0; i < x->count; i++) ((float *)x->data)[i] = (float)i;
  for (int o = 0; o < LKV_OPERANDS; o++) {
    const tensor *w = add(weights[o], TENSOR_FLOAT32, 2, w_shape);
    for (size_t i = 0; i < w->count; i++)
      ((float *)w->data)[i] = (float)(100 * o) + (float)i;
  }
  add_integer("num_heads", 2);
}

static void expect_refused(const char *place, const char *what, const char *remedy) {
  lin_case c;
  error err = {""};
  assert_false(case_from_npz(&file, &c, &err));
  if (!strstr(err.text, place) || !strstr(err.text, what) || !strstr(err.text, remedy))
    fail_msg("no \"%s ... %s ... %s\" in: %s", place, what, remedy, err.text);
  assert_null(c.x.data);
  assert_null(c.operand[0].data);
}

static void expect_problem(const lin_case *c, size_t batch, size_t seq_len, size_t heads,
                           size_t head_dim) {
  assert_int_equal(c->problem.batch, batch);
  assert_int_equal(c->problem.seq_len, seq_len);
  assert_int_equal(c->problem.heads, heads);
  assert_int_equal(c->problem.head_dim, head_dim);
  assert_int_equal(c->problem.tile_q, 0);
  assert_int_equal(c->problem.tile_k, 0);
}

static void expect_output_shape(const lin_case *c, size_t rank, const size_t *want) {
  size_t shape[TENSOR_RANK_MAX];
  assert_int_equal(case_output_shape(c, shape), rank);
  assert_memory_equal(shape, want, rank * sizeof *want);
}

static void a_block_case_is_made(void **state) {
  (void)state;
  lin_case c;
  error err = {""};
  add_block();
  if (!case_from_npz(&file, &c, &err)) fail_msg("%s", err.text);
  assert_int_equal(c.stage, LKV_STAGE_BLOCK);
  assert_int_equal(c.rank, 3);
  expect_problem(&c, 2, 3, 2, 3);
  assert_true(c.problem.eps == CASE_DEFAULT_EPS);
  assert_int_equal(c.x.rank, 3);
  assert_true(((const float *)c.x.data)[35] == 35);
  for (int o = 0; o < LKV_OPERANDS; o++)
    assert_true(((const float *)c.operand[o].data)[7] == (float)(100 * o + 7));
  expect_output_shape(&c, 3, (const size_t[]){2, 3, 6});
  case_free(&c);
  assert_null(c.x.data);
}

static void a_block_case_without_batch_keeps_its_rank(void **state) {
  (void)state;
  lin_case c;
  error err = {""};
  add_block();
  replace("X", TENSOR_FLOAT32, 2, (const size_t[]){5, 6});
  if (!case_from_npz(&file, &c, &err)) fail_msg("%s", err.text);
  assert_int_equal(c.rank, 2);
  expect_problem(&c, 1, 5, 2, 3);
  assert_int_equal(c.x.rank, 3);
  assert_memory_equal(c.x.shape, ((const size_t[]){1, 5, 6}), 3 * sizeof(size_t));
  expect_output_shape(&c, 2, (const size_t[]){5, 6});
  case_free(&c);
}

static void attention_cases_of_every_rank_are_made(void **state) {
  (void)state;
  static const size_t shapes[3][4] = {{5, 6}, {5, 2, 3}, {2, 5, 3, 1}};
  static const size_t problems[3][4] = {{1, 5, 1, 6}, {1, 5, 2, 3}, {2, 5, 3, 1}};
  for (size_t i = 0; i < 3; i++) {
    lin_case c;
    error err = {""};
    add_operands(i + 2, shapes[i]);
    if (!case_from_npz(&file, &c, &err)) fail_msg("%s", err.text);
    const size_t *p = problems[i];
    assert_int_equal(c.stage, LKV_STAGE_ATTENTION);
    assert_int_equal(c.rank, i + 2);
    expect_problem(&c, p[0], p[1], p[2], p[3]);
    assert_null(c.x.data);
    for (int o = 0; o < LKV_OPERANDS; o++) {
      assert_int_equal(c.operand[o].rank, 4);
      assert_memory_equal(c.operand[o].shape, p, 4 * sizeof *p);
      assert_true(((const float *)c.operand[o].data)[29] == (float)(100 * o + 29));
    }
    expect_output_shape(&c, i + 2, shapes[i]);
    case_free(&c);
    tear_down(NULL);
    set_up(NULL);
  }
}

static void golden_files_become_cases(void **state) {
  (void)state;
  static const struct {
    const char *path;
    size_t rank, batch, seq_len, heads, head_dim;
  } cases[] = {
      {GOLDEN "cell69_b2_t24_h3_d8.npz", 3, 2, 24, 3, 8},
      {GOLDEN "one_head_b2_t6_d8.npz", 3, 2, 6, 1, 8},
      {GOLDEN "single_head_n8_d4.npz", 2, 1, 8, 1, 4},
      {GOLDEN "positive_b1_t96_h2_d32.npz", 3, 1, 96, 2, 32},
      {CORPUS "block_half_fortran.npz", 2, 1, 3, 2, 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    npz from;
    lin_case c;
    error err = {""};
    if (!npz_read(cases[i].path, &from, &err)) fail_msg("%s", err.text);
    if (!case_from_npz(&from, &c, &err)) fail_msg("%s", err.text);
    npz_free(&from);
    assert_int_equal(c.rank, cases[i].rank);
    expect_problem(&c, cases[i].batch, cases[i].seq_len, cases[i].heads,
                   cases[i].head_dim);
    assert_true(c.problem.eps == 1e-6);
    case_free(&c);
  }
}

static void eps_may_be_any_single_number(void **state) {
  (void)state;
  lin_case c;
  error err = {""};
  add_operands(2, (const size_t[]){2, 2});
  add_integer("eps", 0);
  assert_true(case_from_npz(&file, &c, &err));
  assert_true(c.problem.eps == 0);
  case_free(&c);
  replace("eps", TENSOR_FLOAT32, 2, (const size_t[]){1, 1});
  *(float *)find("eps")->value.data = 0.125f;
  assert_true(case_from_npz(&file, &c, &err));
  assert_true(c.problem.eps == 0.125);
  case_free(&c);
}

static void wrong_eps_is_refused(void **state) {
  (void)state;
  add_operands(2, (const size_t[]){2, 2});
  add_double("eps", -1e-6);
  expect_refused("case.npz: array 'eps'", "is -1e-06", "not negative");
  *(double *)find("eps")->value.data = NAN;
  expect_refused("case.npz: array 'eps'", "nan", "finite");
  *(double *)find("eps")->value.data = INFINITY;
  expect_refused("case.npz: array 'eps'", "inf", "finite");
  replace("eps", TENSOR_FLOAT64, 1, (const size_t[]){2});
  expect_refused("case.npz: array 'eps'", "shape (2,)", "a scalar");
  replace("eps", TENSOR_FLOAT64, 1, (const size_t[]){0});
  expect_refused("case.npz: array 'eps'", "shape (0,)", "a scalar");
}

static void wrong_num_heads_is_refused(void **state) {
  (void)state;
  add_block();
  int64_t *heads = find("num_heads")->value.data;
  *heads = 4;
  expect_refused("case.npz: array 'num_heads'", "is 4, which does not divide D = 6",
                 "it should");
  *heads = 0;
  expect_refused("case.npz: array 'num_heads'", "is 0", "1 or more");
  *heads = INT64_MIN;
  expect_refused("case.npz: array 'num_heads'", "is -9223372036854775808", "1 or more");
  replace("num_heads", TENSOR_INT64, 1, (const size_t[]){2});
  expect_refused("case.npz: array 'num_heads'", "shape (2,)", "a scalar");
  replace("num_heads", TENSOR_FLOAT64, 0, NULL);
  expect_refused("case.npz: array 'num_heads'", "is a float", "an integer");
  rename_array("num_heads", "heads");
  expect_refused("case.npz: array 'num_heads'", "missing", "add it");
}

/* (B, T, D) operands would otherwise pass for (T, H, d). */
static void num_heads_must_agree_with_operands(void **state) {
  (void)state;
  lin_case c;
  error err = {""};
  add_operands(3, (const size_t[]){2, 5, 6});
  add_integer("num_heads", 3);
  expect_refused("case.npz: array 'num_heads'", "is 3, but Q has 5 heads",
                 "(B, T, H, d)");
  *(int64_t *)find("num_heads")->value.data = 5;
  assert_true(case_from_npz(&file, &c, &err));
  case_free(&c);
}

static void one_element_num_heads_is_accepted(void **state) {
  (void)state;
  lin_case c;
  error err = {""};
  add_block();
  replace("num_heads", TENSOR_INT64, 1, (const size_t[]){1});
  *(int64_t *)find("num_heads")->value.data = 6;
  assert_true(case_from_npz(&file, &c, &err));
  expect_problem(&c, 2, 3, 6, 1);
  case_free(&c);
}

static void missing_arrays_are_named(void **state) {
  (void)state;
  expect_refused("case.npz: ", "holds no inputs", "add X, W_Q");
  add_block();
  rename_array("W_KK", "KK1");
  rename_array("W_VV", "VV1");
  expect_refused("case.npz: ", "the block stage also needs W_KK, W_VV;", "add");
  rename_array("X", "x");
  expect_refused("case.npz: ", "the block stage also needs X, W_KK, W_VV;", "add");
}

static void missing_operands_are_named(void **state) {
  (void)state;
  add_operands(2, (const size_t[]){2, 2});
  rename_array("VK", "vk");
  expect_refused("case.npz: ", "the attention stage also needs VK;", "add");
  add("X", TENSOR_FLOAT32, 2, (const size_t[]){2, 2});
  expect_refused(
      "case.npz: ", "add W_Q, W_QK, W_KK, W_VK, W_QV, W_KV, W_VV for the block stage",
      "or VK for the attention stage");
}

static void inputs_of_both_stages_are_refused(void **state) {
  (void)state;
  add_block();
  add_operands(2, (const size_t[]){2, 2});
  expect_refused("case.npz: ", "inputs of both stages", "keep one set");
}

static void wrong_inputs_are_refused(void **state) {
  (void)state;
  add_block();
  replace("X", TENSOR_INT64, 3, (const size_t[]){2, 3, 6});
  expect_refused("case.npz: array 'X'", "integers", ".astype('<f4')");
  replace("X", TENSOR_FLOAT32, 1, (const size_t[]){6});
  expect_refused("case.npz: array 'X'", "shape (6,)", "(T, D) or (B, T, D)");
  replace("X", TENSOR_FLOAT32, 4, (const size_t[]){1, 2, 3, 6});
  expect_refused("case.npz: array 'X'", "shape (1, 2, 3, 6)", "(T, D) or (B, T, D)");
  replace("X", TENSOR_FLOAT32, 3, (const size_t[]){2, 0, 6});
  expect_refused("case.npz: array 'X'", "shape (2, 0, 6)", "no dimension may be 0");
}

static void wrong_weights_are_refused(void **state) {
  (void)state;
  add_block();
  replace("W_KV", TENSOR_FLOAT32, 2, (const size_t[]){6, 3});
  expect_refused("case.npz: array 'W_KV'", "shape (6, 3)", "should be (6, 6)");
  replace("W_KV", TENSOR_FLOAT32, 1, (const size_t[]){36});
  expect_refused("case.npz: array 'W_KV'", "shape (36,)", "should be (D, D)");
  replace("W_KV", TENSOR_INT64, 2, (const size_t[]){6, 6});
  expect_refused("case.npz: array 'W_KV'", "integers", ".astype('<f4')");
}

static void wrong_operands_are_refused(void **state) {
  (void)state;
  add_operands(3, (const size_t[]){5, 2, 3});
  replace("QV", TENSOR_FLOAT32, 3, (const size_t[]){5, 3, 2});
  expect_refused("case.npz: array 'QV'", "shape (5, 3, 2)", "should be (5, 2, 3)");
  replace("QV", TENSOR_FLOAT32, 2, (const size_t[]){5, 6});
  expect_refused("case.npz: array 'QV'", "shape (5, 6)", "should be (5, 2, 3)");
  replace("QV", TENSOR_INT64, 3, (const size_t[]){5, 2, 3});
  expect_refused("case.npz: array 'QV'", "integers", ".astype('<f4')");
  replace("Q", TENSOR_FLOAT32, 5, (const size_t[]){1, 1, 5, 2, 3});
  expect_refused("case.npz: array 'Q'", "shape (1, 1, 5, 2, 3)", "(B, T, H, d)");
}

static tensor_type input_type_with(const char *name, tensor_type type) {
  lin_case c;
  error err = {""};
  const tensor old = find(name)->value;
  find(name)->value.data = NULL;
  replace(name, type, old.rank, old.shape);
  assert_true(case_from_npz(&file, &c, &err));
  free(old.data);
  tensor_type got = case_input_type(&c);
  case_free(&c);
  return got;
}

static void the_input_type_is_the_widest(void **state) {
  (void)state;
  add_block();
  assert_int_equal(input_type_with("W_QV", TENSOR_BFLOAT16), TENSOR_FLOAT32);
  assert_int_equal(input_type_with("W_QV", TENSOR_FLOAT64), TENSOR_FLOAT64);
  assert_int_equal(input_type_with("X", TENSOR_FLOAT16), TENSOR_FLOAT64);
  for (int o = 0; o < LKV_OPERANDS - 1; o++) input_type_with(weights[o], TENSOR_FLOAT16);
  assert_int_equal(input_type_with("W_VV", TENSOR_FLOAT16), TENSOR_FLOAT16);
  assert_int_equal(input_type_with("W_VV", TENSOR_BFLOAT16), TENSOR_FLOAT32);
}

static void converting_keeps_all_but_the_type(void **state) {
  (void)state;
  lin_case c, wide;
  error err = {""};
  add_block();
  add_double("eps", 0.5);
  assert_true(case_from_npz(&file, &c, &err));
  assert_true(case_convert(&c, TENSOR_FLOAT64, &wide, &err));
  assert_int_equal(case_input_type(&wide), TENSOR_FLOAT64);
  assert_int_equal(wide.stage, LKV_STAGE_BLOCK);
  assert_int_equal(wide.rank, c.rank);
  assert_memory_equal(&wide.problem, &c.problem, sizeof c.problem);
  assert_true(((const double *)wide.x.data)[35] == 35);
  assert_true(((const double *)wide.operand[6].data)[35] == 635);
  case_free(&c);
  assert_false(case_convert(&wide, TENSOR_INT64, &c, &err));
  assert_null(c.x.data);
  case_free(&wide);
}

static void converting_an_attention_case_leaves_x_alone(void **state) {
  (void)state;
  lin_case c, wide;
  error err = {""};
  add_operands(2, (const size_t[]){2, 2});
  assert_true(case_from_npz(&file, &c, &err));
  assert_true(case_convert(&c, TENSOR_FLOAT64, &wide, &err));
  assert_null(wide.x.data);
  assert_true(((const double *)wide.operand[1].data)[3] == 103);
  case_free(&c);
  case_free(&wide);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_block_case_is_made),
      TEST(a_block_case_without_batch_keeps_its_rank),
      TEST(attention_cases_of_every_rank_are_made),
      TEST(golden_files_become_cases),
      TEST(eps_may_be_any_single_number),
      TEST(wrong_eps_is_refused),
      TEST(wrong_num_heads_is_refused),
      TEST(num_heads_must_agree_with_operands),
      TEST(one_element_num_heads_is_accepted),
      TEST(missing_arrays_are_named),
      TEST(missing_operands_are_named),
      TEST(inputs_of_both_stages_are_refused),
      TEST(wrong_inputs_are_refused),
      TEST(wrong_weights_are_refused),
      TEST(wrong_operands_are_refused),
      TEST(the_input_type_is_the_widest),
      TEST(converting_keeps_all_but_the_type),
      TEST(converting_an_attention_case_leaves_x_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
