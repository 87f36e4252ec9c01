/* Verdicts: what the notebook's own classes give is not WRONG, nor what kernels give; one
 * element moved by four bounds is. */
#include "verdict.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "inputs.h"
#include "reference.h"

#define GOLDEN LINKV_SOURCE_DIR "/tests/golden/"

enum { GOLDEN_CASES = 8 };

static verdict judge(const lin_case *c, const bounds *b, const double *y,
                     verdict_row *rows) {
  verdict v;
  error err;
  EXPECT_OK(verdict_of(&c->problem, LKV_FLOAT32, b, y, rows, &v, &err), &err);
  return v;
}

static void expect_not_wrong(const char *path, const char *name, const verdict *v) {
  char why[512];
  if (v->kind != VERDICT_OK || !(v->r_stat_max >= 0.01 && v->r_stat_max <= 1))
    fail_msg("%s %s: %s, r %g: %s", path, name, verdict_name(v->kind), v->r_stat_max,
             verdict_reason(v, why, sizeof why));
}

/* Each output, and each with one element moved. */
static void check_output(const char *path, const npz_array *array, const lin_case *c,
                         const bounds *b) {
  tensor wide;
  error err;
  verdict_row *rows = calloc(b->rows, sizeof *rows);
  assert_non_null(rows);
  EXPECT_OK(tensor_convert(&array->value, TENSOR_FLOAT64, &wide, &err), &err);
  double *y = wide.data;
  const verdict v = judge(c, b, y, rows);
  expect_not_wrong(path, array->name, &v);
  for (size_t row = 0; row < b->rows; row++) {
    const size_t at = row * b->head_dim + row % b->head_dim;
    if (rows[row].judgement != JUDGED_OK) continue;
    const double kept = y[at];
    y[at] = b->y[at] + 4 * b->stat[at];
    const verdict moved = judge(c, b, y, NULL);
    y[at] = kept;
    assert_int_equal(moved.kind, VERDICT_WRONG);
    assert_int_equal(moved.worst.column, row % b->head_dim);
  }
  tensor_free(&wide);
  free(rows);
}

static size_t check_golden(const char *path) {
  npz file;
  lin_case c;
  bounds b;
  error err;
  size_t outputs = 0;
  EXPECT_OK(npz_read(path, &file, &err), &err);
  EXPECT_OK(case_from_npz(&file, &c, &err), &err);
  EXPECT_OK(reference_bounds(&c, precision_throughout(LKV_FLOAT32), SAMPLE_ALL, &b, &err),
            &err);
  for (size_t i = 0; i < file.count; i++) {
    const char *name = file.arrays[i].name;
    if (strncmp(name, "Y_", 2) || !strcmp(name, "Y_float64")) continue;
    check_output(path, &file.arrays[i], &c, &b);
    outputs++;
  }
  bounds_free(&b);
  case_free(&c);
  npz_free(&file);
  return outputs;
}

static void the_notebooks_outputs_are_not_wrong(void **state) {
  (void)state;
  struct dirent **entries;
  const int count = scandir(GOLDEN, &entries, NULL, alphasort);
  int cases = 0;
  for (int i = 0; i < count; i++) {
    char path[512];
    if (strstr(entries[i]->d_name, ".npz")) {
      snprintf(path, sizeof path, "%s%s", GOLDEN, entries[i]->d_name);
      assert_true(check_golden(path) >= 4);
      cases++;
    }
    free(entries[i]);
  }
  free(entries);
  assert_int_equal(cases, GOLDEN_CASES);
}

/* A case with its bounds and the oracle's output, to spoil. */
typedef struct subject {
  lin_case c;
  bounds b;
  double *y;
} subject;

static void subject_make(subject *s, const char *name, size_t tokens, size_t dim) {
  const lkv_problem p = {
      .batch = 2, .seq_len = tokens, .heads = 2, .head_dim = dim, .eps = 1e-6};
  error err;
  EXPECT_OK(inputs_make(regime_find(name), 1, LKV_STAGE_ATTENTION, &p, &s->c, &err),
            &err);
}

