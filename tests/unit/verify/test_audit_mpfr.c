/* The truth, in 256 bits, lies within the own bound around the oracle and around its
 * other association, in every regime; and where |D| exceeds its error, D has the sign of
 * the truth. Written independently: sums over scores, MPFR. */
#include <math.h>
#include <mpfr.h>
#include <stdlib.h>

#include "../check.h"
#include "inputs.h"
#include "reassociated.h"
#include "reference.h"

enum { Q, QK, KK, VK, QV, KV, VV };
enum { T = 32, D = 8, BITS = 256, SEEDS = 2 };
#define EPS 1e-6

static const oracle_shape shape = {1, T, 1, D};
static double operand[ORACLE_OPERANDS][T * D];
static const double *const operands[ORACLE_OPERANDS] = {
    operand[Q],  operand[QK], operand[KK], operand[VK],
    operand[QV], operand[KV], operand[VV]};

/* (i, j): QK_i . KK_j, QV_i . KV_j, Q_i . VK_j. */
static mpfr_t key_score[T][T], value_score[T][T], query_score[T][T];
static mpfr_t weight[T], below, above, sum, y[D], scratch;

static void each_number(void (*apply)(mpfr_ptr)) {
  for (size_t i = 0; i < T; i++) {
    for (size_t j = 0; j < T; j++) {
      apply(key_score[i][j]);
      apply(value_score[i][j]);
      apply(query_score[i][j]);
    }
    apply(weight[i]);
  }
  for (size_t c = 0; c < D; c++) apply(y[c]);
  apply(below);
  apply(above);
  apply(sum);
  apply(scratch);
}

static void make(mpfr_ptr x) {
  mpfr_init2(x, BITS);
}

static void add_product(mpfr_ptr to, mpfr_srcptr a, double b) {
  mpfr_mul_d(scratch, a, b, MPFR_RNDN);
  mpfr_add(to, to, scratch, MPFR_RNDN);
}

static void score(mpfr_ptr to, const double *a, const double *b) {
  mpfr_set_zero(to, 1);
  for (size_t c = 0; c < D; c++) {
    mpfr_set_d(above, a[c], MPFR_RNDN);
    add_product(to, above, b[c]);
  }
}

static void score_all(void) {
  for (size_t i = 0; i < T; i++)
    for (size_t j = 0; j < T; j++) {
      score(key_score[i][j], &operand[QK][i * D], &operand[KK][j * D]);
      score(value_score[i][j], &operand[QV][i * D], &operand[KV][j * D]);
      score(query_score[i][j], &operand[Q][i * D], &operand[VK][j * D]);
    }
}

/* `below` = sum_j score_j + eps. */
static void sum_scores(mpfr_t scores[T], size_t t) {
  mpfr_set_d(below, EPS, MPFR_RNDN);
  for (size_t j = 0; j <= t; j++) mpfr_add(below, below, scores[j], MPFR_RNDN);
}

static double size_of_sum(const double *q, int key, size_t t) {
  double size = EPS;
  for (size_t j = 0; j <= t; j++)
    for (size_t c = 0; c < D; c++) size += fabs(q[c]) * fabs(operand[key][j * D + c]);
  return size;
}

typedef struct audit {
  const bounds *own;
  const char *regime;
  double room[T + 2 * D];
  double largest; /* distance over what is granted */
  size_t rows, bounded, signs;
} audit;

/* A denominator of the oracle's against `below`. */
static void check_denominator(audit *a, double found, double size, size_t t) {
  const double most = (double)(t + 1 + D + 1) * 0x1p-53 * 1.001 * size + 1e-300;
  mpfr_sub_d(scratch, below, found, MPFR_RNDN);
  if (!(fabs(mpfr_get_d(scratch, MPFR_RNDA)) <= most))
    fail_msg("%s, row %zu: a denominator is off", a->regime, t);
  if (!(fabs(found) > most)) return;
  a->signs++;
  if ((found > 0) != (mpfr_sgn(below) > 0))
    fail_msg("%s, row %zu: a resolved denominator has the wrong sign", a->regime, t);
}

/* Logits, then weights, not divided by their sum. */
static void weigh(audit *a, const oracle_row *row) {
  const size_t t = row->t;
  mpfr_t *max = &weight[0];
  for (size_t i = 0; i <= t; i++) {
    const double *q = &operand[QK][i * D];
    sum_scores(key_score[i], t);
    check_denominator(a, row->denominator_k[i], size_of_sum(q, KK, t), t);
    mpfr_set_zero(above, 1);
    for (size_t j = 0; j <= t; j++) {
      mpfr_mul(scratch, key_score[i][j], query_score[t][j], MPFR_RNDN);
      mpfr_add(above, above, scratch, MPFR_RNDN);
    }
    mpfr_div(weight[i], above, below, MPFR_RNDN);
    if (mpfr_cmp(weight[i], *max) > 0) max = &weight[i];
  }
  mpfr_set(above, *max, MPFR_RNDN);
  mpfr_set_zero(sum, 1);
  for (size_t i = 0; i <= t; i++) {
    mpfr_sub(weight[i], weight[i], above, MPFR_RNDN);
    mpfr_exp(weight[i], weight[i], MPFR_RNDN);
    mpfr_add(sum, sum, weight[i], MPFR_RNDN);
  }
}

