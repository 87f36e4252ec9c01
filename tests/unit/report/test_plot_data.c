#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "plot_data.h"
#include "sample.h"

static plot_figures grouped(const rows *all, plot_kind kind) {
  plot_figures figures;
  error err;
  assert_true(plot_group(all, kind, &figures, &err));
  return figures;
}

static const plot_series *series_of(const plot_figure *figure, const char *kernel) {
  for (size_t s = 0; s < figure->count; s++)
    if (!strcmp(figure->series[s].kernel, kernel)) return &figure->series[s];
  fail_msg("the figure has no kernel %s", kernel);
  return NULL;
}

/* One kernel at two lengths; at the longer one with three seeds, and with a tile size
 * that was measured there alone. */
static void make_merged(rows *all) {
  sample_row(all, "k", 256, 900, 2e-7);
  row *alone = sample_row(all, "k", 512, 1000, 9e-7);
  row_set_integer(alone, ROW_tile_q, 16);
  row_set_integer(alone, ROW_peak_bytes, 1000);
  row *fast = sample_row(all, "k", 512, 3000, 1e-7);
  row_set_integer(fast, ROW_seed, 3);
  row_set_integer(fast, ROW_peak_bytes, 8000);
  row_set_real(fast, ROW_time_ns_low, 2900);
  row_set_real(fast, ROW_time_ns_high, 3200);
  row_set_integer(sample_row(all, "k", 512, 4000, 5e-7), ROW_seed, 2);
}

static void check_merged(plot_kind kind, double x, double y) {
  rows all = {0};
  make_merged(&all);
  plot_figures figures = grouped(&all, kind);
  if (kind == PLOT_TRADEOFF) {
    assert_int_equal(figures.count, 0);
  } else {
    assert_int_equal(figures.count, 1);
    assert_true(figures.figure[0].merged);
    const plot_series *series = series_of(&figures.figure[0], "k");
    assert_int_equal(series->ok_count, 2);
    assert_true(series->ok[1].x == x);
    assert_true(series->ok[1].y == y);
  }
  plot_figures_free(&figures);
  rows_free(&all);
}

static void time_takes_the_fastest_of_the_common_tiles(void **state) {
  (void)state;
  check_merged(PLOT_TIME, 512, 3000);
}

static void memory_takes_that_of_the_fastest(void **state) {
  (void)state;
  check_merged(PLOT_MEMORY, 512, 8000);
}

static void error_takes_the_largest(void **state) {
  (void)state;
  check_merged(PLOT_ERROR, 512, 9e-7);
}

static void tradeoff_needs_two_kernels(void **state) {
  (void)state;
  check_merged(PLOT_TRADEOFF, 0, 0);
}

static void tradeoff_takes_fastest_time_and_largest_error(void **state) {
  (void)state;
  rows all = {0};
  make_merged(&all);
  sample_row(&all, "second", 512, 7000, 1e-8);
  plot_figures figures = grouped(&all, PLOT_TRADEOFF);
  assert_int_equal(figures.count, 1);
  const plot_series *series = series_of(&figures.figure[0], "k");
  assert_true(series->ok[1].x == 1000);
  assert_true(series->ok[1].y == 9e-7);
  plot_figures_free(&figures);
  rows_free(&all);
}

static void bars_are_those_of_the_point(void **state) {
  (void)state;
  rows all = {0};
  make_merged(&all);
  plot_figures figures = grouped(&all, PLOT_TIME);
  const plot_series *series = series_of(&figures.figure[0], "k");
  assert_true(series->ok[1].low == 2900);
  assert_true(series->ok[1].high == 3200);
  assert_true(series->ok[0].low == 900); /* no interval: no bar */
  plot_figures_free(&figures);
  rows_free(&all);
}

static void rows_that_are_not_ok_are_flagged_or_counted(void **state) {
  (void)state;
  rows all = {0};
  sample_row(&all, "k", 256, 900, 2e-7);
  sample_row(&all, "k", 512, 3000, 2e-7);
  row_set_text(sample_row(&all, "k", 512, 1000, 0.5), ROW_status, "wrong");
  row_set_text(sample_row(&all, "k", 1024, NAN, NAN), ROW_status, "timeout");
  row_set_text(sample_row(&all, "k", 2048, NAN, INFINITY), ROW_status, "wrong");
  plot_figures figures = grouped(&all, PLOT_TIME);
  const plot_figure *figure = &figures.figure[0];
  const plot_series *series = series_of(figure, "k");
  assert_int_equal(series->ok_count, 2);
  assert_true(series->ok[1].y == 3000); /* a wrong row is faster, but never the line */
  assert_int_equal(series->flagged_count, 1);
  assert_true(series->flagged[0].y == 1000);
  assert_false(figure->merged);
  assert_string_equal(plot_statuses[1], "wrong");
  assert_string_equal(plot_statuses[5], "timeout");
  assert_int_equal(figure->flagged[1], 1);
  assert_int_equal(figure->undrawn[1], 1);
  assert_int_equal(figure->undrawn[5], 1);
  assert_int_equal(figure->undrawn[0], 0);
  plot_figures_free(&figures);
  rows_free(&all);
}

