#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "linkv/registry.h"
#include "plot_looks.h"
#include "sample.h"

static const char *type_text(lkv_dtype type) {
  return type == LKV_FLOAT64 ? "float64" : type == LKV_BFLOAT16 ? "bfloat16" : "float32";
}

/* A row of each kernel there is, the last first. */
static void make_rows(rows *all) {
  for (size_t k = lkv_kernel_count(); k-- > 0;) {
    const lkv_kernel *kernel = lkv_kernel_at(k);
    row *r = sample_row(all, kernel->name, 64, 1e6, 1e-7);
    row_set_text(r, ROW_algorithm, kernel->algorithm);
    row_set_text(r, ROW_operand_type, type_text(kernel->operand_type));
    row_set_text(r, ROW_accum_type, type_text(kernel->accum_type));
  }
}

static void check_differ(const plot_kernel *kernel, size_t count) {
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < i; j++) {
      const plot_look *a = &kernel[i].look, *b = &kernel[j].look;
      if (a->hue == b->hue && a->shade == b->shade && a->mark == b->mark &&
          a->dash == b->dash)
        fail_msg("%s looks as %s does", kernel[i].name, kernel[j].name);
      assert_true(a->hue < LOOK_HUES && a->shade < LOOK_SHADES && a->mark < LOOK_MARKS &&
                  a->dash < LOOK_DASHES);
    }
}

static void kernels_look_different_by_what_they_are(void **state) {
  (void)state;
  rows all = {0};
  size_t count;
  make_rows(&all);
  plot_kernel *kernel = plot_kernels(&all, &count);
  assert_non_null(kernel);
  assert_int_equal(count, lkv_kernel_count());
  check_differ(kernel, count);
  const plot_look tile = plot_look_of(kernel, count, "avx2_tile");
  const plot_look rows_whole = plot_look_of(kernel, count, "avx2_row");
  const plot_look wide = plot_look_of(kernel, count, "avx2_tile_f64");
  const plot_look scalar = plot_look_of(kernel, count, "scalar_tile");
  assert_true(tile.hue == rows_whole.hue && tile.hue != scalar.hue);
  assert_true(tile.mark == scalar.mark && tile.mark != rows_whole.mark);
  assert_true(tile.mark == wide.mark && tile.shade == wide.shade);
  assert_true(tile.dash == scalar.dash && tile.dash != wide.dash);
  free(kernel);
  rows_free(&all);
}

/* Nothing is known of them but their names, which share a word. */
static void kernels_that_are_alike_still_look_different(void **state) {
  (void)state;
  rows all = {0};
  char name[32];
  size_t count;
  enum { MANY = LOOK_SHADES * LOOK_MARKS * LOOK_DASHES };
  for (int k = 0; k < MANY; k++) {
    snprintf(name, sizeof name, "mine_%d", k);
    for (int twice = 0; twice < 2; twice++)
      row_set_text(sample_row(&all, name, 64, 1e6, 1e-7), ROW_algorithm, "tile");
  }
  plot_kernel *kernel = plot_kernels(&all, &count);
  assert_non_null(kernel);
  assert_int_equal(count, MANY);
  check_differ(kernel, count);
  free(kernel);
  rows_free(&all);
}

static void other_words_have_hues_of_their_own(void **state) {
  (void)state;
  static const char *const names[] = {"avx2_a", "mine_a", "scalar_a", "yours_a",
                                      "yours_b"};
  static const size_t hues[] = {1, 4, 0, 5, 5};
  rows all = {0};
  size_t count;
  for (size_t i = 0; i < 5; i++) sample_row(&all, names[i], 64, 1e6, 1e-7);
  plot_kernel *kernel = plot_kernels(&all, &count);
  assert_non_null(kernel);
  for (size_t i = 0; i < 5; i++)
    assert_int_equal(plot_look_of(kernel, count, names[i]).hue, hues[i]);
  free(kernel);
  rows_free(&all);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kernels_look_different_by_what_they_are),
      cmocka_unit_test(kernels_that_are_alike_still_look_different),
      cmocka_unit_test(other_words_have_hues_of_their_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
