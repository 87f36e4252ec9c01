#include "oracle.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "../check.h"
#include "fnv.h"

enum { Q, QK, KK, VK, QV, KV, VV };

static const oracle_shape shapes[] = {
    {1, 1, 1, 1}, {2, 9, 3, 5},   {1, 13, 2, 16}, {1, 7, 1, 33},
    {3, 6, 1, 8}, {1, 24, 1, 17}, {1, 40, 1, 2},  {2, 5, 2, 64},
};

typedef struct fixture {
  oracle_shape shape;
  size_t count;
  double eps, *operand[ORACLE_OPERANDS], *y;
} fixture;

static void *allocate(size_t count, size_t size) {
  void *memory = calloc(count, size);
  assert_non_null(memory);
  return memory;
}

/* In [0, 1). */
static double uniform(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (double)(*state >> 11) * 0x1p-53;
}

static fixture fixture_make(oracle_shape shape, double eps, double low, double high) {
  fixture f = {.shape = shape, .eps = eps};
  uint64_t state = 17;
  f.count = shape.batch * shape.seq_len * shape.heads * shape.head_dim;
  for (int o = 0; o < ORACLE_OPERANDS; o++) {
    f.operand[o] = allocate(f.count, sizeof(double));
    for (size_t i = 0; i < f.count; i++)
      f.operand[o][i] = low + (high - low) * uniform(&state);
  }
  f.y = allocate(f.count, sizeof(double));
  return f;
}

static void fixture_free(fixture *f) {
  for (int o = 0; o < ORACLE_OPERANDS; o++) free(f->operand[o]);
  free(f->y);
}

static void fill(fixture *f, int operand, double value) {
  for (size_t i = 0; i < f->count; i++) f->operand[operand][i] = value;
}

static void run(fixture *f) {
  error err;
  for (size_t i = 0; i < f->count; i++) f->y[i] = NAN;
  EXPECT_OK(oracle_attention(&f->shape, f->eps, (const double *const *)f->operand, f->y,
                             NULL, &err),
            &err);
}

static size_t at(const fixture *f, size_t b, size_t t, size_t h, size_t c) {
  const oracle_shape *s = &f->shape;
  return ((b * s->seq_len + t) * s->heads + h) * s->head_dim + c;
}

/* The definition in long double, grouped as a sum over past tokens:
 * k_i(t) = sum_j (QK_i . KK_j) VK_j / (sum_j QK_i . KK_j + eps), v_i(t) alike. */
static void effective(const fixture *f, int query, int key, int value, size_t b, size_t h,
                      size_t t, size_t i, long double *out) {
  const size_t d = f->shape.head_dim;
  long double denominator = f->eps;
  for (size_t c = 0; c < d; c++) out[c] = 0;
  for (size_t j = 0; j <= t; j++) {
    long double overlap = 0;
    for (size_t c = 0; c < d; c++)
      overlap += (long double)f->operand[query][at(f, b, i, h, c)] *
                 f->operand[key][at(f, b, j, h, c)];
    denominator += overlap;
    for (size_t c = 0; c < d; c++)
      out[c] += overlap * f->operand[value][at(f, b, j, h, c)];
  }
  for (size_t c = 0; c < d; c++) out[c] /= denominator;
}

static void define_row(const fixture *f, size_t b, size_t h, size_t t, long double *y) {
  const size_t d = f->shape.head_dim;
  long double *k = allocate(d, sizeof *k), *v = allocate(d * (t + 1), sizeof *v);
  long double *logit = allocate(t + 1, sizeof *logit), sum = 0;
  long double highest = -HUGE_VALL;
  for (size_t i = 0; i <= t; i++) {
    effective(f, QK, KK, VK, b, h, t, i, k);
    effective(f, QV, KV, VV, b, h, t, i, v + i * d);
    for (size_t c = 0; c < d; c++) logit[i] += f->operand[Q][at(f, b, t, h, c)] * k[c];
    highest = fmaxl(highest, logit[i]);
  }
  for (size_t i = 0; i <= t; i++) sum += expl(logit[i] - highest);
  for (size_t c = 0; c < d; c++) y[c] = 0;
  for (size_t i = 0; i <= t; i++)
    for (size_t c = 0; c < d; c++) y[c] += expl(logit[i] - highest) / sum * v[i * d + c];
  free(k);
  free(v);
  free(logit);
}

