/* Invocations, with kernels made for the purpose: inputs converted, tiles settled, output
 * poisoned, workspace left alone, failures told. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
/* cmocka needs the above */
#include <cmocka.h>

#include "fnv.h"
#include "invocation.h"

/* ---- kernels ---- */

/* y = Q + 2 QK + 4 KK + ... + 64 VV: an operand that is missing or out of place shows. */
static double mix(const lkv_operands *in, bool is_double, size_t t, size_t c) {
  double sum = 0, weight = 1;
  for (int o = 0; o < LKV_OPERANDS; o++, weight *= 2) {
    const size_t at = t * in->stride[o] + c;
    const double value = is_double ? ((const double *)in->data[o])[at]
                                   : (double)((const float *)in->data[o])[at];
    sum += weight * value;
  }
  return sum;
}

static lkv_status mix_float32(const lkv_problem *p, const lkv_operands *in,
                              void *workspace, lkv_output y) {
  memset(workspace, 0x5a, p->seq_len * sizeof(float));
  for (size_t t = 0; t < p->seq_len; t++)
    for (size_t c = 0; c < p->head_dim; c++)
      ((float *)y.data)[t * y.stride + c] = (float)mix(in, false, t, c);
  return LKV_OK;
}

static lkv_status mix_float64(const lkv_problem *p, const lkv_operands *in,
                              void *workspace, lkv_output y) {
  (void)workspace;
  for (size_t t = 0; t < p->seq_len; t++)
    for (size_t c = 0; c < p->head_dim; c++)
      ((double *)y.data)[t * y.stride + c] = mix(in, true, t, c);
  return LKV_OK;
}

/* Forgets the last element of every slice. */
static lkv_status forget_last(const lkv_problem *p, const lkv_operands *in,
                              void *workspace, lkv_output y) {
  (void)in;
  (void)workspace;
  for (size_t t = 0; t < p->seq_len; t++)
    for (size_t c = 0; c < p->head_dim; c++)
      if (t * p->head_dim + c + 1 < p->seq_len * p->head_dim)
        ((float *)y.data)[t * y.stride + c] = 0;
  return LKV_OK;
}

static lkv_status just_fail(const lkv_problem *p, const lkv_operands *in, void *workspace,
                            lkv_output y) {
  (void)p;
  (void)in;
  (void)workspace;
  (void)y;
  return LKV_KERNEL_FAILED;
}

static bool supports_nothing(const lkv_problem *problem, const char **why) {
  (void)problem;
  *why = "needs another universe";
  return false;
}

static lkv_tiles tiles_4_of_queries(const lkv_problem *problem) {
  (void)problem;
  return (lkv_tiles){.q = 4};
}

static size_t megabyte(const lkv_problem *problem) {
  (void)problem;
  return (size_t)1 << 20;
}

#define DESCRIBE(kernel_name, type)                                                      \
  .abi = LKV_KERNEL_ABI, .name = kernel_name, .algorithm = "fake", .operand_type = type, \
  .output_type = type, .accum_type = type, .factor_type = type, .summary = "for tests",  \
  .source = "this file"

static const lkv_kernel mixer = {DESCRIBE("mixer", LKV_FLOAT32),
                                 .default_tiles = tiles_4_of_queries,
                                 .workspace_bytes = megabyte, .attention = mix_float32};
static const lkv_kernel mixer_f64 = {DESCRIBE("mixer_f64", LKV_FLOAT64),
                                     .attention = mix_float64};
static const lkv_kernel forgetter = {DESCRIBE("forgetter", LKV_FLOAT32),
                                     .attention = forget_last};
static const lkv_kernel failer = {DESCRIBE("failer", LKV_FLOAT32),
                                  .attention = just_fail};
static const lkv_kernel refuser = {DESCRIBE("refuser", LKV_FLOAT32),
                                   .supports = supports_nothing,
                                   .attention = mix_float32};

/* ---- cases ---- */

static tensor whole_numbers(tensor_type type, size_t rank, const size_t *shape,
                            size_t salt) {
  tensor t;
  error err;
  assert_true(tensor_make(&t, type, rank, shape, &err));
  for (size_t i = 0; i < t.count; i++) {
    const double value = (double)((i * 7 + salt * 5) % 11) - 5;
    if (type == TENSOR_FLOAT64)
      ((double *)t.data)[i] = value;
    else
      ((float *)t.data)[i] = (float)value;
  }
  return t;
}

