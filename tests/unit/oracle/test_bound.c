/* The bound holds what float32 does to the operator in two associations, says so little
 * more that a bug stands out, and names what it cannot resolve. */
#include "bound.h"

#include <math.h>
#include <stdlib.h>

#include "../check.h"

enum { Q, QK, KK, VK, QV, KV, VV };
enum { T = 24, D = 6, COUNT = T * D };
#define EPS 1e-6

static double operand[ORACLE_OPERANDS][COUNT];
static magnitude_operands operands;
static const oracle_shape shape = {1, T, 1, D};

/* Uniform in (-1, 1), or (0, 1) where `positive`: every value a float32. */
static void draw(unsigned seed, bool positive) {
  srand(seed);
  for (int o = 0; o < ORACLE_OPERANDS; o++) {
    for (size_t i = 0; i < COUNT; i++) {
      const double u = ((double)rand() + 1) / ((double)RAND_MAX + 2);
      operand[o][i] = (float)(positive ? u : 2 * u - 1);
    }
    operands.value[o] = operand[o];
  }
}

/* The operator in float32 from sums over tokens (S, then QK S), or over scores
 * (VK_j . Q, then QK KK_j): two associations. */
static float numerator(size_t t, size_t i, bool scores) {
  float sum = 0;
  if (scores) {
    for (size_t j = 0; j <= t; j++) {
      float a = 0, b = 0;
      for (size_t c = 0; c < D; c++) {
        a += (float)operand[QK][i * D + c] * (float)operand[KK][j * D + c];
        b += (float)operand[VK][j * D + c] * (float)operand[Q][t * D + c];
      }
      sum += a * b;
    }
    return sum;
  }
  for (size_t c = 0; c < D; c++) {
    float key = 0;
    for (size_t a = 0; a < D; a++) {
      float s = 0;
      for (size_t j = 0; j <= t; j++)
        s += (float)operand[KK][j * D + a] * (float)operand[VK][j * D + c];
      key += (float)operand[QK][i * D + a] * s;
    }
    sum += key * (float)operand[Q][t * D + c];
  }
  return sum;
}

static float denominator(size_t t, size_t i, int query, int key) {
  float sum = 0;
  for (size_t a = 0; a < D; a++) {
    float z = 0;
    for (size_t j = 0; j <= t; j++) z += (float)operand[key][j * D + a];
    sum += (float)operand[query][i * D + a] * z;
  }
  return sum + (float)EPS;
}

static float value(size_t t, size_t i, size_t c, bool scores) {
  float sum = 0;
  for (size_t k = 0; k < (scores ? t + 1 : D); k++) {
    float part = 0;
    if (scores) {
      for (size_t a = 0; a < D; a++)
        part += (float)operand[QV][i * D + a] * (float)operand[KV][k * D + a];
      sum += part * (float)operand[VV][k * D + c];
    } else {
      for (size_t j = 0; j <= t; j++)
        part += (float)operand[KV][j * D + k] * (float)operand[VV][j * D + c];
      sum += (float)operand[QV][i * D + k] * part;
    }
  }
  return sum / denominator(t, i, QV, KV);
}

static void attention_f32(bool scores, double *y) {
  float logit[T];
  for (size_t t = 0; t < T; t++) {
    float max = -INFINITY, sum = 0;
    for (size_t i = 0; i <= t; i++) {
      logit[i] = numerator(t, i, scores) / denominator(t, i, QK, KK);
      if (logit[i] > max) max = logit[i];
    }
    for (size_t i = 0; i <= t; i++) sum += logit[i] = expf(logit[i] - max);
    for (size_t c = 0; c < D; c++) {
      float out = 0;
      for (size_t i = 0; i <= t; i++) out += logit[i] / sum * value(t, i, c, scores);
      y[t * D + c] = out;
    }
  }
}

static void make(bounds *b, double unit) {
  error err;
  EXPECT_OK(bounds_make(&shape, EPS, &operands, (gauge_precision){.unit = unit},
                        SAMPLE_ALL, b, &err),
            &err);
}

/* Also that the bound is no more than a thousand times what is seen. */
static void holds_what_float32_does(void **state) {
  (void)state;
  static double y[COUNT];
  for (unsigned seed = 1; seed <= 20; seed++) {
    bounds b;
    double largest = 0;
    draw(seed, seed % 2);
    make(&b, 0x1p-24);
    for (int scores = 0; scores < 2; scores++) {
      attention_f32(scores, y);
      for (size_t i = 0; i < COUNT; i++) {
        const double distance = fabs(y[i] - b.y[i]);
        assert_true(b.stat[i] <= b.det[i]);
        assert_true(b.stat[i] > 0);
        if (!(distance <= b.stat[i]))
          fail_msg("seed %u, %zu: %g over a bound of %g", seed, i, distance, b.stat[i]);
        largest = fmax(largest, distance / b.stat[i]);
      }
    }
    assert_true(largest > 1e-3);
    bounds_free(&b);
  }
}

