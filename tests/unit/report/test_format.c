#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "format.h"
#include "utf8.h"

static void times_have_three_digits_and_a_unit(void **state) {
  (void)state;
  char b[FORMAT_SIZE];
  assert_string_equal(format_time_ns(0.5, b), "0.50 ns");
  assert_string_equal(format_time_ns(999.4, b), "999 ns");
  assert_string_equal(format_time_ns(999.6, b), "1.00 µs");
  assert_string_equal(format_time_ns(12345, b), "12.3 µs");
  assert_string_equal(format_time_ns(9.996e6, b), "10.0 ms");
  assert_string_equal(format_time_ns(1.5e9, b), "1.50 s");
  assert_string_equal(format_time_ns(3.6e12, b), "3600 s");
  assert_string_equal(format_time_ns(NAN, b), FORMAT_NULL);
  assert_string_equal(format_time_ns(INFINITY, b), "inf");
}

static void bytes_have_a_binary_unit(void **state) {
  (void)state;
  char b[FORMAT_SIZE];
  assert_string_equal(format_bytes(0, b), "0 B");
  assert_string_equal(format_bytes(1023, b), "1023 B");
  assert_string_equal(format_bytes(1024, b), "1.00 KiB");
  assert_string_equal(format_bytes(1000 * 1024, b), "1000 KiB");
  assert_string_equal(format_bytes(1048575, b), "1.00 MiB");
  assert_string_equal(format_bytes(3.5 * 0x1p30, b), "3.50 GiB");
}

static void nothing_prints_as_minus_zero(void **state) {
  (void)state;
  char b[FORMAT_SIZE];
  assert_string_equal(format_fixed(-0.0, 0, b), "0");
  assert_string_equal(format_fixed(-0.04, 1, b), "0.0");
  assert_string_equal(format_fixed(-0.06, 1, b), "-0.1");
  assert_string_equal(format_fixed(-INFINITY, 1, b), "-inf");
  assert_string_equal(format_bytes(-0.0, b), "0 B");
}

static void digits_drop_as_numbers_grow(void **state) {
  (void)state;
  char b[FORMAT_SIZE];
  assert_string_equal(format_digits(0, b), "0.00");
  assert_string_equal(format_digits(0.015, b), "0.0150");
  assert_string_equal(format_digits(1.234, b), "1.23");
  assert_string_equal(format_digits(99.96, b), "100");
  assert_string_equal(format_digits(2e-5, b), "2.0e-05");
}

static void reals_are_short_and_read_back(void **state) {
  (void)state;
  static const double values[] = {0.1,           1.0 / 3, 1e-7,
                                  123456789.125, 5e-324,  0x1p-52,
                                  1e22,          -2.5e-3, 1.7976931348623157e308};
  char b[FORMAT_SIZE];
  assert_string_equal(format_real(0.1, b), "0.1");
  assert_string_equal(format_real(3, b), "3.0");
  for (size_t i = 0; i < sizeof values / sizeof *values; i++)
    assert_true(strtod(format_real(values[i], b), NULL) == values[i]);
}

static void utf8_is_told_from_other_bytes(void **state) {
  (void)state;
  assert_int_equal(utf8_length("é"), 2);
  assert_int_equal(utf8_length("\xF0\x9F\x98\x80"), 4);
  assert_int_equal(utf8_length("\xC0\xAF"), 0);         /* overlong */
  assert_int_equal(utf8_length("\xED\xA0\x80"), 0);     /* surrogate */
  assert_int_equal(utf8_length("\xF4\x90\x80\x80"), 0); /* above U+10FFFF */
  assert_int_equal(utf8_length("\xE2\x82"), 0);         /* cut */
  assert_int_equal(utf8_width("B×T"), 3);
  assert_int_equal(utf8_width("e\xCC\x81"), 1);
  char *clean = utf8_clean("a\xFFz");
  assert_string_equal(clean, "a\xEF\xBF\xBDz");
  free(clean);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(times_have_three_digits_and_a_unit),
      cmocka_unit_test(bytes_have_a_binary_unit),
      cmocka_unit_test(nothing_prints_as_minus_zero),
      cmocka_unit_test(digits_drop_as_numbers_grow),
      cmocka_unit_test(reals_are_short_and_read_back),
      cmocka_unit_test(utf8_is_told_from_other_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