static lin_case make_case(lkv_stage stage, tensor_type type) {
  lin_case c = {
      .stage = stage,
      .problem = {.batch = 2, .seq_len = 5, .heads = 3, .head_dim = 4, .eps = 1},
      .rank = stage == LKV_STAGE_BLOCK ? 3 : 4};
  const lkv_problem *p = &c.problem;
  const size_t width = p->heads * p->head_dim;
  const size_t x[] = {p->batch, p->seq_len, width}, weight[] = {width, width};
  const size_t operand[] = {p->batch, p->seq_len, p->heads, p->head_dim};
  if (stage == LKV_STAGE_BLOCK) c.x = whole_numbers(type, 3, x, 9);
  for (size_t o = 0; o < LKV_OPERANDS; o++)
    c.operand[o] = stage == LKV_STAGE_BLOCK ? whole_numbers(type, 2, weight, o)
                                            : whole_numbers(type, 4, operand, o);
  return c;
}

/* Element i of operand o of a float64 case, projected where it is a block. */
static double operand_at(const lin_case *c, int o, size_t i) {
  const double *w = c->operand[o].data;
  if (c->stage == LKV_STAGE_ATTENTION) return w[i];
  const size_t width = c->problem.heads * c->problem.head_dim;
  const double *row = (const double *)c->x.data + i / width * width;
  double sum = 0;
  for (size_t k = 0; k < width; k++) sum += row[k] * w[k * width + i % width];
  return sum;
}

static void check_mixed(const invocation *v, const lin_case *c) {
  double *y = invocation_output(v);
  assert_non_null(y);
  for (size_t i = 0; i < v->y_count; i++) {
    double expected = 0, weight = 1;
    for (int o = 0; o < LKV_OPERANDS; o++, weight *= 2)
      expected += weight * operand_at(c, o, i);
    assert_true(y[i] == expected);
  }
  free(y);
}

static invocation make(const lkv_kernel *kernel, const lin_case *c, size_t threads) {
  invocation v;
  error err;
  if (!invocation_make(&v, kernel, c, 0, 0, threads, &err)) fail_msg("%s", err.text);
  return v;
}

static void run(invocation *v) {
  error err;
  if (!invocation_run(v, &err)) fail_msg("%s", err.text);
}

/* ---- tests ---- */

static void check_run(lkv_stage stage, const lkv_kernel *kernel, size_t threads) {
  lin_case c = make_case(stage, TENSOR_FLOAT64);
  invocation v = make(kernel, &c, threads);
  assert_int_equal(v.y_count, 2 * 5 * 3 * 4);
  run(&v);
  check_mixed(&v, &c);
  invocation_free(&v);
  case_free(&c);
}

static void every_operand_reaches_the_kernel(void **state) {
  (void)state;
  check_run(LKV_STAGE_ATTENTION, &mixer, 1);
  check_run(LKV_STAGE_ATTENTION, &mixer_f64, 1);
}

static void the_block_stage_is_projected(void **state) {
  (void)state;
  check_run(LKV_STAGE_BLOCK, &mixer, 1);
  check_run(LKV_STAGE_BLOCK, &mixer_f64, 2);
}

static void more_threads_than_slices_are_fine(void **state) {
  (void)state;
  check_run(LKV_STAGE_ATTENTION, &mixer, 100);
}

static void float32_cases_widen(void **state) {
  (void)state;
  lin_case narrow = make_case(LKV_STAGE_ATTENTION, TENSOR_FLOAT32);
  lin_case wide = make_case(LKV_STAGE_ATTENTION, TENSOR_FLOAT64);
  invocation v = make(&mixer_f64, &narrow, 1);
  run(&v);
  check_mixed(&v, &wide);
  invocation_free(&v);
  case_free(&narrow);
  case_free(&wide);
}

static void tiles_are_settled(void **state) {
  (void)state;
  lin_case c = make_case(LKV_STAGE_ATTENTION, TENSOR_FLOAT32);
  error err;
  invocation v;
  assert_true(invocation_make(&v, &mixer, &c, 0, 0, 1, &err));
  assert_int_equal(v.problem.tile_q, 4);
  assert_int_equal(v.problem.tile_k, 0);
  invocation_free(&v);
  assert_true(invocation_make(&v, &mixer, &c, 3, 8, 1, &err));
  assert_int_equal(v.problem.tile_q, 3);
  assert_int_equal(v.problem.tile_k, 0);
  run(&v);
  invocation_free(&v);
  case_free(&c);
}

static size_t resident_pages(const buffer *b) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  unsigned char *start = (unsigned char *)b->mapping + page;
  const size_t pages = b->mapping_bytes / page - 2;
  unsigned char *flags = malloc(pages);
  assert_non_null(flags);
  assert_int_equal(mincore(start, pages * page, flags), 0);
  size_t count = 0;
  for (size_t i = 0; i < pages; i++) count += flags[i] & 1;
  free(flags);
  return count;
}