static void subject_open(subject *s) {
  error err;
  EXPECT_OK(
      reference_bounds(&s->c, precision_throughout(LKV_FLOAT32), SAMPLE_ALL, &s->b, &err),
      &err);
  s->y = malloc(s->b.rows * s->b.head_dim * sizeof *s->y);
  assert_non_null(s->y);
  memcpy(s->y, s->b.y, s->b.rows * s->b.head_dim * sizeof *s->y);
}

static void subject_free(subject *s) {
  free(s->y);
  bounds_free(&s->b);
  case_free(&s->c);
}

static void non_finite_comes_first(void **state) {
  (void)state;
  subject s;
  subject_make(&s, "positive", 9, 4);
  subject_open(&s);
  assert_int_equal(judge(&s.c, &s.b, s.y, NULL).kind, VERDICT_OK);
  const double spoilt[] = {NAN, INFINITY, -INFINITY};
  for (size_t i = 0; i < COUNT_OF(spoilt); i++) {
    const double kept = s.y[21];
    s.y[21] = spoilt[i];
    const verdict v = judge(&s.c, &s.b, s.y, NULL);
    s.y[21] = kept;
    assert_int_equal(v.kind, VERDICT_WRONG);
    assert_true(isinf(v.r_stat_max));
    assert_int_equal(v.worst.token, 2);
    assert_int_equal(v.worst.head, 1);
    assert_int_equal(v.worst.column, 1);
  }
  subject_free(&s);
}

/* A NaN among the operands must show in what it poisons. */
static void a_swallowed_nan_is_wrong(void **state) {
  (void)state;
  subject s;
  subject_make(&s, "positive", 9, 4);
  float *kk = s.c.operand[LKV_KK].data;
  kk[4 * 8] = NAN;
  subject_open(&s);
  verdict v = judge(&s.c, &s.b, s.y, NULL);
  assert_int_equal(v.kind, VERDICT_OK);
  assert_int_equal(v.count[JUDGED_NOT_COMPARED], 5);
  s.y[6 * 8] = 1;
  v = judge(&s.c, &s.b, s.y, NULL);
  assert_int_equal(v.kind, VERDICT_WRONG);
  assert_int_equal(v.worst.token, 6);
  subject_free(&s);
}

/* A NaN of VV poisons its column: the other columns of the row are judged as they would
 * be without it. */
static void a_nan_of_a_value_leaves_the_other_columns(void **state) {
  (void)state;
  subject s, whole;
  enum { D = 4, AT = 4 * 2 * D + 1, LATER = 7 * 2 * D };
  subject_make(&whole, "gaussian", 9, D);
  subject_open(&whole);
  subject_make(&s, "gaussian", 9, D);
  float *vv = s.c.operand[LKV_VV].data;
  vv[AT] = NAN;
  subject_open(&s);
  for (size_t i = 0; i < 9 * 2 * D; i++) {
    const bool spoilt = i >= AT && i % (2 * D) == 1;
    assert_int_equal(isnan(s.y[i]), spoilt);
    assert_int_equal(isinf(s.b.stat[i]), spoilt);
    if (i % (2 * D) >= D) assert_true(s.b.stat[i] == whole.b.stat[i]);
    if (!spoilt && i % (2 * D) < D)
      assert_true(s.b.det[i] <= whole.b.det[i] && s.b.det[i] > 0);
  }
  verdict v = judge(&s.c, &s.b, s.y, NULL);
  assert_int_equal(v.kind, VERDICT_OK);
  assert_int_equal(v.count[JUDGED_NOT_COMPARED], 0);
  s.y[LATER + 2] += 4 * s.b.stat[LATER + 2];
  v = judge(&s.c, &s.b, s.y, NULL);
  assert_int_equal(v.kind, VERDICT_WRONG);
  assert_int_equal(v.worst.token, 7);
  assert_int_equal(v.worst.column, 2);
  s.y[LATER + 2] = s.b.y[LATER + 2];
  s.y[LATER + 1] = 1;
  assert_int_equal(judge(&s.c, &s.b, s.y, NULL).kind, VERDICT_WRONG);
  subject_free(&s);
  subject_free(&whole);
}

