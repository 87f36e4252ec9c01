/* Rows that float64 cannot compute are computed again: in double-double where that is
 * enough, else in binary128; and what neither can compute stays untrusted. */
#include "wide_double_double.c"

#include "../check.h"
#include "bound.h"
#include "wide_row.h"

static magnitude_operands view_of(const double *const operand[ORACLE_OPERANDS]) {
  magnitude_operands view = {0};
  for (int o = 0; o < ORACLE_OPERANDS; o++) view.value[o] = operand[o];
  return view;
}

/* Three tokens of head_dim 1 whose values' denominators are size + 1 - size at row 2, and
 * their numerators 5 times as much. Float64 makes both 0. */
static void make_cancelling_values(double size, size_t inner, bounds *b) {
  const double ones[3] = {1, 1, 1}, key[3] = {size, 1, -size}, value[3] = {3, 5, 3};
  const double large[3] = {size, 1, size}, square[3] = {size * size, 1, size * size};
  const double *const operand[ORACLE_OPERANDS] = {ones, ones, ones, ones,
                                                  ones, key,  value};
  magnitude_operands view = view_of(operand);
  view.inner = inner;
  for (int o = 0; o < ORACLE_OPERANDS; o++) {
    view.absolute[o] = o == 5 ? large : operand[o];
    view.square[o] = o == 5 ? square : operand[o];
  }
  const oracle_shape shape = {1, 3, 1, 1};
  error err;
  EXPECT_OK(bounds_make(&shape, 1e-6, &view, (gauge_precision){.unit = 0x1p-24},
                        SAMPLE_ALL, b, &err),
            &err);
}

static void a_value_is_escalated_as_far_as_it_must(void **state) {
  (void)state;
  static const struct {
    double size;
    uint64_t wide;
  } cases[] = {{1, 0}, {0x1p70, 1 + WIDE_DOUBLE_DOUBLE}, {0x1p98, 1 + WIDE_BINARY128}};
  const size_t count = wide_type_available(WIDE_BINARY128) ? 3 : 2;
  for (size_t i = 0; i < count; i++) {
    bounds b;
    make_cancelling_values(cases[i].size, 0, &b);
    assert_int_equal(b.row[2].wide, cases[i].wide);
    assert_true(b.row[2].own <= BOUND_OWN_SHARE);
    assert_true(fabs(b.y[2] - 5 / (1 + 1e-6)) <= 0x1p-49);
    bounds_free(&b);
  }
}

static void what_no_type_resolves_stays_untrusted(void **state) {
  (void)state;
  bounds b;
  make_cancelling_values(0x1p120, 0, &b);
  assert_false(b.row[2].own <= BOUND_OWN_SHARE);
  bounds_free(&b);
}

/* Z_K = S_K = size + 1 - size over three tokens of head_dim 1: row 2's logits. */
static void logits_are_escalated(void **state) {
  (void)state;
  const double q[3] = {2, 2, 2}, qk[3] = {1, 3, -3}, ones[3] = {1, 1, 1};
  const double qv[3] = {1, 2, 3}, vv[3] = {4, 5, 6};
  const double sizes[] = {0x1p70, 0x1p98};
  const oracle_shape shape = {1, 3, 1, 1};
  const size_t count = wide_type_available(WIDE_BINARY128) ? 2 : 1;
  double sum = 0, y = 0;
  for (int i = 0; i < 3; i++) {
    const double weight = exp(2 * qk[i] / (qk[i] + 1));
    sum += weight;
    y += weight * qv[i] * 15 / (3 * qv[i] + 1);
  }
  for (size_t i = 0; i < count; i++) {
    const double kk[3] = {sizes[i], 1, -sizes[i]};
    const double *const operand[ORACLE_OPERANDS] = {q, qk, kk, ones, qv, ones, vv};
    const magnitude_operands view = view_of(operand);
    bounds b;
    error err;
    EXPECT_OK(bounds_make(&shape, 1, &view, (gauge_precision){.unit = 0x1p-24},
                          SAMPLE_ALL, &b, &err),
              &err);
    assert_int_equal(b.row[2].wide, i + 1);
    assert_true(b.row[2].own <= BOUND_OWN_SHARE);
    assert_true(fabs(b.y[2] - y / sum) <= 1e-14);
    bounds_free(&b);
  }
}

