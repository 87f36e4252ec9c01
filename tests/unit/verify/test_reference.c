/* The oracle through case files: the notebook's own float64 outputs, and both stages. */
#include "reference.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "inputs.h"
#include "oracle.h"

#define GOLDEN LINKV_SOURCE_DIR "/tests/golden/"

enum { GOLDEN_CASES = 8 };
#define TOLERANCE 1e-9

/* Over max|Y|, and over max|Y| of each row of `columns`. */
static void distances(size_t count, size_t columns, const double *got, const double *want,
                      double *whole, double *by_row) {
  double scale = 0, largest = 0;
  *by_row = 0;
  for (size_t row = 0; row < count; row += columns) {
    double row_scale = 0, row_largest = 0;
    for (size_t i = row; i < row + columns; i++) {
      assert_true(isfinite(got[i]));
      row_scale = fmax(row_scale, fabs(want[i]));
      row_largest = fmax(row_largest, fabs(got[i] - want[i]));
    }
    *by_row = fmax(*by_row, row_largest / row_scale);
    scale = fmax(scale, row_scale);
    largest = fmax(largest, row_largest);
  }
  *whole = largest / scale;
}

static void check_golden(const char *path) {
  npz file;
  lin_case c;
  error err;
  EXPECT_OK(npz_read(path, &file, &err), &err);
  EXPECT_OK(case_from_npz(&file, &c, &err), &err);
  const tensor *want = npz_find(&file, "Y_float64");
  assert_non_null(want);
  assert_int_equal(want->type, TENSOR_FLOAT64);
  double *got = reference_output(&c, &err), whole, by_row;
  EXPECT_OK(got, &err);
  const lkv_problem *p = &c.problem;
  assert_int_equal(want->count, p->batch * p->seq_len * p->heads * p->head_dim);
  distances(want->count, p->head_dim, got, want->data, &whole, &by_row);
  if (!(whole <= TOLERANCE && by_row <= TOLERANCE))
    fail_msg("%s: %g of max|Y|, %g of a row's", path, whole, by_row);
  free(got);
  case_free(&c);
  npz_free(&file);
}

static void equals_every_golden_output(void **state) {
  (void)state;
  struct dirent **entries;
  const int count = scandir(GOLDEN, &entries, NULL, alphasort);
  int cases = 0;
  for (int i = 0; i < count; i++) {
    char path[512];
    if (strstr(entries[i]->d_name, ".npz")) {
      snprintf(path, sizeof path, "%s%s", GOLDEN, entries[i]->d_name);
      check_golden(path);
      cases++;
    }
    free(entries[i]);
  }
  free(entries);
  assert_int_equal(cases, GOLDEN_CASES);
}

/* A block case, and an attention case of its float64 projections: the same bits. */
static void the_block_stage_is_projections_and_attention(void **state) {
  (void)state;
  const lkv_problem p = {
      .batch = 2, .seq_len = 6, .heads = 3, .head_dim = 4, .eps = 1e-6};
  const size_t shape[] = {2, 6, 3, 4}, count = 2 * 6 * 12;
  error err;
  lin_case block, wide;
  EXPECT_OK(inputs_make(regime_find("gaussian"), 1, LKV_STAGE_BLOCK, &p, &block, &err),
            &err);
  EXPECT_OK(case_convert(&block, TENSOR_FLOAT64, &wide, &err), &err);
  lin_case attention = {.stage = LKV_STAGE_ATTENTION, .problem = p, .rank = 4};
  for (int o = 0; o < LKV_OPERANDS; o++) {
    EXPECT_OK(tensor_make(&attention.operand[o], TENSOR_FLOAT64, 4, shape, &err), &err);
    oracle_project(12, 12, 12, wide.x.data, wide.operand[o].data,
                   attention.operand[o].data);
  }
  double *a = reference_output(&block, &err), *b = reference_output(&attention, &err);
  assert_non_null(a);
  assert_non_null(b);
  assert_memory_equal(a, b, count * sizeof *a);
  free(a);
  free(b);
  case_free(&block);
  case_free(&wide);
  case_free(&attention);
}

/* Inputs are taken as they are stored: float32 and its float64 copy give the same bits.
 */
static void storage_type_does_not_matter(void **state) {
  (void)state;
  const lkv_problem p = {.batch = 1, .seq_len = 9, .heads = 2, .head_dim = 3, .eps = 0.5};
  error err;
  lin_case narrow, wide;
  EXPECT_OK(
      inputs_make(regime_find("positive"), 4, LKV_STAGE_ATTENTION, &p, &narrow, &err),
      &err);
  EXPECT_OK(case_convert(&narrow, TENSOR_FLOAT64, &wide, &err), &err);
  double *a = reference_output(&narrow, &err), *b = reference_output(&wide, &err);
  assert_memory_equal(a, b, 9 * 6 * sizeof *a);
  wide.problem.eps = 0;
  double *c = reference_output(&wide, &err);
  assert_memory_not_equal(a, c, 9 * 6 * sizeof *a);
  free(a);
  free(b);
  free(c);
  case_free(&narrow);
  case_free(&wide);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_every_golden_output),
      cmocka_unit_test(the_block_stage_is_projections_and_attention),
      cmocka_unit_test(storage_type_does_not_matter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