static void zero_has_no_place_on_a_log_axis(void **state) {
  (void)state;
  rows all = {0};
  sample_row(&all, "k", 256, 900, 0);
  sample_row(&all, "k", 512, 900, 1e-7);
  sample_row(&all, "k", 1024, 900, 1e-7);
  plot_figures figures = grouped(&all, PLOT_ERROR);
  assert_int_equal(series_of(&figures.figure[0], "k")->ok_count, 2);
  assert_int_equal(figures.figure[0].undrawn[0], 1);
  plot_figures_free(&figures);
  rows_free(&all);
}

static void a_figure_a_facet(void **state) {
  (void)state;
  rows all = {0};
  for (int64_t t = 64; t <= 128; t *= 2) {
    sample_row(&all, "k", t, 900, 1e-7);
    row_set_integer(sample_row(&all, "k", t, 900, 1e-7), ROW_heads, 8);
    row_set_integer(sample_row(&all, "k", t, 900, 1e-7), ROW_threads, 2);
    row_set_text(sample_row(&all, "k", t, 900, 1e-7), ROW_stage, "block");
    row_set_text(sample_row(&all, "k", t, 900, 1e-7), ROW_regime, "positive");
  }
  row_set_integer(sample_row(&all, "k", 64, 900, 1e-7), ROW_batch, 7); /* one T only */
  plot_figures figures = grouped(&all, PLOT_TIME);
  assert_int_equal(figures.count, 5);
  assert_string_equal(figures.figure[0].name, "time_attention_gaussian_b1_h2_d64_p1");
  for (size_t i = 0; i < figures.count; i++)
    assert_int_equal(figures.figure[i].series[0].ok_count, 2);
  plot_figures_free(&figures);
  rows_free(&all);
}

static void labels_are_facets_with_names_of_their_own(void **state) {
  (void)state;
  static const char *const labels[] = {"a/b", "a_b", "a b"};
  rows all = {0};
  for (size_t l = 0; l < 3; l++)
    for (int64_t t = 64; t <= 128; t *= 2)
      row_set_text(sample_row(&all, "k", t, 900, 1e-7), ROW_label, labels[l]);
  plot_figures figures = grouped(&all, PLOT_TIME);
  assert_int_equal(figures.count, 3);
  static const char *const names[] = {"time_attention_gaussian_b1_h2_d64_p1_a_b",
                                      "time_attention_gaussian_b1_h2_d64_p1_a_b~2",
                                      "time_attention_gaussian_b1_h2_d64_p1_a_b~3"};
  for (size_t i = 0; i < 3; i++) assert_string_equal(figures.figure[i].name, names[i]);
  plot_figures_free(&figures);
  rows_free(&all);
}

static void lines_are_from_upper_to_lower(void **state) {
  (void)state;
  rows all = {0};
  for (int64_t t = 64; t <= 256; t *= 2) {
    const double square = (double)(t * t);
    sample_row(&all, "middle", t, 3 * square, 1e-7);
    sample_row(&all, "lower", t, 1 * square, 1e-7);
    if (t < 256) sample_row(&all, "upper", t, 9 * square, 1e-7); /* ends early */
    sample_row(&all, "a_nothing", t, NAN, NAN);
  }
  plot_figures figures = grouped(&all, PLOT_TIME);
  const plot_figure *figure = &figures.figure[0];
  assert_string_equal(figure->series[0].kernel, "upper");
  assert_string_equal(figure->series[1].kernel, "middle");
  assert_string_equal(figure->series[2].kernel, "lower");
  assert_int_equal(figure->drawn, 3);
  plot_figures_free(&figures);
  rows_free(&all);
}

