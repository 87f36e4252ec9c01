/* Laws of the operator that hold for every kernel, most of them bit for bit.
 * Arguments: the name of one kernel to test, or none for all. */
#include "fixture.h"

enum { BATCH = 2, TOKENS = 13, HEADS = 3, DIM = 10, TILE = 4 };

static fixture standard(void) {
  fixture f = fixture_make(BATCH, TOKENS, HEADS, DIM, 42);
  f.problem.tile_q = f.problem.tile_k = TILE;
  return f;
}

/* Calls `check` with every kernel that runs the fixture's problem. */
static void each_kernel(const fixture *f,
                        void (*check)(const lkv_kernel *, const fixture *)) {
  for (size_t k = 0; k < lkv_kernel_count(); k++)
    if (runs(lkv_kernel_at(k), &f->problem)) check(lkv_kernel_at(k), f);
}

static void standard_each_kernel(void (*check)(const lkv_kernel *, const fixture *)) {
  fixture f = standard();
  each_kernel(&f, check);
  fixture_free(&f);
}

/* T = 1: y = (QV . KV) VV / (QV . KV + eps). */
static void check_one_token(const lkv_kernel *kernel, const fixture *f) {
  double *y = run(kernel, f, 1);
  double overlap = 0, expected[DIM];
  for (size_t c = 0; c < DIM; c++)
    overlap += (double)f->operand[LKV_QV][c] * (double)f->operand[LKV_KV][c];
  for (size_t c = 0; c < DIM; c++)
    expected[c] = overlap * (double)f->operand[LKV_VV][c] / (overlap + f->problem.eps);
  assert_close(kernel, &f->problem, y, expected, DIM, 1e-6);
  free(y);
}

static void test_one_token(void **state) {
  (void)state;
  fixture f = fixture_make(1, 1, 1, DIM, 3);
  f.problem.eps = 0.25;
  each_kernel(&f, check_one_token);
  fixture_free(&f);
}

/* Q = 0: y_t = mean of v_i(t). */
static void check_mean(const lkv_kernel *kernel, const fixture *f) {
  double *y = run(kernel, f, 1);
  for (size_t t = 0; t < TOKENS; t++) {
    double mean[DIM] = {0}, row[DIM];
    for (size_t i = 0; i <= t; i++) {
      naive_effective(f, LKV_QV, LKV_KV, LKV_VV, 0, 0, t, i, row);
      for (size_t c = 0; c < DIM; c++) mean[c] += row[c] / (double)(t + 1);
    }
    assert_close(kernel, &f->problem, y + index_of(&f->problem, 0, t, 0, 0), mean, DIM,
                 1e-5);
  }
  free(y);
}

static void test_zero_query_gives_mean(void **state) {
  (void)state;
  fixture f = standard();
  memset(f.operand[LKV_Q], 0, f.count * sizeof(float));
  each_kernel(&f, check_mean);
  fixture_free(&f);
}

/* Whether a NaN in (operand, token, column) of a slice must reach its y[t][c]. */
static bool taint_expected(int operand, size_t token, size_t column, size_t t, size_t c) {
  if (operand == LKV_Q) return t == token;
  if (operand == LKV_VV) return t >= token && c == column;
  return t >= token;
}

static void check_taint_of(const lkv_kernel *kernel, const fixture *f, int operand,
                           size_t token, size_t column) {
  const lkv_problem *p = &f->problem;
  fixture planted = fixture_copy(f);
  planted.operand[operand][index_of(p, 1, token, 2, column)] = NAN;
  double *clean = run(kernel, f, 1), *y = run(kernel, &planted, 1);
  for (size_t e = 0; e < f->count; e++) {
    const size_t c = e % DIM, h = e / DIM % HEADS, t = e / DIM / HEADS % TOKENS;
    const bool here = e / DIM / HEADS / TOKENS == 1 && h == 2;
    const bool tainted = here && taint_expected(operand, token, column, t, c);
    if (tainted ? !isnan(y[e]) : !same_number(y[e], clean[e]))
      fail_msg("%s: NaN in %s[%zu][%zu] gives y[%zu][%zu] of head %zu = %g", kernel->name,
               lkv_operand_name(operand), token, column, t, c, h, y[e]);
  }
  free(clean);
  free(y);
  fixture_free(&planted);
}

static void check_taint(const lkv_kernel *kernel, const fixture *f) {
  static const size_t tokens[] = {0, TILE - 1, TILE, TOKENS - 1};
  for (int o = 0; o < LKV_OPERANDS; o++)
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
      check_taint_of(kernel, f, o, tokens[i], 0);
      check_taint_of(kernel, f, o, tokens[i], DIM - 1);
    }
}