/* Projections are rounded already: their rows stay as they are. */
static void rounded_operands_are_not_escalated(void **state) {
  (void)state;
  bounds b;
  make_cancelling_values(0x1p70, 4, &b);
  assert_int_equal(b.row[2].wide, 0);
  assert_false(b.row[2].own <= BOUND_OWN_SHARE);
  bounds_free(&b);
}

/* Sum of a's parts less b's, which are given to 150 bits. */
static double relative_error(wide a, const double b[3]) {
  const wide left = add(add(a, from(-b[0])), from(-b[1]));
  return fabs((to_double(left) - b[2]) / b[0]);
}

static void exp_is_as_good_as_stated(void **state) {
  (void)state;
  static const struct {
    double x, exp[3];
  } known[] = {
      {-0.34375, {0x1.6b0ff72deb89dp-1, -0x1.dabf5975c0c02p-57, 0x1.d8b214f02f767p-113}},
      {-1, {0x1.78b56362cef38p-2, -0x1.ca8a4270fadf5p-57, -0x1.837912b3fd2aap-111}},
      {-10.25, {0x1.2899a7a835446p-15, 0x1.8fe688e4c6408p-70, -0x1.471a05b89c196p-124}},
      {-87.5, {0x1.b2caeeaab824ap-127, -0x1.0fc7e5a94fa0cp-187, 0x1.051a85e2b44f7p-241}},
      {-600, {0x1.4dd4d0d12c071p-866, 0x1.2167a13398003p-921, -0x1.d60ab16f6f402p-977}},
  };
  assert_true(to_double(exp_wide(from(0))) == 1);
  assert_true(to_double(exp_wide(from(-1000))) == 0);
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    const double unit = wide_type_unit(WIDE_DOUBLE_DOUBLE);
    const double granted = unit * (BOUND_EXP_UNITS - 2 * known[i].x);
    const double off = relative_error(exp_wide(from(known[i].x)), known[i].exp);
    if (!(off <= granted)) fail_msg("exp(%g): %g over %g", known[i].x, off, granted);
  }
}

#if defined(__SIZEOF_FLOAT128__)
static double off_by(wide got, __float128 want) {
  const __float128 off = ((__float128)got.high - want + got.low) / want;
  return fabs((double)off);
}

static wide draw(void) {
  const double high = ldexp((double)rand() / RAND_MAX - 0.5, rand() % 40 - 20);
  return exact_sum(high, high * 0x1p-54 * ((double)rand() / RAND_MAX));
}

static void operations_are_as_good_as_stated(void **state) {
  (void)state;
  const double unit = wide_type_unit(WIDE_DOUBLE_DOUBLE);
  double largest = 0;
  srand(1);
  for (int i = 0; i < 20000; i++) {
    const wide a = draw(), b = draw();
    const __float128 x = (__float128)a.high + a.low, y = (__float128)b.high + b.low;
    const double off[] = {off_by(add(a, b), x + y), off_by(multiply(a, b), x * y),
                          off_by(divide(a, b), x / y)};
    for (size_t k = 0; k < COUNT_OF(off); k++) {
      if (!(off[k] <= unit)) fail_msg("operation %zu: %g over %g", k, off[k], unit);
      largest = fmax(largest, off[k]);
    }
  }
  assert_true(largest > 0x1p-110);
}
#else
static void operations_are_as_good_as_stated(void **state) {
  (void)state;
  skip();
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_value_is_escalated_as_far_as_it_must),
      cmocka_unit_test(what_no_type_resolves_stays_untrusted),
      cmocka_unit_test(logits_are_escalated),
      cmocka_unit_test(rounded_operands_are_not_escalated),
      cmocka_unit_test(exp_is_as_good_as_stated),
      cmocka_unit_test(operations_are_as_good_as_stated),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