/* 8 T H d floats of operands and output; 4 d T^2 H flops. */
static void a_roofline_counts_compulsory_bytes(void **state) {
  (void)state;
  rows all = {0};
  sample_row(&all, "k", 256, 1e6, 1e-7);
  plot_figures figures = grouped(&all, PLOT_ROOFLINE);
  assert_int_equal(figures.count, 1); /* one length is enough */
  const plot_point *point = &series_of(&figures.figure[0], "k")->ok[0];
  assert_true(fabs(point->x - 256 / 8.0) < 1e-9);
  assert_true(fabs(point->y - 4.0 * 64 * 256 * 256 * 2 / 1e6) < 1e-9);
  plot_figures_free(&figures);

  /* The block moves X, y and seven weights. */
  row_set_text(&all.row[0], ROW_stage, "block");
  figures = grouped(&all, PLOT_ROOFLINE);
  const double bytes = 4.0 * (2 * 256 * 128 + 7 * 128 * 128);
  const double flops = 4.0 * 64 * 256 * 256 * 2;
  assert_true(fabs(series_of(&figures.figure[0], "k")->ok[0].x - flops / bytes) < 1e-9);
  plot_figures_free(&figures);
  rows_free(&all);
}

static void a_roofline_has_a_peak_a_type(void **state) {
  (void)state;
  rows all = {0};
  sample_row(&all, "single", 256, 1e6, 1e-7);
  row *r = sample_row(&all, "double", 256, 2e6, 1e-7);
  row_set_text(r, ROW_operand_type, "float64");
  row_set_real(r, ROW_share_of_peak, r->field[ROW_gflops].real / 50);
  r = sample_row(&all, "never_ends", 256, NAN, NAN);
  row_set_text(r, ROW_status, "timeout");
  plot_figures figures = grouped(&all, PLOT_ROOFLINE);
  assert_int_equal(figures.count, 1);
  assert_true(fabs(figures.figure[0].peak[0] - 100) < 1e-9);
  assert_true(fabs(figures.figure[0].peak[1] - 50) < 1e-9);
  assert_true(figures.figure[0].bandwidth == 0);
  plot_figures_free(&figures);
  rows_free(&all);
}

static void tiles_are_a_figure_a_kernel_and_length(void **state) {
  (void)state;
  rows all = {0};
  for (int64_t q = 16; q <= 32; q *= 2)
    for (int64_t k = 8; k <= 32; k *= 2) {
      sample_tile(&all, "avx2_tile", q, k, (double)(q * k));
      sample_tile(&all, "avx2_tile_f64acc", q, k, 1000);
      sample_tile(&all, "only_keys", 16, k, 1000);
    }
  row_set_integer(sample_tile(&all, "avx2_tile", 16, 8, 100), ROW_seed, 2);
  row_set_text(sample_tile(&all, "avx2_tile", 64, 8, 1), ROW_status, "wrong");
  plot_figures figures = grouped(&all, PLOT_TILES);
  assert_int_equal(figures.count, 2); /* one tile size alone makes none */
  const plot_figure *figure = &figures.figure[0];
  assert_string_equal(figure->name,
                      "tiles_avx2_tile_attention_gaussian_b1_t512_h2_d64_p1");
  assert_int_equal(figure->cells, 6);
  assert_int_equal(figure->undrawn[1], 1);
  assert_true(figure->merged);
  assert_true(figure->cell[0].time_ns == 100); /* the faster of two */
  assert_int_equal(figure->cell[5].tile_q, 32);
  assert_int_equal(figure->cell[5].tile_k, 32);
  assert_false(figures.figure[1].merged);
  plot_figures_free(&figures);
  rows_free(&all);
}

static void no_rows_give_no_figure(void **state) {
  (void)state;
  const rows none = {0};
  plot_figures figures = grouped(&none, PLOT_TIME);
  assert_int_equal(figures.count, 0);
  plot_figures_free(&figures);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(time_takes_the_fastest_of_the_common_tiles),
      cmocka_unit_test(memory_takes_that_of_the_fastest),
      cmocka_unit_test(error_takes_the_largest),
      cmocka_unit_test(tradeoff_needs_two_kernels),
      cmocka_unit_test(tradeoff_takes_fastest_time_and_largest_error),
      cmocka_unit_test(bars_are_those_of_the_point),
      cmocka_unit_test(rows_that_are_not_ok_are_flagged_or_counted),
      cmocka_unit_test(zero_has_no_place_on_a_log_axis),
      cmocka_unit_test(a_figure_a_facet),
      cmocka_unit_test(labels_are_facets_with_names_of_their_own),
      cmocka_unit_test(lines_are_from_upper_to_lower),
      cmocka_unit_test(a_roofline_counts_compulsory_bytes),
      cmocka_unit_test(a_roofline_has_a_peak_a_type),
      cmocka_unit_test(tiles_are_a_figure_a_kernel_and_length),
      cmocka_unit_test(no_rows_give_no_figure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