/* In one row: a NaN that must show, and what may overflow. */
static void an_overflow_hides_nothing_that_is_wrong(void **state) {
  (void)state;
  subject s;
  enum { D = 4, ROW = 7 * 2, AT = ROW * D };
  subject_make(&s, "gaussian", 9, D);
  float *vv = s.c.operand[LKV_VV].data;
  vv[4 * 2 * D + 1] = NAN;
  subject_open(&s);
  verdict_row *rows = calloc(s.b.rows, sizeof *rows);
  assert_non_null(rows);
  s.b.row[ROW].overflows = true;
  s.y[AT] = NAN;
  judge(&s.c, &s.b, s.y, rows);
  assert_int_equal(rows[ROW].judgement, JUDGED_ILL_CONDITIONED);
  s.y[AT + 1] = 1;
  assert_int_equal(judge(&s.c, &s.b, s.y, rows).kind, VERDICT_WRONG);
  assert_int_equal(rows[ROW].column, 1);
  free(rows);
  subject_free(&s);
}

/* An element that the output's type has no room for makes its whole row large. */
static void beside_what_has_no_room_nothing_is_small(void **state) {
  (void)state;
  subject s;
  enum { D = 4, ROW = 7 * 2, AT = ROW * D };
  subject_make(&s, "gaussian", 9, D);
  subject_open(&s);
  verdict_row *rows = calloc(s.b.rows, sizeof *rows);
  assert_non_null(rows);
  judge(&s.c, &s.b, s.y, rows);
  assert_int_equal(rows[ROW].judgement, JUDGED_OK);
  s.b.y[AT + 3] = s.b.row[ROW].scale = 1e39;
  s.y[AT + 3] = INFINITY;
  judge(&s.c, &s.b, s.y, rows);
  assert_int_equal(rows[ROW].judgement, JUDGED_ILL_CONDITIONED);
  s.y[AT + 2] += 4 * s.b.det[AT + 2];
  judge(&s.c, &s.b, s.y, rows);
  assert_int_equal(rows[ROW].judgement, JUDGED_WRONG);
  free(rows);
  subject_free(&s);
}

static void what_cannot_be_compared_is_untrusted(void **state) {
  (void)state;
  subject s;
  char why[512];
  subject_make(&s, "positive", 3, 4);
  for (int o = 0; o < LKV_OPERANDS; o++) {
    float *x = s.c.operand[o].data;
    for (size_t i = 0; i < s.c.operand[o].count; i++) x[i] = NAN;
  }
  subject_open(&s);
  const verdict v = judge(&s.c, &s.b, s.y, NULL);
  assert_int_equal(v.kind, VERDICT_UNTRUSTED);
  assert_true(isnan(v.decided_share));
  assert_non_null(strstr(verdict_reason(&v, why, sizeof why), "nowhere finite"));
  subject_free(&s);
}

/* Makes the values of different tokens differ: token t asks for component t of the keys,
 * and holds most of it. */
static void spread_values(subject *s) {
  const size_t d = s->c.problem.head_dim, heads = s->c.problem.heads;
  float *qv = s->c.operand[LKV_QV].data, *kv = s->c.operand[LKV_KV].data;
  for (size_t i = 0; i < s->c.operand[LKV_QV].count; i++) {
    const size_t token = i / d / heads % s->c.problem.seq_len;
    qv[i] = i % d == token % d ? 1 : 0.125F;
    kv[i] = i % d == token % d ? 8 : 0.125F;
  }
}

/* Row 1 of the first slice gets a denominator that rounding may turn: its output may move
 * along v_0 - v_1, and no other way. */
