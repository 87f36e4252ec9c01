/* Every field of judged.def says what was found, on outputs of known errors. */
#include "judged.h"

#include <math.h>
#include <stdlib.h>

#include "../check.h"

/* One head of three tokens and two columns: the oracle's output and bounds by hand. */
enum { ROWS = 3, DIM = 2 };

typedef struct subject {
  lkv_problem shape;
  bounds b;
  metrics m;
  verdict v;
  record r;
} subject;

static void judge(subject *s, const double *y) {
  const double oracle[] = {1, 2, 4, -4, 8, 1};
  const oracle_shape rows = {1, ROWS, 1, DIM};
  error err;
  *s = (subject){.shape = {.batch = 1, .seq_len = ROWS, .heads = 1, .head_dim = DIM}};
  EXPECT_OK(bounds_room(&rows, SAMPLE_ALL, &s->b, &err), &err);
  for (size_t i = 0; i < ROWS * DIM; i++) {
    s->b.y[i] = oracle[i];
    s->b.det[i] = 0x1p-6;
    s->b.stat[i] = 0x1p-10;
  }
  for (size_t i = 0; i < ROWS; i++)
    s->b.row[i] = (bound_row){.finite = 1,
                              .unresolved_k = i,
                              .wide = i,
                              .fit = BOUND_NO_FIT,
                              .scale = 8,
                              .own = 1e-4 * (double)i,
                              .entropy = (double)i,
                              .largest_weight = 0.5,
                              .culprit = {.token = i, .denominator = -3, .lambda = 0.25}};
  s->m = metrics_of_rows(&s->shape, LKV_FLOAT32, y, &s->b);
  EXPECT_OK(verdict_of(&s->shape, LKV_FLOAT32, &s->b, y, NULL, &s->v, &err), &err);
  assert_true(judged_record(&s->m, &s->v, NULL, &s->r));
}

static void done(subject *s) {
  record_free(&s->r);
  bounds_free(&s->b);
}

static double real(const subject *s, int field) {
  assert_true(s->r.field[field].known);
  return s->r.field[field].real;
}

static int64_t count(const subject *s, int field) {
  assert_true(s->r.field[field].known);
  return s->r.field[field].integer;
}

static const char *text(const subject *s, int field) {
  assert_true(s->r.field[field].known);
  return s->r.field[field].text;
}

/* Errors of 0, 2^-11, 2^-12, 0, 2^-12, 2^-23: r by stat of 0, 1/2, 1/4, 0, 1/4, 2^-13. */
static void small_errors(void **state) {
  (void)state;
  const double y[] = {1, 2 + 0x1p-11, 4 - 0x1p-12, -4, 8 + 0x1p-12, 1 + 0x1p-23};
  subject s;
  judge(&s, y);
  assert_string_equal(text(&s, RECORD_verdict), "ok");
  assert_true(real(&s, RECORD_r_stat_max) == 0.5);
  assert_true(real(&s, RECORD_r_stat_p999) == 0.5);
  assert_true(real(&s, RECORD_r_stat_median) == 0x1p-13);
  assert_true(real(&s, RECORD_r_det_max) == 0x1p-5);
  assert_true(real(&s, RECORD_r_det_median) == 0x1p-17);
  assert_true(real(&s, RECORD_decided_share) == 1);
  assert_int_equal(count(&s, RECORD_rows_ok), 3);
  assert_int_equal(count(&s, RECORD_denominators), 6);
  assert_int_equal(count(&s, RECORD_unresolved_k), 3);
  assert_int_equal(count(&s, RECORD_unresolved_v), 0);
  assert_true(real(&s, RECORD_softmax_entropy) == 1);
  assert_true(real(&s, RECORD_largest_weight) == 0.5);
  assert_true(real(&s, RECORD_oracle_own_share) == 2e-4);
  assert_int_equal(count(&s, RECORD_rows_double_double), 1);
  assert_int_equal(count(&s, RECORD_rows_binary128), 1);
  assert_string_equal(text(&s, RECORD_worst_r_element),
                      "y[b=0, t=0, h=0, c=1] = 2.00048828, oracle 2");
  assert_true(real(&s, RECORD_worst_r_bound) == 0x1p-10);
  assert_string_equal(text(&s, RECORD_worst_r_token), "K (0, 0)");
  assert_true(real(&s, RECORD_worst_r_denominator) == -3);
  assert_true(real(&s, RECORD_worst_r_lambda) == 0.25);
  assert_true(real(&s, RECORD_worst_r_weight) == 0);
  /* 2^11 units of 2, 2^9 of 4, 2^8 of 8, 1 of 1. */
  assert_string_equal(text(&s, RECORD_ulp_histogram), "0:2 1:1 256:1 512:1 2048:1");
  const double squares = 1 + 4 + 16 + 16 + 64 + 1;
  const double errors = 0x1p-22 + 0x1p-23 + 0x1p-46;
  assert_true(fabs(real(&s, RECORD_nmse) - errors / squares) <= 1e-20);
  assert_int_equal(count(&s, RECORD_nonfinite), 0);
  assert_false(s.r.field[RECORD_nonfinite_map].known);
  done(&s);
}

static void wrong_and_not_finite(void **state) {
  (void)state;
  const double y[] = {1, 2 + 0x1p-9, 4 + 1, -4, NAN, 1};
  subject s;
  judge(&s, y);
  assert_string_equal(text(&s, RECORD_verdict), "wrong");
  assert_int_equal(count(&s, RECORD_rows_ok), 0);
  assert_int_equal(count(&s, RECORD_rows_wrong), 2);
  assert_int_equal(count(&s, RECORD_rows_wrong_statistical), 1);
  assert_int_equal(count(&s, RECORD_nonfinite), 1);
  assert_string_equal(text(&s, RECORD_nonfinite_map), "1 NaN: b=0 h=0: 1 at t=2 c=0");
  assert_string_equal(text(&s, RECORD_ulp_histogram), "0:3 8192:1 2097152:1 nonfinite:1");
  assert_true(real(&s, RECORD_nmse) == INFINITY);
  assert_true(real(&s, RECORD_r_stat_max) == INFINITY);
  assert_true(real(&s, RECORD_r_stat_p999) == INFINITY);
  assert_true(real(&s, RECORD_r_stat_median) == 0);
  done(&s);
}

/* An operand type whose last place the oracle does not know has no histogram. */
static void what_is_not_known_stays_so(void **state) {
  (void)state;
  const lkv_problem shape = {.batch = 1, .seq_len = 1, .heads = 1, .head_dim = 1};
  const double one = 1;
  const metrics m = metrics_of(&shape, LKV_FLOAT64, &one, &one);
  record r = {0};
  assert_true(judged_record(&m, NULL, NULL, &r));
  assert_false(r.field[RECORD_ulp_histogram].known);
  assert_false(r.field[RECORD_max_ulp_err].known);
  assert_false(r.field[RECORD_verdict].known);
  assert_false(r.field[RECORD_rows_ok].known);
  assert_true(r.field[RECORD_max_abs_err].known);
  record_free(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(small_errors),
      cmocka_unit_test(wrong_and_not_finite),
      cmocka_unit_test(what_is_not_known_stays_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
