/* The vocabularies: exp2 to an ulp, and the tile body in the layout of AVX-512. */
#include "fixture.h"
#include "vocabulary.h"

enum { BATCH = 4096 };

static double ulp_f32(double x) {
  int exponent;
  frexp(x, &exponent);
  return ldexp(1, exponent - 24);
}

/* Every 97th float32 from -126 to -0, and the tail below. */
static void check_exp2_f32(void (*exp2_of)(const float *, float *, size_t)) {
  static float in[BATCH], out[BATCH];
  uint32_t bits = 0x80000000U;
  double worst = 0;
  while (bits <= 0xc2fc0000U) {
    for (size_t i = 0; i < BATCH; i++, bits += 97) {
      const uint32_t bounded = bits < 0xc2fc0000U ? bits : 0xc2fc0000U;
      memcpy(&in[i], &bounded, sizeof in[i]);
    }
    exp2_of(in, out, BATCH);
    for (size_t i = 0; i < BATCH; i++) {
      const double exact = exp2((double)in[i]);
      worst = fmax(worst, fabs((double)out[i] - exact) / ulp_f32(exact));
    }
  }
  if (!(worst <= 1)) fail_msg("exp2 is %g ulp off", worst);

  float special[16] = {0,    -0.0F, -1,     -126,      -126.25F, -126.75F,
                       -127, -200,  -1e30F, -INFINITY, NAN};
  exp2_of(special, out, 16);
  assert_true(out[0] == 1 && out[1] == 1 && out[2] == 0.5F && out[3] == 0x1p-126F);
  for (int i = 4; i < 6; i++) assert_true(out[i] >= 0 && out[i] < 0x1p-126F);
  for (int i = 6; i < 10; i++) assert_true(out[i] == 0);
  assert_true(isnan(out[10]));
}

/* Evenly spread over [-1022, 0]; the C library's exp2 is itself good to an ulp. */
static void check_exp2_f64(void (*exp2_of)(const double *, double *, size_t)) {
  static double in[BATCH], out[BATCH];
  double worst = 0;
  for (int part = 0; part < 256; part++) {
    for (size_t i = 0; i < BATCH; i++)
      in[i] = -1022.0 * ((double)i + part / 256.0) / BATCH;
    exp2_of(in, out, BATCH);
    for (size_t i = 0; i < BATCH; i++) {
      const long double exact = exp2l((long double)in[i]);
      worst = fmax(worst, (double)(fabsl((long double)out[i] - exact) / exact));
    }
  }
  if (!(worst <= 0x1p-52)) fail_msg("exp2 is %g ulp off", worst * 0x1p52);
  double special[16] = {0, -1022, -1023, -5000, -INFINITY, NAN};
  exp2_of(special, out, 16);
  assert_true(out[0] == 1 && out[1] == 0x1p-1022);
  assert_true(out[2] == 0 && out[3] == 0 && out[4] == 0 && isnan(out[5]));
}

static void test_exp2(void **state) {
  (void)state;
  check_exp2_f32(exp2_scalar_f32);
  check_exp2_f64(exp2_scalar_f64);
  if (!lkv_cpu_supports(LKV_ISA_AVX2, NULL)) return;
  check_exp2_f32(exp2_avx2_f32);
  check_exp2_f64(exp2_avx2_f64);
}

static void check_wide(const lkv_kernel *kernel, size_t seq_len, size_t head_dim,
                       size_t tile_q, size_t tile_k) {
  fixture f = fixture_make(1, seq_len, 1, head_dim, 61 * seq_len + head_dim);
  f.problem.tile_q = tile_q;
  f.problem.tile_k = tile_k;
  double *reference = naive(&f), *y = run(kernel, &f, 1), *many = run(kernel, &f, 3);
  assert_close(kernel, &f.problem, y, reference, f.count, 1e-5);
  assert_same_bits(kernel, many, y, f.count);
  free(reference);
  free(y);
  free(many);
  fixture_free(&f);
}

static void test_wide_layout(void **state) {
  static const lkv_kernel *const kernels[] = {&wide_tile, &wide_tile_f64acc,
                                              &wide_tile_sparse};
  static const size_t seq_len[] = {1, 31, 32, 33, 101, 150};
  static const size_t head_dim[] = {1, 8, 15, 64, 65};
  (void)state;
  for (size_t k = 0; k < sizeof kernels / sizeof kernels[0]; k++)
    for (size_t i = 0; i < sizeof seq_len / sizeof seq_len[0]; i++)
      for (size_t j = 0; j < sizeof head_dim / sizeof head_dim[0]; j++) {
        check_wide(kernels[k], seq_len[i], head_dim[j], 0, 0);
        check_wide(kernels[k], seq_len[i], head_dim[j], 19, 9);
      }
}

/* NaN of a later token stays out of the panel's earlier rows, whichever the lane. */
static void test_wide_future(void **state) {
  (void)state;
  fixture f = fixture_make(1, 40, 1, 8, 71);
  double *clean = run(&wide_tile, &f, 1);
  for (size_t seen = 1; seen < 40; seen++) {
    fixture planted = fixture_copy(&f);
    for (int o = 0; o < LKV_OPERANDS; o++)
      for (size_t e = seen * 8; e < f.count; e++) planted.operand[o][e] = NAN;
    double *y = run(&wide_tile, &planted, 1);
    assert_same_bits(&wide_tile, y, clean, seen * 8);
    for (size_t e = seen * 8; e < f.count; e++) assert_true(isnan(y[e]));
    free(y);
    fixture_free(&planted);
  }
  free(clean);
  fixture_free(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exp2),
      cmocka_unit_test(test_wide_layout),
      cmocka_unit_test(test_wide_future),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