static void the_fit_takes_unknowns_out(void **state) {
  (void)state;
  subject s;
  subject_make(&s, "positive", 2, 8);
  float *qk = s.c.operand[LKV_QK].data;
  const float *kk = s.c.operand[LKV_KK].data;
  memset(qk, 0, 8 * sizeof *qk);
  qk[0] = kk[1] + kk[17];
  qk[1] = -(kk[0] + kk[16]);
  s.c.problem.eps = 0;
  spread_values(&s);
  subject_open(&s);
  const bound_row *row = &s.b.row[2];
  assert_int_equal(row->columns, 1);
  double *y = s.y + 2 * 8;
  const double *direction = bounds_direction(&s.b, row, 0);
  const double *base = bounds_base(&s.b, row);
  for (size_t c = 0; c < 8; c++) y[c] = base[c] + 0.3 * direction[c];
  verdict v = judge(&s.c, &s.b, s.y, NULL);
  assert_int_equal(v.kind, VERDICT_OK);
  assert_int_equal(v.count[JUDGED_FITTED], 1);
  assert_true(v.r_stat_open > 0 && v.r_stat_open == v.r_stat_max);
  assert_true(v.r_stat_decided == 0);
  y[3] += 20 * bounds_allowance(&s.b, row)[3];
  v = judge(&s.c, &s.b, s.y, NULL);
  assert_int_equal(v.kind, VERDICT_WRONG);
  assert_int_equal(v.count[JUDGED_WRONG_STATISTICAL], 1);
  subject_free(&s);
}

/* Z_K(3) is nearly zero: three of four weights are unknown, and a fit has two columns. */
static void too_many_unknowns_are_ill_conditioned(void **state) {
  (void)state;
  subject s;
  char why[512];
  subject_make(&s, "gaussian", 4, 2);
  float *kk = s.c.operand[LKV_KK].data;
  for (size_t i = 0; i < s.c.operand[LKV_KK].count; i++)
    kk[i] = i / 4 % 4 < 3 ? 1 : -3 + 0x1p-22F;
  s.c.problem.eps = 0;
  subject_open(&s);
  const verdict v = judge(&s.c, &s.b, s.y, NULL);
  assert_int_equal(v.kind, VERDICT_ILL_CONDITIONED);
  assert_true(v.count[JUDGED_ILL_CONDITIONED] >= 3);
  assert_true(v.unresolved_k >= 16);
  assert_non_null(strstr(verdict_reason(&v, why, sizeof why), "of the rows are decided"));
  subject_free(&s);
}

static void names_are_the_stores(void **state) {
  (void)state;
  assert_string_equal(verdict_name(VERDICT_OK), "ok");
  assert_string_equal(verdict_name(VERDICT_WRONG), "wrong");
  assert_string_equal(verdict_name(VERDICT_ILL_CONDITIONED), "ill_conditioned");
  assert_string_equal(verdict_name(VERDICT_UNTRUSTED), "untrusted");
  assert_string_equal(judgement_name(JUDGED_WRONG_STATISTICAL), "WRONG (statistical)");
}

/* Rows of a sample are found where they are in the output; of the others only
 * whether they are finite is seen, and that is said. */
