/* Each width of vectors gives the bits of a plain loop. The source is included, since a
 * machine chooses one width. */
#include "product.c"

#include <stdlib.h>

#include "../check.h"

typedef void by_width(size_t rows, size_t inner, size_t cols, const double *x,
                      size_t stride, const double *w, const double *below, double *out);

static double value(void) {
  return (double)rand() / RAND_MAX - 0.25;
}

static double sum_in_order(size_t inner, size_t cols, const double *x, const double *w) {
  double sum = 0;
  for (size_t k = 0; k < inner; k++) {
    const volatile double product = x[k] * w[k * cols];
    sum += product;
  }
  return sum;
}

static void expect_bits(by_width *run, size_t rows, size_t inner, size_t cols,
                        bool divide) {
  const size_t stride = inner + 3;
  static double x[12 * 90], w[90 * 90], below[12], out[12 * 90];
  for (size_t i = 0; i < COUNT_OF(x); i++) x[i] = value();
  for (size_t i = 0; i < COUNT_OF(w); i++) w[i] = value();
  for (size_t i = 0; i < COUNT_OF(below); i++) below[i] = value();
  run(rows, inner, cols, x, stride, w, divide ? below : NULL, out);
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < cols; c++) {
      double want = sum_in_order(inner, cols, x + r * stride, w + c);
      if (divide) want /= below[r];
      assert_memory_equal(&out[r * cols + c], &want, sizeof want);
    }
}

static void every_width_gives_the_same_bits(void **state) {
  (void)state;
  by_width *const widths[] = {rows_narrow, wide() ? rows_avx2 : rows_narrow,
                              product_rows};
  static const size_t sizes[][3] = {{1, 1, 1},  {3, 5, 7},    {4, 8, 8},    {5, 64, 64},
                                    {9, 33, 9}, {12, 16, 24}, {11, 80, 81}, {6, 7, 15}};
  for (size_t v = 0; v < COUNT_OF(widths); v++)
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
      for (int divide = 0; divide < 2; divide++)
        expect_bits(widths[v], sizes[i][0], sizes[i][1], sizes[i][2], divide);
}

static void dots_are_summed_in_order(void **state) {
  (void)state;
  static double x[21 * 40], a[40], out[21];
  for (size_t i = 0; i < COUNT_OF(x); i++) x[i] = value();
  for (size_t i = 0; i < COUNT_OF(a); i++) a[i] = value();
  product_dots(21, 37, x, 40, a, 0.5, out);
  for (size_t r = 0; r < 21; r++) {
    const double want = sum_in_order(37, 1, x + r * 40, a) + 0.5;
    assert_memory_equal(&out[r], &want, sizeof want);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_width_gives_the_same_bits),
      cmocka_unit_test(dots_are_summed_in_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