static void making_touches_the_output_only(void **state) {
  (void)state;
  lin_case c = make_case(LKV_STAGE_ATTENTION, TENSOR_FLOAT32);
  invocation v = make(&mixer, &c, 1);
  assert_int_equal(v.workspace.bytes, (size_t)1 << 20);
  assert_int_equal(resident_pages(&v.workspace), 0);
  assert_int_equal(resident_pages(&v.y), 1);
  run(&v);
  assert_int_equal(resident_pages(&v.workspace), 1);
  invocation_free(&v);
  case_free(&c);
}

static void unwritten_elements_are_nan(void **state) {
  (void)state;
  lin_case c = make_case(LKV_STAGE_ATTENTION, TENSOR_FLOAT32);
  const lkv_kernel *const kernels[] = {&mixer, &mixer_f64};
  for (size_t k = 0; k < 2; k++) {
    invocation v = make(kernels[k], &c, 1);
    double *y = invocation_output(&v);
    assert_non_null(y);
    for (size_t i = 0; i < v.y_count; i++) assert_true(isnan(y[i]));
    free(y);
    invocation_free(&v);
  }

  invocation v = make(&forgetter, &c, 1);
  run(&v);
  double *y = invocation_output(&v);
  assert_non_null(y);
  size_t nans = 0;
  for (size_t i = 0; i < v.y_count; i++) nans += isnan(y[i]) != 0;
  assert_int_equal(nans, 2 * 3);
  free(y);
  invocation_free(&v);
  case_free(&c);
}

static void the_hash_tells_outputs_apart(void **state) {
  (void)state;
  lin_case c = make_case(LKV_STAGE_ATTENTION, TENSOR_FLOAT32);
  invocation one = make(&mixer, &c, 1), other = make(&mixer, &c, 2);
  run(&one);
  const uint64_t hash = invocation_hash(&one);
  assert_true(hash != invocation_hash(&other));
  run(&other);
  assert_true(hash == invocation_hash(&other));
  ((unsigned char *)other.y.data)[other.y.bytes - 1] ^= 1;
  assert_true(hash != invocation_hash(&other));
  invocation_free(&one);
  invocation_free(&other);
  case_free(&c);
}

static void fnv_is_the_published_one(void **state) {
  (void)state;
  assert_true(fnv_bytes(FNV_START, "", 0) == UINT64_C(0xcbf29ce484222325));
  assert_true(fnv_bytes(FNV_START, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
  assert_true(fnv_bytes(FNV_START, "foobar", 6) == UINT64_C(0x85944171f73967e8));
}

static void refusals_name_the_kernel_and_the_reason(void **state) {
  (void)state;
  lin_case c = make_case(LKV_STAGE_ATTENTION, TENSOR_FLOAT32);
  invocation v;
  error err = {""};
  assert_false(invocation_make(&v, &refuser, &c, 0, 0, 1, &err));
  assert_non_null(strstr(err.text, "refuser"));
  assert_non_null(strstr(err.text, "needs another universe"));
  invocation_free(&v);
  case_free(&c);
}

static void memory_that_cannot_be_had_is_told(void **state) {
  (void)state;
  lin_case c = make_case(LKV_STAGE_ATTENTION, TENSOR_FLOAT32);
  c.problem.seq_len = (size_t)1 << 44;
  invocation v;
  error err = {""};
  assert_false(invocation_make(&v, &mixer, &c, 0, 0, 1, &err));
  assert_non_null(strstr(err.text, "mixer"));
  assert_non_null(strstr(err.text, "1.5 PiB"));
  invocation_free(&v);
  case_free(&c);
}

static void failures_name_the_kernel(void **state) {
  (void)state;
  lin_case c = make_case(LKV_STAGE_ATTENTION, TENSOR_FLOAT32);
  invocation v = make(&failer, &c, 1);
  error err = {""};
  assert_false(invocation_run(&v, &err));
  assert_non_null(strstr(err.text, "failer"));
  invocation_free(&v);
  case_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_operand_reaches_the_kernel),
      cmocka_unit_test(the_block_stage_is_projected),
      cmocka_unit_test(more_threads_than_slices_are_fine),
      cmocka_unit_test(float32_cases_widen),
      cmocka_unit_test(tiles_are_settled),
      cmocka_unit_test(making_touches_the_output_only),
      cmocka_unit_test(unwritten_elements_are_nan),
      cmocka_unit_test(the_hash_tells_outputs_apart),
      cmocka_unit_test(fnv_is_the_published_one),
      cmocka_unit_test(refusals_name_the_kernel_and_the_reason),
      cmocka_unit_test(memory_that_cannot_be_had_is_told),
      cmocka_unit_test(failures_name_the_kernel),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