static void attend(audit *a, const oracle_row *row) {
  const size_t t = row->t;
  weigh(a, row);
  for (size_t c = 0; c < D; c++) mpfr_set_zero(y[c], 1);
  for (size_t i = 0; i <= t; i++) {
    const double *q = &operand[QV][i * D];
    sum_scores(value_score[i], t);
    check_denominator(a, row->denominator_v[i], size_of_sum(q, KV, t), t);
    mpfr_div(weight[i], weight[i], below, MPFR_RNDN);
    for (size_t c = 0; c < D; c++) {
      mpfr_set_zero(above, 1);
      for (size_t j = 0; j <= t; j++)
        add_product(above, value_score[i][j], operand[VV][j * D + c]);
      mpfr_mul(above, above, weight[i], MPFR_RNDN);
      mpfr_add(y[c], y[c], above, MPFR_RNDN);
    }
  }
  for (size_t c = 0; c < D; c++) mpfr_div(y[c], y[c], sum, MPFR_RNDN);
}

static void check_element(audit *a, const char *who, double found, size_t t, size_t c) {
  const double own = a->own->det[t * D + c] / 2; /* of one computation */
  mpfr_sub_d(scratch, y[c], found, MPFR_RNDN);
  const double distance = fabs(mpfr_get_d(scratch, MPFR_RNDA));
  if (!(distance <= own))
    fail_msg("%s, %s, row %zu: %g over %g", a->regime, who, t, distance, own);
  if (isinf(own)) return;
  a->bounded++;
  if (own > 0) a->largest = fmax(a->largest, distance / own);
}

static bool is_finite(const oracle_row *row) {
  for (size_t i = 0; i <= row->t; i++)
    if (!isfinite(row->logit[i])) return false;
  for (size_t c = 0; c < D; c++)
    if (!isfinite(row->y[c])) return false;
  return true;
}

static bool check_row(void *context, const oracle_row *row, error *err) {
  audit *a = context;
  double again[D];
  (void)err;
  if (!is_finite(row)) return true;
  a->rows++;
  attend(a, row);
  reassociated_row(&shape, EPS, operands, row, a->room, again);
  for (size_t c = 0; c < D; c++) {
    check_element(a, "by definition", row->y[c], row->t, c);
    check_element(a, "reassociated", again[c], row->t, c);
  }
  return true;
}

static void audit_case(audit *a, uint64_t seed) {
  const lkv_problem p = {.batch = 1, .seq_len = T, .heads = 1, .head_dim = D, .eps = EPS};
  static double out[T * D];
  lin_case drawn, wide;
  bounds own;
  error err;
  EXPECT_OK(
      inputs_make(regime_find(a->regime), seed, LKV_STAGE_ATTENTION, &p, &drawn, &err),
      &err);
  EXPECT_OK(case_convert(&drawn, TENSOR_FLOAT64, &wide, &err), &err);
  for (int o = 0; o < ORACLE_OPERANDS; o++)
    memcpy(operand[o], wide.operand[o].data, sizeof operand[o]);
  EXPECT_OK(
      reference_bounds(&wide, precision_throughout(LKV_FLOAT64), SAMPLE_ALL, &own, &err),
      &err);
  score_all();
  a->own = &own;
  const oracle_visitor visitor = {.visit = check_row, .context = a};
  EXPECT_OK(oracle_attention(&shape, EPS, operands, out, &visitor, &err), &err);
  bounds_free(&own);
  case_free(&wide);
  case_free(&drawn);
}

static void the_truth_is_within_the_own_bound(void **state) {
  (void)state;
  double largest = 0;
  each_number(make);
  for (size_t r = 0; r < regime_count(); r++) {
    audit a = {.regime = regime_at(r)->name};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) audit_case(&a, seed);
    print_message("%-14s %4zu rows, %5zu bounded elements, %6zu signs, at most %.2g\n",
                  a.regime, a.rows, a.bounded, a.signs, a.largest);
    assert_true(a.rows > 0 && a.bounded > 0 && a.signs > 0);
    largest = fmax(largest, a.largest);
  }
  assert_true(largest > 1e-3);
  each_number(mpfr_clear);
  mpfr_free_cache();
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_truth_is_within_the_own_bound)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
