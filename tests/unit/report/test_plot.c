#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <math.h>
#include <unistd.h>

#include "plot.h"
#include "sample.h"
#include "store.h"

static char folder[64];

static int make_folder(void **state) {
  (void)state;
  strcpy(folder, "/tmp/linkv-plots-XXXXXX");
  setenv("LINKV_PLOTS", LINKV_SOURCE_DIR "/plots", 1);
  return mkdtemp(folder) ? 0 : -1;
}

/* Everything in the folder, hidden entries too, which are counted. */
static size_t empty_folder(void) {
  size_t count = 0;
  DIR *dir = opendir(folder);
  for (struct dirent *entry; (entry = readdir(dir));) {
    char path[512];
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    unlink(path);
    count++;
  }
  closedir(dir);
  return count;
}

static int remove_folder(void **state) {
  (void)state;
  empty_folder();
  return rmdir(folder);
}

static bool have_gnuplot(void) {
  return system("command -v gnuplot > /dev/null") == 0;
}

/* Every kind but tiles, whose rows are others. */
static plot_options every_kind(void) {
  plot_options options = {.directory = folder, .formats = {[PLOT_SVG] = true}};
  for (int k = 0; k < PLOT_KINDS; k++) options.kinds[k] = k != PLOT_TILES;
  return options;
}

/* Three kernels, one of them without any point: it leaves the legend; and a quote where
 * gnuplot may trip. */
static void make_rows(rows *all) {
  for (int64_t t = 64; t <= 256; t *= 2) {
    const double square = (double)(t * t);
    sample_row(all, "scalar_row", t, 8 * square, 2e-7);
    row *r = sample_row(all, "avx2_tile", t, square, 3e-7);
    if (t == 256) row_set_text(r, ROW_status, "wrong");
    r = sample_row(all, "never_ends", t, NAN, NAN);
    row_set_text(r, ROW_status, "timeout");
    r->field[ROW_peak_bytes].known = false;
  }
  for (size_t i = 0; i < all->count; i++)
    row_set_text(&all->row[i], ROW_label, "it's\n`date`; set output 'x' \"@y\"");
}

static char *read_figure(const char *path) {
  FILE *in = fopen(path, "r");
  assert_non_null(in);
  fseek(in, 0, SEEK_END);
  return sample_text(in);
}

static void every_kind_is_drawn(void **state) {
  (void)state;
  if (!have_gnuplot()) skip();
  rows all = {0};
  plot_files files;
  error err = {""};
  make_rows(&all);
  const plot_options options = every_kind();
  if (report_plot(&all, &options, &files, &err) != PLOT_DONE) fail_msg("%s", err.text);
  assert_int_equal(files.count, PLOT_KINDS - 1);
  for (size_t i = 0; i < files.count; i++) {
    assert_int_equal(files.figures[i], 1);
    char *svg = read_figure(files.path[i]);
    assert_non_null(strstr(svg, "</svg>"));
    assert_non_null(strstr(svg, "avx2_tile"));
    assert_null(strstr(svg, "<text>never_ends</text>")); /* no part of the legend */
    assert_non_null(strstr(svg, "never_ends."));
    assert_non_null(strstr(svg, "H\u00A0=\u00A02, d\u00A0=\u00A064, 1\u00A0thread"));
    assert_non_null(strstr(svg, "0123456789abcdef"));
    assert_non_null(strstr(svg, "s?`date`; set output "));
    assert_non_null(strstr(svg, "1\u00A0wrong"));
    assert_non_null(strstr(svg, "3\u00A0timeout"));
    free(svg);
  }
  assert_int_equal(empty_folder(), PLOT_KINDS - 1); /* and no working files */
  plot_files_free(&files);
  rows_free(&all);
}

/* The figure of that kind alone, as SVG. */
static char *draw_one(const rows *all, plot_kind kind, const char *db) {
  plot_options options = {.directory = folder, .formats = {[PLOT_SVG] = true}, .db = db};
  plot_files files;
  error err = {""};
  options.kinds[kind] = true;
  if (report_plot(all, &options, &files, &err) != PLOT_DONE) fail_msg("%s", err.text);
  assert_int_equal(files.count, 1);
  char *svg = read_figure(files.path[0]);
  plot_files_free(&files);
  return svg;
}

static void tiles_are_drawn_with_sizes_and_shares(void **state) {
  (void)state;
  if (!have_gnuplot()) skip();
  rows all = {0};
  for (int64_t q = 16; q <= 48; q += 16)
    for (int64_t k = 96; k <= 384; k *= 2)
      if (q != 48 || k != 384) /* a hole */
        sample_tile(&all, "avx2_tile", q, k, 1e6 * (double)(q + k));
  char *svg = draw_one(&all, PLOT_TILES, NULL);
  static const char *const wanted[] = {
      "avx2_tile, attention", "T\u00A0=\u00A0512", ">48<", ">384<",
      "tile_q (queries)",     "tile_k (keys)",     ">1.2<"};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    if (!strstr(svg, wanted[i])) fail_msg("the figure lacks %s", wanted[i]);
  free(svg);
  rows_free(&all);
}