static void test_nan_reaches_what_it_must(void **state) {
  (void)state;
  standard_each_kernel(check_taint);
}

/* NaN in every operand of every later token leaves the earlier rows as they are. */
static void check_future(const lkv_kernel *kernel, const fixture *f) {
  const size_t seen = TILE + 1;
  fixture planted = fixture_copy(f);
  double *clean = run(kernel, f, 1);
  for (size_t b = 0; b < BATCH; b++)
    for (int o = 0; o < LKV_OPERANDS; o++)
      for (size_t e = index_of(&f->problem, b, seen, 0, 0);
           e < index_of(&f->problem, b + 1, 0, 0, 0); e++)
        planted.operand[o][e] = NAN;
  double *y = run(kernel, &planted, 1);
  for (size_t b = 0; b < BATCH; b++) {
    const size_t first = index_of(&f->problem, b, 0, 0, 0);
    assert_same_bits(kernel, y + first, clean + first, seen * HEADS * DIM);
  }
  free(clean);
  free(y);
  fixture_free(&planted);
}

static void test_future_is_not_seen(void **state) {
  (void)state;
  standard_each_kernel(check_future);
}

/* `to` gets the slices of `from` with batches and heads in reverse order. */
static void reverse_slices(const lkv_problem *p, const void *from, void *to,
                           size_t size) {
  for (size_t b = 0; b < p->batch; b++)
    for (size_t t = 0; t < p->seq_len; t++)
      for (size_t h = 0; h < p->heads; h++)
        memcpy((char *)to + index_of(p, p->batch - 1 - b, t, p->heads - 1 - h, 0) * size,
               (const char *)from + index_of(p, b, t, h, 0) * size, p->head_dim * size);
}

static void check_permutation(const lkv_kernel *kernel, const fixture *f) {
  fixture reversed = fixture_copy(f);
  double *expected = allocate(f->count * sizeof *expected);
  for (int o = 0; o < LKV_OPERANDS; o++)
    reverse_slices(&f->problem, f->operand[o], reversed.operand[o], sizeof(float));
  double *y = run(kernel, f, 1), *y_reversed = run(kernel, &reversed, 2);
  reverse_slices(&f->problem, y, expected, sizeof *y);
  assert_same_bits(kernel, y_reversed, expected, f->count);
  free(y);
  free(y_reversed);
  free(expected);
  fixture_free(&reversed);
}

static void test_batch_and_head_permutation(void **state) {
  (void)state;
  standard_each_kernel(check_permutation);
}

static void check_threads(const lkv_kernel *kernel, const fixture *f) {
  double *one = run(kernel, f, 1);
  for (size_t threads = 2; threads <= 9; threads += 1 + threads / 3) {
    double *many = run(kernel, f, threads);
    assert_same_bits(kernel, many, one, f->count);
    free(many);
  }
  free(one);
}

static void test_thread_count(void **state) {
  (void)state;
  standard_each_kernel(check_threads);
}

/* A power of two for each column; its inverse where `invert`. */
static float column_scale(size_t column, bool invert) {
  const int exponent = (int)(column * 5 % 9) - 4;
  return ldexpf(1, invert ? -exponent : exponent);
}

static void scale_columns(fixture *f, int operand, bool invert) {
  for (size_t e = 0; e < f->count; e++)
    f->operand[operand][e] *= column_scale(e % DIM, invert);
}

/* a diag(s), b / diag(s) leaves every bit of y. */
static void check_scaled_pair(const lkv_kernel *kernel, const fixture *f, int a, int b) {
  fixture scaled = fixture_copy(f);
  scale_columns(&scaled, a, false);
  scale_columns(&scaled, b, true);
  double *y = run(kernel, f, 1), *y_scaled = run(kernel, &scaled, 1);
  assert_same_bits(kernel, y_scaled, y, f->count);
  free(y);
  free(y_scaled);
  fixture_free(&scaled);
}

static void check_scaled_pairs(const lkv_kernel *kernel, const fixture *f) {
  check_scaled_pair(kernel, f, LKV_Q, LKV_VK);
  check_scaled_pair(kernel, f, LKV_QK, LKV_KK);
  check_scaled_pair(kernel, f, LKV_QV, LKV_KV);
}

static void test_scaled_pairs(void **state) {
  (void)state;
  standard_each_kernel(check_scaled_pairs);
}