static void sampled_rows_are_those_of_the_output(void **state) {
  (void)state;
  subject s;
  verdict v;
  error err;
  char why[512];
  enum { T = 70, H = 2, D = 3 };
  subject_make(&s, "positive", T, D);
  subject_open(&s);
  bounds some;
  EXPECT_OK(
      reference_bounds(&s.c, precision_throughout(LKV_FLOAT32), SAMPLE_SOME, &some, &err),
      &err);
  size_t left_out = 0;
  while (bounds_token(&some, left_out) == left_out) left_out++;
  s.y[((T + left_out) * H + 1) * D] *= 2;
  v = judge(&s.c, &some, s.y, NULL);
  assert_int_equal(v.kind, VERDICT_OK);
  assert_int_equal(v.rows, some.tokens * 2 * H);
  assert_int_equal(v.rows_of_output, T * 2 * H);
  snprintf(why, sizeof why, "a sample of %zu of %d rows was judged", v.rows, T * 2 * H);
  char said[512];
  assert_string_equal(verdict_reason(&v, said, sizeof said), why);

  s.y[((T + left_out) * H + 1) * D + 1] = NAN;
  v = judge(&s.c, &some, s.y, NULL);
  assert_int_equal(v.kind, VERDICT_UNTRUSTED);
  assert_int_equal(v.lost, 1);
  snprintf(why, sizeof why, "the first y[b=1, t=%zu, h=1, c=1]", left_out);
  assert_non_null(strstr(verdict_reason(&v, said, sizeof said), why));
  for (size_t i = 0; i < some.rows; i++) some.row[i].finite = 0; /* as if NaN went in */
  assert_int_equal(judge(&s.c, &some, s.y, NULL).lost, 0);
  for (size_t i = 0; i < some.rows; i++) some.row[i].finite = 1;
  s.y[((T + left_out) * H + 1) * D + 1] = 0;
  snprintf(why, sizeof why, "a sample of %zu of %d rows was judged", v.rows, T * 2 * H);

  s.y[((T + T - 1) * H + 1) * D + 2] *= 1.5;
  v = judge(&s.c, &some, s.y, NULL);
  assert_int_equal(v.kind, VERDICT_WRONG);
  assert_int_equal(v.count[JUDGED_WRONG] + v.count[JUDGED_WRONG_STATISTICAL], 1);
  assert_int_equal(v.worst.batch, 1);
  assert_int_equal(v.worst.token, T - 1);
  assert_int_equal(v.worst.head, 1);
  assert_int_equal(v.worst.column, 2);
  assert_non_null(strstr(verdict_reason(&v, said, sizeof said), why));
  const metrics m = metrics_of_rows(&s.c.problem, LKV_FLOAT32, s.y, &some);
  assert_int_equal(m.compared, some.rows * D);
  assert_int_equal(m.worst.token, T - 1);
  bounds_free(&some);
  subject_free(&s);
}

/* Grants so much to every `step`th row that it is decided no more. */
static void undecide(bounds *b, size_t step) {
  for (size_t i = 0; i < b->rows * b->head_dim; i++)
    if (i / b->head_dim % step == 0) b->stat[i] = b->det[i] = 1e6;
}

/* What a sample lacks of the quota by chance is no verdict, but is said; what all rows
 * lack is one, and so is what a sample lacks beyond chance. */
static void a_sample_near_the_quota_is_no_toss_up(void **state) {
  (void)state;
  subject s;
  error err;
  char why[512];
  subject_make(&s, "positive", 70, 3);
  subject_open(&s);
  for (int sampled = 0; sampled < 2; sampled++)
    for (size_t step = 2; step <= 9; step += 7) {
      bounds b;
      EXPECT_OK(reference_bounds(&s.c, precision_throughout(LKV_FLOAT32),
                                 sampled ? SAMPLE_SOME : SAMPLE_ALL, &b, &err),
                &err);
      undecide(&b, step);
      const verdict v = judge(&s.c, &b, s.y, NULL);
      const bool near = sampled && step == 9;
      assert_true(v.decided_share < VERDICT_QUOTA);
      assert_int_equal(v.kind, near ? VERDICT_OK : VERDICT_ILL_CONDITIONED);
      verdict_reason(&v, why, sizeof why);
      assert_int_equal(strstr(why, "too few to tell") != NULL, near);
      assert_int_equal(v.decided_range.low < v.decided_range.high, sampled);
      bounds_free(&b);
    }
  subject_free(&s);
}

/* Infinite or not a number, in any column: nothing was granted, nothing is decided. */
static void a_bound_that_is_no_number_decides_nothing(void **state) {
  (void)state;
  subject s;
  subject_make(&s, "positive", 9, 4);
  subject_open(&s);
  verdict_row *rows = calloc(s.b.rows, sizeof *rows);
  assert_non_null(rows);
  const double bad[] = {NAN, INFINITY};
  for (size_t i = 0; i < 2 * COUNT_OF(bad) * 4; i++) {
    const size_t at = 20 + i % 4, row = at / 4;
    const double det = s.b.det[at], stat = s.b.stat[at], y = s.y[at];
    s.b.det[at] = s.b.stat[at] = bad[i / 4 % 2];
    if (i >= 8) s.y[at] += 1e-30;
    judge(&s.c, &s.b, s.y, rows);
    assert_int_not_equal(rows[row].judgement, JUDGED_OK);
    assert_int_not_equal(rows[row].judgement, JUDGED_FITTED);
    s.b.det[at] = det, s.b.stat[at] = stat, s.y[at] = y;
  }
  free(rows);
  subject_free(&s);
}

