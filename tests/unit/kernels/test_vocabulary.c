/* The vocabularies: exp2 to an ulp. */
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exp2),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