/* VV diag(s) gives y diag(s). */
static void check_scaled_values(const lkv_kernel *kernel, const fixture *f) {
  fixture scaled = fixture_copy(f);
  scale_columns(&scaled, LKV_VV, false);
  double *y = run(kernel, f, 1), *y_scaled = run(kernel, &scaled, 1);
  for (size_t e = 0; e < f->count; e++) y[e] *= (double)column_scale(e % DIM, false);
  assert_same_bits(kernel, y_scaled, y, f->count);
  free(y);
  free(y_scaled);
  fixture_free(&scaled);
}

static void test_scaled_values(void **state) {
  (void)state;
  standard_each_kernel(check_scaled_values);
}

/* (QK, QV, eps) s leaves every bit of y. */
static void check_scaled_eps(const lkv_kernel *kernel, const fixture *f) {
  fixture scaled = fixture_copy(f);
  for (size_t e = 0; e < f->count; e++) {
    scaled.operand[LKV_QK][e] *= 0x1p-7F;
    scaled.operand[LKV_QV][e] *= 0x1p-7F;
  }
  scaled.problem.eps *= 0x1p-7;
  double *y = run(kernel, f, 1), *y_scaled = run(kernel, &scaled, 1);
  assert_same_bits(kernel, y_scaled, y, f->count);
  free(y);
  free(y_scaled);
  fixture_free(&scaled);
}

static void test_scaled_eps(void **state) {
  (void)state;
  standard_each_kernel(check_scaled_eps);
}

/* At eps = 0 the sign of a row of QK is of no account. */
static void check_sign(const lkv_kernel *kernel, const fixture *f) {
  fixture flipped = fixture_copy(f);
  for (size_t e = 0; e < f->count; e++)
    if (e / DIM % 2) flipped.operand[LKV_QK][e] = -flipped.operand[LKV_QK][e];
  double *y = run(kernel, f, 1), *y_flipped = run(kernel, &flipped, 1);
  assert_same_bits(kernel, y_flipped, y, f->count);
  free(y);
  free(y_flipped);
  fixture_free(&flipped);
}

static void test_sign_of_key_query(void **state) {
  (void)state;
  fixture f = standard();
  f.problem.eps = 0;
  each_kernel(&f, check_sign);
  fixture_free(&f);
}

/* One-hot QK and QV, KK = KV = 1, Q = 0, eps = 0: y_t is the mean of VV_0 .. VV_t,
 * exactly so where t + 1 is a power of two and VV are small integers. */
static void check_dyadic(const lkv_kernel *kernel, const fixture *f) {
  const lkv_problem *p = &f->problem;
  double *y = run(kernel, f, 1);
  for (size_t n = 1; n <= p->seq_len; n *= 2)
    for (size_t c = 0; c < DIM; c++) {
      double sum = 0;
      for (size_t j = 0; j < n; j++)
        sum += (double)f->operand[LKV_VV][index_of(p, 0, j, 0, c)];
      const double got = y[index_of(p, 0, n - 1, 0, c)];
      if (got != sum / (double)n)
        fail_msg("%s: n=%zu column %zu: %a, not %a", kernel->name, n, c, got,
                 sum / (double)n);
    }
  free(y);
}

static void test_dyadic(void **state) {
  (void)state;
  fixture f = fixture_make(1, 32, 1, DIM, 8);
  f.problem.eps = 0;
  f.problem.tile_q = f.problem.tile_k = 5;
  for (size_t e = 0; e < f.count; e++) {
    const float hot = e % DIM == e / DIM * 7 % DIM ? 1 : 0;
    f.operand[LKV_Q][e] = 0;
    f.operand[LKV_QK][e] = f.operand[LKV_QV][e] = hot;
    f.operand[LKV_KK][e] = f.operand[LKV_KV][e] = 1;
    f.operand[LKV_VV][e] = floorf(f.operand[LKV_VV][e] * 64);
  }
  each_kernel(&f, check_dyadic);
  fixture_free(&f);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_token),
      cmocka_unit_test(test_zero_query_gives_mean),
      cmocka_unit_test(test_nan_reaches_what_it_must),
      cmocka_unit_test(test_future_is_not_seen),
      cmocka_unit_test(test_batch_and_head_permutation),
      cmocka_unit_test(test_thread_count),
      cmocka_unit_test(test_scaled_pairs),
      cmocka_unit_test(test_scaled_values),
      cmocka_unit_test(test_scaled_eps),
      cmocka_unit_test(test_sign_of_key_query),
      cmocka_unit_test(test_dyadic),
  };
  const int unfit = select_kernel(argc, argv);
  if (unfit) return unfit;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
