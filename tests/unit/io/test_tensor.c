/* cmocka.h wants these four first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* */
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "tensor.h"

static void narrow_floats_widen_exactly(tensor_type from, int exponent_bits,
                                        int fraction_bits) {
  enum { ALL = 1 << 16 };
  const size_t shape[] = {ALL};
  error err;
  tensor in, out32, out64;
  assert_true(tensor_make(&in, from, 1, shape, &err));
  for (size_t i = 0; i < ALL; i++) ((uint16_t *)in.data)[i] = (uint16_t)i;
  assert_true(tensor_convert(&in, TENSOR_FLOAT32, &out32, &err));
  assert_true(tensor_convert(&in, TENSOR_FLOAT64, &out64, &err));
  int bias = (1 << (exponent_bits - 1)) - 1;
  for (int bits = 0; bits < ALL; bits++) {
    int exponent = bits >> fraction_bits & ((1 << exponent_bits) - 1);
    int fraction = bits & ((1 << fraction_bits) - 1);
    bool special = exponent == (1 << exponent_bits) - 1;
    int significand = exponent ? fraction + (1 << fraction_bits) : fraction;
    double want = ldexp(significand, (exponent ? exponent : 1) - bias - fraction_bits);
    if (special) want = fraction ? NAN : INFINITY;
    if (bits >> 15) want = -want;
    float got32 = ((const float *)out32.data)[bits];
    double got64 = ((const double *)out64.data)[bits];
    if (isnan(want)) {
      assert_true(isnan(got32) && isnan(got64));
      continue;
    }
    assert_true(got32 == (float)want && got64 == want);
    assert_true(!signbit(got32) == !signbit(want) && !signbit(got64) == !signbit(want));
  }
  tensor_free(&in);
  tensor_free(&out32);
  tensor_free(&out64);
}

static void float16_widens_exactly(void **state) {
  (void)state;
  narrow_floats_widen_exactly(TENSOR_FLOAT16, 5, 10);
}

static void bfloat16_widens_exactly(void **state) {
  (void)state;
  narrow_floats_widen_exactly(TENSOR_BFLOAT16, 8, 7);
}

static void float64_rounds_to_nearest_even(void **state) {
  (void)state;
  static const struct {
    double from;
    float to;
  } cases[] = {
      {0x1.000001p0, 0x1p0f},        /* a tie, down to even */
      {0x1.000003p0, 0x1.000004p0f}, /* a tie, up to even */
      {0x1.0000010000001p0, 0x1.000002p0f},
      {0x1p-150, 0.0f}, /* a tie with the smallest subnormal */
      {0x1.8p-149, 0x1p-148f},
      {0x1.fffffefffffffp127, 0x1.fffffep127f},
      {-0.0, -0.0f},
      {-INFINITY, -INFINITY},
  };
  enum { CASES = sizeof cases / sizeof cases[0] };
  const size_t shape[] = {CASES};
  error err;
  tensor in, out;
  assert_true(tensor_make(&in, TENSOR_FLOAT64, 1, shape, &err));
  for (size_t i = 0; i < CASES; i++) ((double *)in.data)[i] = cases[i].from;
  assert_true(tensor_convert(&in, TENSOR_FLOAT32, &out, &err));
  for (size_t i = 0; i < CASES; i++)
    assert_memory_equal((const float *)out.data + i, &cases[i].to, sizeof(float));
  tensor_free(&in);
  tensor_free(&out);
}

static void a_value_beyond_float32_is_refused(void **state) {
  (void)state;
  error err;
  tensor in, out;
  assert_true(tensor_make(&in, TENSOR_FLOAT64, 0, NULL, &err));
  *(double *)in.data = 0x1.ffffffp127;
  assert_false(tensor_convert(&in, TENSOR_FLOAT32, &out, &err));
  assert_non_null(strstr(err.text, "3.40282e+38 is beyond float32"));
  assert_null(out.data);
  tensor_free(&in);
}

static void same_type_is_copied_with_its_shape(void **state) {
  (void)state;
  const size_t shape[] = {2, 1, 3};
  error err;
  tensor in, out;
  assert_true(tensor_make(&in, TENSOR_FLOAT32, 3, shape, &err));
  for (size_t i = 0; i < 6; i++) ((float *)in.data)[i] = (float)i / 4;
  assert_true(tensor_convert(&in, TENSOR_FLOAT32, &out, &err));
  assert_ptr_not_equal(in.data, out.data);
  assert_int_equal(out.rank, 3);
  assert_int_equal(out.count, 6);
  assert_memory_equal(out.shape, shape, sizeof shape);
  assert_memory_equal(out.data, in.data, 6 * sizeof(float));
  tensor_free(&in);
  tensor_free(&out);
}