static void output_is_the_oracles(void **state) {
  (void)state;
  bounds b;
  double y[COUNT];
  error err;
  draw(3, false);
  make(&b, 0x1p-24);
  EXPECT_OK(oracle_attention(&shape, EPS, operands.value, y, NULL, &err), &err);
  assert_memory_equal(y, b.y, sizeof y);
  bounds_free(&b);
}

/* The oracle's own error is a share of what it grants; it grows with the unit. */
static void knows_the_oracles_own_error(void **state) {
  (void)state;
  bounds narrow, wide;
  draw(5, true);
  make(&narrow, 0x1p-53);
  make(&wide, 0x1p-24);
  for (size_t t = 0; t < T; t++) {
    assert_true(wide.row[t].own > 0 && wide.row[t].own < 1e-6);
    assert_true(narrow.row[t].own == 0);
  }
  for (size_t i = 0; i < COUNT; i++) assert_true(narrow.det[i] < 1e-6 * wide.det[i]);
  bounds_free(&narrow);
  bounds_free(&wide);
}

/* QK_0 is made orthogonal to Z_K(2) but for less than rounding: row 2 has one unknown,
 * v_0 against the rest, and names the denominator. */
static void a_vanishing_denominator_is_one_unknown(void **state) {
  (void)state;
  bounds b;
  draw(7, true);
  double z[2] = {0, 0};
  for (size_t j = 0; j <= 2; j++) {
    z[0] += operand[KK][j * D];
    z[1] += operand[KK][j * D + 1];
  }
  for (size_t c = 0; c < D; c++) operand[QK][c] = 0;
  operand[QK][0] = z[1];
  operand[QK][1] = -z[0] * (1 - 0x1p-30);
  make(&b, 0x1p-24);
  const bound_row *row = &b.row[2];
  assert_int_equal(row->unresolved_k, 1);
  assert_int_equal(row->unresolved_v, 0);
  assert_int_equal(row->columns, 1);
  assert_true(row->fit != BOUND_NO_FIT);
  const bound_column column = bounds_column(&b, row, 0);
  assert_int_equal(column.token, 0);
  assert_int_equal(column.in_value, 0);
  assert_int_equal(row->culprit.token, 0);
  assert_true(isinf(row->culprit.lambda));
  for (size_t c = 0; c < D; c++) {
    assert_true(bounds_allowance(&b, row)[c] < 1e-4);
    assert_true(b.stat[2 * D + c] > bounds_allowance(&b, row)[c]);
  }
  assert_int_equal(b.row[1].unresolved_k, 0);
  bounds_free(&b);
}

static void says_what_is_not_finite(void **state) {
  (void)state;
  bounds b;
  draw(9, true);
  operand[KK][5 * D + 1] = NAN;
  make(&b, 0x1p-24);
  for (size_t t = 0; t < T; t++) {
    assert_int_equal(b.row[t].finite, t < 5);
    assert_int_equal(b.row[t].poisoned, t >= 5);
  }
  draw(9, true);
  for (size_t i = 0; i < COUNT; i++) operand[KV][i] *= 0x1p126;
  bounds_free(&b);
  make(&b, 0x1p-24);
  assert_true(b.row[T - 1].finite && b.row[T - 1].overflows);
  bounds_free(&b);
}

/* Rounded projections widen every bound. */
static void projections_widen_it(void **state) {
  (void)state;
  static double absolute[COUNT], square[COUNT];
  bounds exact, rounded;
  draw(11, true);
  make(&exact, 0x1p-24);
  magnitude_operands projected = operands;
  projected.inner = 8;
  for (size_t i = 0; i < COUNT; i++) absolute[i] = square[i] = 2;
  for (int o = 0; o < ORACLE_OPERANDS; o++) {
    projected.absolute[o] = absolute;
    projected.square[o] = square;
  }
  error err;
  EXPECT_OK(bounds_make(&shape, EPS, &projected, (gauge_precision){.unit = 0x1p-24},
                        SAMPLE_ALL, &rounded, &err),
            &err);
  for (size_t i = 0; i < COUNT; i++) {
    assert_true(rounded.det[i] > exact.det[i]);
    assert_true(rounded.stat[i] > exact.stat[i]);
  }
  bounds_free(&exact);
  bounds_free(&rounded);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(holds_what_float32_does),
      cmocka_unit_test(output_is_the_oracles),
      cmocka_unit_test(knows_the_oracles_own_error),
      cmocka_unit_test(a_vanishing_denominator_is_one_unknown),
      cmocka_unit_test(says_what_is_not_finite),
      cmocka_unit_test(projections_widen_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
