/* Bins and their text. */
#include "ulp_histogram.h"

#include <math.h>

#include "../check.h"

static void ends_belong_to_the_bin_below(void **state) {
  (void)state;
  static const struct {
    double units;
    size_t bin;
  } known[] = {{0, 0},
               {0x1p-1074, 1},
               {0.5, 1},
               {0.5000001, 2},
               {1, 2},
               {1.5, 3},
               {2, 3},
               {3, 4},
               {4, 4},
               {0x1p24, ULP_BIN_LARGEST},
               {0x1.000001p24, ULP_BIN_MORE},
               {1e300, ULP_BIN_MORE},
               {INFINITY, ULP_BIN_NONFINITE},
               {NAN, ULP_BIN_NONFINITE}};
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    ulp_histogram h = {0};
    ulp_histogram_count(&h, known[i].units);
    for (size_t b = 0; b < ULP_BINS; b++) assert_int_equal(h.bin[b], b == known[i].bin);
  }
}

static void texts_name_the_bins_that_hold_something(void **state) {
  (void)state;
  char text[ULP_TEXT_SIZE];
  ulp_histogram h = {0};
  assert_string_equal(ulp_histogram_text(&h, text), "");
  h.bin[0] = 12;
  h.bin[1] = 40;
  h.bin[2] = 1;
  h.bin[ULP_BIN_LARGEST] = 3;
  h.bin[ULP_BIN_MORE] = 1;
  h.bin[ULP_BIN_NONFINITE] = 2;
  assert_string_equal(ulp_histogram_text(&h, text),
                      "0:12 0.5:40 1:1 16777216:3 more:1 nonfinite:2");
}

static void a_full_histogram_fits(void **state) {
  (void)state;
  char text[ULP_TEXT_SIZE];
  ulp_histogram h;
  for (size_t b = 0; b < ULP_BINS; b++) h.bin[b] = SIZE_MAX;
  ulp_histogram_text(&h, text);
  assert_non_null(strstr(text, " nonfinite:18446744073709551615"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ends_belong_to_the_bin_below),
      cmocka_unit_test(texts_name_the_bins_that_hold_something),
      cmocka_unit_test(a_full_histogram_fits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