static void integers_are_not_converted(void **state) {
  (void)state;
  error err;
  tensor in, out;
  assert_true(tensor_make(&in, TENSOR_INT64, 0, NULL, &err));
  assert_false(tensor_convert(&in, TENSOR_FLOAT32, &out, &err));
  assert_non_null(strstr(err.text, "int64"));
  assert_null(out.data);
  tensor_free(&in);
}

static void made_tensors_are_zero(void **state) {
  (void)state;
  const size_t shape[] = {3, 5};
  error err;
  tensor t;
  assert_true(tensor_make(&t, TENSOR_INT64, 2, shape, &err));
  assert_int_equal(t.count, 15);
  for (size_t i = 0; i < 15; i++) assert_true(((const int64_t *)t.data)[i] == 0);
  tensor_free(&t);
  assert_null(t.data);
  tensor_free(&t);
}

static void scalars_and_empty_tensors_have_data(void **state) {
  (void)state;
  const size_t empty[] = {SIZE_MAX, SIZE_MAX, 0};
  error err;
  tensor t;
  assert_true(tensor_make(&t, TENSOR_FLOAT64, 0, NULL, &err));
  assert_int_equal(t.count, 1);
  tensor_free(&t);
  assert_true(tensor_make(&t, TENSOR_FLOAT64, 3, empty, &err));
  assert_int_equal(t.count, 0);
  assert_non_null(t.data);
  tensor_free(&t);
}

static void impossible_sizes_are_refused(void **state) {
  (void)state;
  const size_t wraps[] = {SIZE_MAX / 2 + 1, 2};
  const size_t bytes_wrap[] = {SIZE_MAX / 4};
  const size_t deep[TENSOR_RANK_MAX + 1] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  error err;
  tensor t;
  assert_false(tensor_make(&t, TENSOR_FLOAT32, 2, wraps, &err));
  assert_non_null(strstr(err.text, "larger than this machine"));
  assert_null(t.data);
  assert_false(tensor_make(&t, TENSOR_FLOAT64, 1, bytes_wrap, &err));
  assert_non_null(strstr(err.text, "larger than this machine"));
  assert_false(tensor_make(&t, TENSOR_FLOAT32, TENSOR_RANK_MAX + 1, deep, &err));
  assert_non_null(strstr(err.text, "9 dimensions"));
}

static void shapes_print_as_numpy_does(void **state) {
  (void)state;
  char text[64];
  assert_string_equal(tensor_shape_text(&(tensor){0}, text, sizeof text), "()");
  const tensor one = {.rank = 1, .shape = {3}};
  assert_string_equal(tensor_shape_text(&one, text, sizeof text), "(3,)");
  const tensor four = {.rank = 4, .shape = {2, 24, 3, 8}};
  assert_string_equal(tensor_shape_text(&four, text, sizeof text), "(2, 24, 3, 8)");
  assert_string_equal(tensor_shape_text(&four, text, 6), "(2, 2");
}

static void types_have_numpy_names_and_sizes(void **state) {
  (void)state;
  assert_string_equal(tensor_type_name(TENSOR_BFLOAT16), "bfloat16");
  assert_string_equal(tensor_type_name(TENSOR_INT64), "int64");
  assert_int_equal(tensor_type_size(TENSOR_FLOAT16), 2);
  assert_int_equal(tensor_type_size(TENSOR_BFLOAT16), 2);
  assert_int_equal(tensor_type_size(TENSOR_FLOAT32), 4);
  assert_int_equal(tensor_type_size(TENSOR_FLOAT64), 8);
  assert_int_equal(tensor_type_size(TENSOR_INT64), 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(float16_widens_exactly),
      cmocka_unit_test(bfloat16_widens_exactly),
      cmocka_unit_test(float64_rounds_to_nearest_even),
      cmocka_unit_test(a_value_beyond_float32_is_refused),
      cmocka_unit_test(same_type_is_copied_with_its_shape),
      cmocka_unit_test(integers_are_not_converted),
      cmocka_unit_test(made_tensors_are_zero),
      cmocka_unit_test(scalars_and_empty_tensors_have_data),
      cmocka_unit_test(impossible_sizes_are_refused),
      cmocka_unit_test(shapes_print_as_numpy_does),
      cmocka_unit_test(types_have_numpy_names_and_sizes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