/* Largest error of an element over the largest of its row. */
static double distance_from_definition(const fixture *f) {
  const oracle_shape *s = &f->shape;
  long double *want = allocate(s->head_dim, sizeof *want);
  double worst = 0;
  for (size_t b = 0; b < s->batch; b++)
    for (size_t h = 0; h < s->heads; h++)
      for (size_t t = 0; t < s->seq_len; t++) {
        long double scale = 0, distance = 0;
        define_row(f, b, h, t, want);
        for (size_t c = 0; c < s->head_dim; c++) {
          const double got = f->y[at(f, b, t, h, c)];
          assert_true(isfinite(got));
          scale = fmaxl(scale, fabsl(want[c]));
          distance = fmaxl(distance, fabsl(got - want[c]));
        }
        worst = fmax(worst, (double)(distance / scale));
      }
  free(want);
  return worst;
}

static void equals_the_definition_on_positive_operands(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(shapes); i++) {
    fixture f = fixture_make(shapes[i], 1e-6, 0, 1);
    run(&f);
    const double distance = distance_from_definition(&f);
    if (!(distance <= 1e-13)) fail_msg("shape %zu: %g", i, distance);
    fixture_free(&f);
  }
}

/* An eps that keeps every denominator away from zero, since no sign is sure. */
static void equals_the_definition_on_operands_of_either_sign(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(shapes); i++) {
    const double reach = (double)(shapes[i].seq_len * shapes[i].head_dim);
    fixture f = fixture_make(shapes[i], 1.5 * reach, -1, 1);
    fill(&f, Q, 3);
    run(&f);
    const double distance = distance_from_definition(&f);
    if (!(distance <= 1e-11)) fail_msg("shape %zu: %g", i, distance);
    fixture_free(&f);
  }
}

/* Logits of many hundreds: the weights saturate, exp of a bare logit would overflow. */
static void large_logits_stay_exact(void **state) {
  (void)state;
  fixture f = fixture_make((oracle_shape){1, 20, 1, 8}, 1e-6, 0, 1);
  for (size_t i = 0; i < f.count; i++) f.operand[Q][i] *= i % 3 ? 2000 : -2000;
  run(&f);
  assert_true(distance_from_definition(&f) <= 1e-10);
  fixture_free(&f);
}

static void one_token_has_a_closed_form(void **state) {
  (void)state;
  fixture f = fixture_make((oracle_shape){3, 1, 2, 19}, 0.25, -1, 2);
  run(&f);
  for (size_t row = 0; row < 6; row++) {
    const size_t first = row * 19;
    double overlap = 0;
    for (size_t c = first; c < first + 19; c++)
      overlap += f.operand[QV][c] * f.operand[KV][c];
    for (size_t c = first; c < first + 19; c++) {
      const double want = overlap * f.operand[VV][c] / (overlap + f.eps);
      assert_true(fabs(f.y[c] - want) <= 1e-13 * fabs(want));
    }
  }
  fixture_free(&f);
}

static void zero_queries_take_the_mean_of_values(void **state) {
  (void)state;
  fixture f = fixture_make((oracle_shape){1, 12, 2, 5}, 1e-6, 0, 1);
  long double v[5];
  fill(&f, Q, 0);
  run(&f);
  for (size_t h = 0; h < 2; h++)
    for (size_t t = 0; t < 12; t++) {
      long double mean[5] = {0};
      for (size_t i = 0; i <= t; i++) {
        effective(&f, QV, KV, VV, 0, h, t, i, v);
        for (size_t c = 0; c < 5; c++) mean[c] += v[c] / (long double)(t + 1);
      }
      for (size_t c = 0; c < 5; c++)
        assert_true(fabsl(f.y[at(&f, 0, t, h, c)] - mean[c]) <= 1e-13L * mean[c]);
    }
  fixture_free(&f);
}

/* VV = c gives y = c (1 - sum_i p_i eps / Dv_i): c itself at eps = 0; and where p is the
 * mean, an exact deficit. */