static void a_roofline_shows_peak_and_bandwidth(void **state) {
  (void)state;
  if (!have_gnuplot()) skip();
  char db[128];
  rows all = {0};
  store *s;
  int64_t run;
  error err = {""};
  snprintf(db, sizeof db, "%s/r.db", folder);
  const run_info info = {.label = "default",
                         .command = "linkv sweep",
                         .machine = "0123456789abcdef",
                         .machine_facts = "{\"ceilings\": {\"bandwidth_gbytes\": 12.5}}"};
  if (!store_open(db, &s, &err) || !store_begin_run(s, &info, &run, &err))
    fail_msg("%s", err.text);
  store_close(s);
  for (int64_t t = 16; t <= 256; t *= 2)
    sample_row(&all, "avx2_row", t, 20 * (double)(t * t), 1e-7);
  char *svg = draw_one(&all, PLOT_ROOFLINE, db);
  assert_non_null(strstr(svg, "<text>100 float32</text>"));
  assert_non_null(strstr(svg, "12.5\u00A0GB/s"));
  free(svg);
  svg = draw_one(&all, PLOT_ROOFLINE, NULL);
  assert_null(strstr(svg, "GB/s"));
  assert_non_null(strstr(svg, "recorded"));
  free(svg);
  rows_free(&all);
}

static void missing_gnuplot_says_what_to_install(void **state) {
  (void)state;
  rows all = {0};
  plot_files files;
  error err;
  char *path = strdup(getenv("PATH"));
  make_rows(&all);
  const plot_options options = every_kind();
  setenv("PATH", folder, 1);
  plot_result result = report_plot(&all, &options, &files, &err);
  setenv("PATH", path, 1);
  assert_int_equal(result, PLOT_FAILED);
  assert_non_null(strstr(err.text, "install gnuplot-nox"));
  assert_int_equal(files.count, 0);
  assert_int_equal(empty_folder(), 0);
  plot_files_free(&files);
  rows_free(&all);
  free(path);
}

static void a_failing_script_is_quoted(void **state) {
  (void)state;
  if (!have_gnuplot()) skip();
  rows all = {0};
  plot_files files;
  error err;
  char script[128];
  make_rows(&all);
  plot_options options = every_kind();
  static const char *const scripts[] = {"style.gp", "time.gp"};
  for (size_t i = 0; i < 2; i++) {
    snprintf(script, sizeof script, "%s/%s", folder, scripts[i]);
    FILE *out = fopen(script, "w");
    fputs("load 'no such file'\n", out);
    fclose(out);
  }
  setenv("LINKV_PLOTS", folder, 1);
  assert_int_equal(report_plot(&all, &options, &files, &err), PLOT_FAILED);
  assert_non_null(strstr(err.text, "figure time_attention_gaussian_b1_h2_d64_p1"));
  assert_non_null(strstr(err.text, "no such file"));
  plot_files_free(&files);
  rows_free(&all);
}

static void missing_sources_say_where_to_point(void **state) {
  (void)state;
  rows all = {0};
  plot_files files;
  error err;
  make_rows(&all);
  const plot_options options = every_kind();
  setenv("LINKV_PLOTS", folder, 1);
  assert_int_equal(report_plot(&all, &options, &files, &err), PLOT_FAILED);
  assert_non_null(strstr(err.text, "LINKV_PLOTS"));
  plot_files_free(&files);
  rows_free(&all);
}

static void rows_of_one_length_say_what_is_needed(void **state) {
  (void)state;
  rows all = {0};
  plot_files files;
  error err;
  sample_row(&all, "k", 64, 1, 1e-7);
  plot_options options = every_kind();
  options.kinds[PLOT_ROOFLINE] = false;
  assert_int_equal(report_plot(&all, &options, &files, &err), PLOT_NOTHING);
  assert_non_null(strstr(err.text, "two sequence lengths"));
  plot_files_free(&files);
  rows_free(&all);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(every_kind_is_drawn, make_folder, remove_folder),
      cmocka_unit_test_setup_teardown(tiles_are_drawn_with_sizes_and_shares, make_folder,
                                      remove_folder),
      cmocka_unit_test_setup_teardown(a_roofline_shows_peak_and_bandwidth, make_folder,
                                      remove_folder),
      cmocka_unit_test_setup_teardown(missing_gnuplot_says_what_to_install, make_folder,
                                      remove_folder),
      cmocka_unit_test_setup_teardown(a_failing_script_is_quoted, make_folder,
                                      remove_folder),
      cmocka_unit_test_setup_teardown(missing_sources_say_where_to_point, make_folder,
                                      remove_folder),
      cmocka_unit_test_setup_teardown(rows_of_one_length_say_what_is_needed, make_folder,
                                      remove_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
