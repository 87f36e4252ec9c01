#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format.h"
#include "sample.h"
#include "table.h"
#include "utf8.h"

static char *printed(const rows *all, table_style style) {
  error err;
  FILE *stream = tmpfile();
  assert_non_null(stream);
  assert_true(report_rows_table(all, stream, style, &err));
  return sample_text(stream);
}

static void make_two(rows *all) {
  row *r = sample_row(all, "fast", 64, 12300, 1.25e-7);
  row_set_real(r, ROW_time_ns_low, 12000);
  row_set_real(r, ROW_time_ns_high, 12600);
  row_set_real(r, ROW_half_width, 2.44);
  row_set_real(r, ROW_share_of_peak, 0.4321);
  row_set_real(r, ROW_gflops, 25.94);
  row_set_integer(r, ROW_tile_q, 16);
  sample_row(all, "slow", 128, 4.5e6, 1e-6);
}

static void what_is_constant_moves_to_the_caption(void **state) {
  (void)state;
  rows all = {0};
  make_two(&all);
  char *text = printed(&all, TABLE_TEXT), *end = strchr(text, '\n');
  *end = 0;
  assert_string_equal(text,
                      "stage attention, threads 1, regime gaussian, seed 1, "
                      "machine 0123456789abcdef, status ok");
  char *titles = end + 1;
  *strchr(titles, '\n') = 0;
  assert_memory_equal(titles, "kernel ", 7);
  assert_non_null(strstr(titles, "B×T×H×d"));
  assert_null(strstr(titles, "regime"));
  assert_null(strstr(titles, "status"));
  free(text);
  rows_free(&all);
}

static void what_varies_stays_a_column(void **state) {
  (void)state;
  rows all = {0};
  make_two(&all);
  row_set_text(&all.row[1], ROW_regime, "positive");
  row_set_text(&all.row[1], ROW_status, "timeout");
  row_set_text(&all.row[1], ROW_reason, "no result in 60 s");
  char *text = printed(&all, TABLE_TEXT);
  assert_null(strstr(text, "regime gaussian"));
  assert_non_null(strstr(text, " positive "));
  assert_non_null(strstr(text, " timeout: no result in 60 s\n"));
  free(text);
  rows_free(&all);
}

static void one_row_keeps_its_name_and_shape(void **state) {
  (void)state;
  rows all = {0};
  sample_row(&all, "only", 64, 1, 1e-7);
  char *text = printed(&all, TABLE_TEXT);
  assert_non_null(strstr(text, "\nonly "));
  assert_non_null(strstr(text, "1×64×2×64"));
  free(text);
  rows_free(&all);
}

static void cells_have_units_and_lines_are_aligned(void **state) {
  (void)state;
  rows all = {0};
  make_two(&all);
  char *text = printed(&all, TABLE_TEXT);
  static const char *const cells[] = {"12.3 µs", " 2.4 ",   " 25.9 ",  " 43.2 ",
                                      "4.50 ms", "256 KiB", "512 KiB", " 1.2e-07",
                                      "16×–",    "1.0e-06"};
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
    assert_non_null(strstr(text, cells[i]));
  char *titles = strchr(text, '\n') + 1, *first = strchr(titles, '\n') + 1;
  char *second = strchr(first, '\n') + 1;
  first[-1] = second[-1] = 0;
  *strstr(titles, "max rel err") = 0;
  *strstr(first, "1.2e-07") = 0;
  *strstr(second, "1.0e-06") = 0;
  assert_int_equal(utf8_width(titles) + strlen("max rel err"),
                   utf8_width(first) + strlen("1.2e-07"));
  assert_int_equal(utf8_width(first), utf8_width(second));
  free(text);
  rows_free(&all);
}

static void unknown_is_a_dash_and_never_minus_zero(void **state) {
  (void)state;
  rows all = {0};
  make_two(&all);
  row_set_real(&all.row[1], ROW_share_of_peak, -1e-9);
  char *text = printed(&all, TABLE_TEXT);
  assert_non_null(strstr(text, FORMAT_NULL));
  assert_null(strstr(text,
                     "-0"
                     "."));
  assert_non_null(strstr(text, " 0.0 "));
  free(text);
  rows_free(&all);
}

static void colour_only_where_asked(void **state) {
  (void)state;
  rows all = {0};
  make_two(&all);
  row_set_text(&all.row[1], ROW_status, "wrong");
  char *plain = printed(&all, TABLE_TEXT), *colour = printed(&all, TABLE_COLOUR);
  assert_null(strchr(plain, '\033'));
  assert_non_null(strstr(colour, "\033[31mwrong\033[0m"));
  free(plain);
  free(colour);
  rows_free(&all);
}

static void cells_cannot_drive_the_terminal(void **state) {
  (void)state;
  static const table_column columns[] = {{"a", TABLE_LEFT}, {"b", TABLE_RIGHT}};
  table t;
  error err;
  FILE *stream = tmpfile();
  table_make(&t, columns, 2);
  assert_true(table_add(&t, "x\033[2Jy\nz", TABLE_PLAIN, &err));
  assert_true(table_add(&t, NULL, TABLE_PLAIN, &err));
  assert_true(table_print(&t, stream, TABLE_TEXT, &err));
  char *text = sample_text(stream);
  assert_string_equal(text, "a         b\nx?[2Jy?z  –\n");
  free(text);
  table_free(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_constant_moves_to_the_caption),
      cmocka_unit_test(what_varies_stays_a_column),
      cmocka_unit_test(one_row_keeps_its_name_and_shape),
      cmocka_unit_test(cells_have_units_and_lines_are_aligned),
      cmocka_unit_test(unknown_is_a_dash_and_never_minus_zero),
      cmocka_unit_test(colour_only_where_asked),
      cmocka_unit_test(cells_cannot_drive_the_terminal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