static void constant_values_come_out_constant(void **state) {
  (void)state;
  fixture f = fixture_make((oracle_shape){1, 15, 1, 6}, 0, 0.1, 1);
  fill(&f, VV, -2.5);
  run(&f);
  for (size_t i = 0; i < f.count; i++) assert_true(fabs(f.y[i] + 2.5) <= 1e-13);

  f.eps = 3;
  fill(&f, Q, 0);
  run(&f);
  for (size_t t = 0; t < 15; t++) {
    long double deficit = 0;
    for (size_t i = 0; i <= t; i++) {
      long double denominator = f.eps;
      for (size_t j = 0; j <= t; j++)
        for (size_t c = 0; c < 6; c++)
          denominator += (long double)f.operand[QV][i * 6 + c] * f.operand[KV][j * 6 + c];
      deficit += f.eps / denominator / (long double)(t + 1);
    }
    for (size_t c = 0; c < 6; c++)
      assert_true(fabsl(f.y[t * 6 + c] + 2.5L * (1 - deficit)) <= 1e-13L);
  }
  fixture_free(&f);
}

/* A NaN at token `t`, column 2 of an operand poisons exactly the rows its definition
 * names of its own slice; every other element keeps its bits. */
static void a_nan_taints_what_depends_on_it_alone(void **state) {
  (void)state;
  enum { T = 6, TAINTED = 2, D = 3 };
  for (int o = 0; o < ORACLE_OPERANDS; o++) {
    fixture clean = fixture_make((oracle_shape){2, T, 2, D}, 1e-6, 0.1, 1);
    fixture f = fixture_make((oracle_shape){2, T, 2, D}, 1e-6, 0.1, 1);
    f.operand[o][at(&f, 1, TAINTED, 1, 2)] = NAN;
    run(&clean);
    run(&f);
    for (size_t i = 0; i < f.count; i++) {
      const size_t c = i % D, h = i / D % 2, t = i / D / 2 % T, b = i / D / 2 / T;
      const bool later = o == Q ? t == TAINTED : t >= TAINTED;
      const bool tainted = b == 1 && h == 1 && later && (o != VV || c == 2);
      if (isnan(f.y[i]) != tainted || (!tainted && f.y[i] != clean.y[i]))
        fail_msg("operand %d: y[%zu, %zu, %zu, %zu] = %g", o, b, t, h, c, f.y[i]);
    }
    fixture_free(&clean);
    fixture_free(&f);
  }
}

/* d = 1, eps = 0, two tokens, with QK_0 . Z_K = 0 at t = 1: logit 0 is sign * infinity.
 */
static void infinite_logits(void **state) {
  (void)state;
  fixture f = fixture_make((oracle_shape){1, 2, 1, 2}, 0, 1, 1);
  const double kk[] = {2, 1, 1, 2};
  memcpy(f.operand[KK], kk, sizeof kk);
  f.operand[QK][1] = -1;
  f.operand[VV][2] = 5;
  for (int sign = -1; sign <= 1; sign += 2) {
    fill(&f, VK, 0);
    f.operand[VK][2] = f.operand[VK][3] = 1;
    fill(&f, Q, sign);
    run(&f);
    /* S_K^T QK_0 = (1 - 2) (1, 1) < 0: minus infinity has weight 0, plus infinity none.
     */
    if (sign > 0) {
      assert_true(f.y[2] == 3 && f.y[3] == 1);
    } else {
      assert_true(isnan(f.y[2]) && isnan(f.y[3]));
    }
  }
  fixture_free(&f);
}

/* Whatever else is in the batch, a slice's bits are those it has alone. */
static void slices_do_not_see_each_other(void **state) {
  (void)state;
  fixture all = fixture_make((oracle_shape){3, 7, 4, 18}, 1e-6, -0.2, 1);
  run(&all);
  for (size_t b = 0; b < 3; b++)
    for (size_t h = 0; h < 4; h++) {
      fixture one = fixture_make((oracle_shape){1, 7, 1, 18}, 1e-6, 0, 1);
      for (int o = 0; o < ORACLE_OPERANDS; o++)
        for (size_t t = 0; t < 7; t++)
          memcpy(one.operand[o] + t * 18, all.operand[o] + at(&all, b, t, h, 0),
                 18 * sizeof(double));
      run(&one);
      for (size_t t = 0; t < 7; t++)
        assert_memory_equal(one.y + t * 18, all.y + at(&all, b, t, h, 0),
                            18 * sizeof(double));
      fixture_free(&one);
    }
  fixture_free(&all);
}

