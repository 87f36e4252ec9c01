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

static plot_options every_kind(void) {
  return (plot_options){.directory = folder,
                        .formats = {[PLOT_SVG] = true},
                        .kinds = {true, true, true, true}};
}

/* Three kernels, one of them without any point, and a quote where gnuplot may trip. */
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
  assert_int_equal(files.count, PLOT_KINDS);
  for (size_t i = 0; i < files.count; i++) {
    assert_int_equal(files.figures[i], 1);
    char *svg = read_figure(files.path[i]);
    assert_non_null(strstr(svg, "</svg>"));
    assert_non_null(strstr(svg, "avx2_tile"));
    assert_non_null(strstr(svg, "<text>never_ends (none ok)</text>"));
    assert_non_null(strstr(svg, "H\u00A0=\u00A02, d\u00A0=\u00A064, 1\u00A0thread"));
    assert_non_null(strstr(svg, "0123456789abcdef"));
    assert_non_null(strstr(svg, "s?`date`; set output "));
    assert_non_null(strstr(svg, "1\u00A0wrong"));
    assert_non_null(strstr(svg, "3\u00A0timeout"));
    free(svg);
  }
  assert_int_equal(empty_folder(), PLOT_KINDS); /* and no working files */
  plot_files_free(&files);
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
  const plot_options options = every_kind();
  assert_int_equal(report_plot(&all, &options, &files, &err), PLOT_NOTHING);
  assert_non_null(strstr(err.text, "two sequence lengths"));
  plot_files_free(&files);
  rows_free(&all);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(every_kind_is_drawn, make_folder, remove_folder),
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