/* Two tokens of opposite values: v is 0 exactly, over a denominator that may be as well.
 */
static void a_row_of_zeros_is_decided_by_what_cancels(void **state) {
  (void)state;
  subject s;
  subject_make(&s, "positive", 2, 4);
  float *kv = s.c.operand[LKV_KV].data, *vv = s.c.operand[LKV_VV].data;
  float *qv = s.c.operand[LKV_QV].data;
  s.c.problem.eps = 0;
  for (size_t b = 0; b < 2; b++)
    for (size_t h = 0; h < 2; h++)
      for (size_t c = 0; c < 4; c++) {
        const size_t first = (b * 4 + h) * 4 + c, second = first + 8;
        const float sign = c % 2 ? -1 : 1;
        qv[first] = qv[second] = 1;
        kv[first] = kv[second] = sign * (1 + (c == 0) * 0x1p-22F);
        vv[first] = 3;
        vv[second] = -3;
      }
  subject_open(&s);
  for (size_t row = 0; row < s.b.rows; row++) {
    if (row / 2 % 2 == 0) continue;
    verdict_row rows[8];
    assert_int_equal(s.b.rows, COUNT_OF(rows));
    assert_true(s.y[row * 4] == 0);
    s.y[row * 4] = 0.9 * s.b.stat[row * 4];
    judge(&s.c, &s.b, s.y, rows);
    assert_true(s.y[row * 4] > 0.1);
    assert_int_not_equal(rows[row].judgement, JUDGED_OK);
    s.y[row * 4] = 0;
  }
  subject_free(&s);
}

static void rows_that_are_not_finite_have_no_part_in_means(void **state) {
  (void)state;
  subject s;
  subject_make(&s, "positive", 9, 4);
  float *vv = s.c.operand[LKV_VV].data;
  subject_open(&s);
  const verdict whole = judge(&s.c, &s.b, s.y, NULL);
  assert_int_equal(whole.rows_finite, whole.rows);
  assert_true(whole.entropy > 0 && whole.own_max > 0);
  free(s.y);
  bounds_free(&s.b);
  for (size_t i = 0; i < s.c.operand[LKV_VV].count; i++) vv[i] = NAN;
  subject_open(&s);
  const verdict none = judge(&s.c, &s.b, s.y, NULL);
  assert_int_equal(none.kind, VERDICT_UNTRUSTED);
  assert_int_equal(none.rows_finite + none.denominators, 0);
  assert_true(isnan(none.entropy) && isnan(none.largest_weight) && isnan(none.own_max));
  subject_free(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_bound_that_is_no_number_decides_nothing),
      cmocka_unit_test(a_row_of_zeros_is_decided_by_what_cancels),
      cmocka_unit_test(rows_that_are_not_finite_have_no_part_in_means),
      cmocka_unit_test(the_notebooks_outputs_are_not_wrong),
      cmocka_unit_test(non_finite_comes_first),
      cmocka_unit_test(a_swallowed_nan_is_wrong),
      cmocka_unit_test(a_nan_of_a_value_leaves_the_other_columns),
      cmocka_unit_test(an_overflow_hides_nothing_that_is_wrong),
      cmocka_unit_test(beside_what_has_no_room_nothing_is_small),
      cmocka_unit_test(what_cannot_be_compared_is_untrusted),
      cmocka_unit_test(the_fit_takes_unknowns_out),
      cmocka_unit_test(too_many_unknowns_are_ill_conditioned),
      cmocka_unit_test(names_are_the_stores),
      cmocka_unit_test(a_sample_near_the_quota_is_no_toss_up),
      cmocka_unit_test(sampled_rows_are_those_of_the_output),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