/* Later tokens cannot change earlier rows. */
static void rows_are_causal(void **state) {
  (void)state;
  fixture whole = fixture_make((oracle_shape){1, 9, 2, 4}, 1e-6, 0, 1);
  fixture cut = fixture_make((oracle_shape){1, 9, 2, 4}, 1e-6, 0, 1);
  cut.shape.seq_len = 5;
  run(&whole);
  run(&cut);
  assert_memory_equal(cut.y, whole.y, 5 * 2 * 4 * sizeof(double));
  fixture_free(&whole);
  fixture_free(&cut);
}

/* With Q = 0, exp(0) = 1 is all that is asked of a libm: neither blocking nor a compiler
 * may change a bit of y. */
static void bits_are_fixed(void **state) {
  (void)state;
  static const struct {
    oracle_shape shape;
    uint64_t hash;
  } known[] = {
      {{2, 5, 3, 1}, UINT64_C(0xb3a097b9413ffee7)},
      {{1, 9, 2, 7}, UINT64_C(0x7ffd212f58e7609b)},
      {{1, 17, 2, 16}, UINT64_C(0x1a81156bf7208e8b)},
      {{1, 20, 1, 40}, UINT64_C(0xda5ca588d6ccb968)},
      {{1, 10, 1, 65}, UINT64_C(0x1fb0a60a067bd2b6)},
  };
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    fixture f = fixture_make(known[i].shape, 1e-6, -1, 3);
    fill(&f, Q, 0);
    run(&f);
    const uint64_t hash = fnv_bytes(FNV_START, f.y, f.count * sizeof(double));
    if (hash != known[i].hash)
      fail_msg("shape %zu: 0x%016llx", i, (unsigned long long)hash);
    fixture_free(&f);
  }
}

/* Bit for bit the sum in order of `inner`, without contraction. */
static void projections_are_summed_in_order(void **state) {
  (void)state;
  static const size_t sizes[][3] = {{1, 1, 1},   {3, 5, 15},  {2, 7, 16},  {4, 9, 17},
                                    {5, 31, 40}, {3, 64, 64}, {2, 33, 100}};
  uint64_t seed = 3;
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    const size_t rows = sizes[i][0], inner = sizes[i][1], cols = sizes[i][2];
    double *x = allocate(rows * inner, sizeof *x), *w = allocate(inner * cols, sizeof *w);
    double *out = allocate(rows * cols, sizeof *out);
    for (size_t k = 0; k < rows * inner; k++) x[k] = uniform(&seed) - 0.5;
    for (size_t k = 0; k < inner * cols; k++) w[k] = uniform(&seed) - 0.5;
    oracle_project(rows, inner, cols, x, w, out);
    for (size_t r = 0; r < rows; r++)
      for (size_t c = 0; c < cols; c++) {
        double sum = 0;
        for (size_t k = 0; k < inner; k++) {
          const volatile double product = x[r * inner + k] * w[k * cols + c];
          sum += product;
        }
        assert_memory_equal(&out[r * cols + c], &sum, sizeof sum);
      }
    free(x);
    free(w);
    free(out);
  }
}

static void absurd_sizes_are_refused(void **state) {
  (void)state;
  static const double x = 0;
  const double *operands[ORACLE_OPERANDS] = {&x, &x, &x, &x, &x, &x, &x};
  const oracle_shape wide = {1, 1, 1, (size_t)1 << 40};
  double y = 7;
  error err = {""};
  assert_false(oracle_attention(&wide, 0, operands, &y, NULL, &err));
  EXPECT_SAYS(&err, "head_dim of 1099511627776");
  assert_true(y == 7);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_the_definition_on_positive_operands),
      cmocka_unit_test(equals_the_definition_on_operands_of_either_sign),
      cmocka_unit_test(large_logits_stay_exact),
      cmocka_unit_test(one_token_has_a_closed_form),
      cmocka_unit_test(zero_queries_take_the_mean_of_values),
      cmocka_unit_test(constant_values_come_out_constant),
      cmocka_unit_test(a_nan_taints_what_depends_on_it_alone),
      cmocka_unit_test(infinite_logits),
      cmocka_unit_test(slices_do_not_see_each_other),
      cmocka_unit_test(rows_are_causal),
      cmocka_unit_test(bits_are_fixed),
      cmocka_unit_test(projections_are_summed_in_order),
      cmocka_unit_test(absurd_sizes_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
