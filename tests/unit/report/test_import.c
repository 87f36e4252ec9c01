#include "import.h"

#include <math.h>

#include "../scratch.h"
#include "export.h"
#include "sample.h"

/* What import_rows makes of the text. */
static bool imports(const char *text, rows *out, error *err) {
  char *path = scratch_path("in.json");
  scratch_write(path, text, strlen(text));
  const bool ok = import_rows(path, out, err);
  free(path);
  return ok;
}

static void expect_rows(const char *text, size_t count) {
  rows r;
  error err;
  EXPECT_OK(imports(text, &r, &err), &err);
  assert_int_equal(r.count, count);
  for (size_t i = 0; i < count; i++) {
    assert_string_equal(r.row[i].field[ROW_kernel].text, i ? "b" : "a");
    assert_string_equal(r.row[i].field[ROW_status].text, "ok");
  }
  rows_free(&r);
}

#define A "{\"kernel\":\"a\",\"status\":\"ok\"}"
#define B "{\"kernel\":\"b\",\"status\":\"ok\"}"

static void lines_and_arrays_are_read(void **state) {
  (void)state;
  expect_rows(A, 1);
  expect_rows(A "\n" B "\n", 2);
  expect_rows(" " A "\r\n\t\n" B, 2);
  expect_rows("[" A ", " B "]\n", 2);
  expect_rows("[" A "]\n[" B "]", 2);
}

static void fields_take_their_kind(void **state) {
  (void)state;
  rows r;
  error err;
  EXPECT_OK(imports("{\"kernel\":\"k\",\"status\":\"ok\",\"seq_len\":64,\"time_ns\":1000,"
                    "\"max_rel_err\":null,\"times_ns\":\"1000 990.5 1e3\",\"other\":[1]}",
                    &r, &err),
            &err);
  const row *got = r.row;
  assert_int_equal(got->field[ROW_seq_len].integer, 64);
  assert_true(got->field[ROW_time_ns].real == 1000);
  assert_false(got->field[ROW_max_rel_err].known);
  assert_false(got->field[ROW_heads].known);
  assert_int_equal(got->samples, 3);
  assert_true(got->sample[0].time_ns == 1000 && got->sample[1].time_ns == 990.5 &&
              got->sample[2].time_ns == 1000);
  for (size_t i = 0; i < got->samples; i++) {
    assert_true(isnan(got->sample[i].cpu_ns));
    assert_int_equal(got->sample[i].run, 0);
  }
  rows_free(&r);
}

static void an_export_comes_back_the_same(void **state) {
  (void)state;
  static const export_format formats[] = {EXPORT_JSON, EXPORT_JSONL};
  rows all = {0};
  sample_row(&all, "a \"b\"", 64, 0.1, 1e-7);
  row_set_text(sample_tile(&all, "tile", 16, 192, 1e9 / 3), ROW_times_ns, "0.1 2e9 3");
  for (size_t f = 0; f < COUNT_OF(formats); f++) {
    rows back;
    error err;
    char *path = scratch_path("export.json");
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    EXPECT_OK(export_rows(&all, &(export_options){.format = formats[f]}, out, &err),
              &err);
    fclose(out);
    EXPECT_OK(import_rows(path, &back, &err), &err);
    assert_int_equal(back.count, all.count);
    for (size_t i = 0; i < all.count; i++)
      for (int k = 0; k < ROW_FIELDS; k++) {
        const value *was = &all.row[i].field[k], *is = &back.row[i].field[k];
        assert_int_equal(is->known, was->known);
        assert_int_equal(is->integer, was->integer);
        assert_true(is->real == was->real);
        if (is->text) assert_string_equal(is->text, was->text);
      }
    assert_int_equal(back.row[0].samples, 0);
    assert_int_equal(back.row[1].samples, 3);
    rows_free(&back);
    free(path);
  }
  rows_free(&all);
}

static void what_is_no_export_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *says;
  } cases[] = {
      {"", "row 1: "},
      {"  \n", "row 1: "},
      {"[]", "no row"},
      {"7", "row 1: "},
      {"[7]", "row 1: it is no object"},
      {"{}", "row 1: kernel: "},
      {"{\"status\":\"ok\"}", "row 1: kernel: "},
      {A "\n{\"kernel\":\"b\"}", "row 2: status: "},
      {A " x", "row 2: "},
      {A "\n{\"kernel\":", "row 2: "},
      {"{\"kernel\":1,\"status\":\"ok\"}", "row 1: kernel: "},
      {"{\"kernel\":\"a\",\"status\":\"ok\",\"seq_len\":\"8\"}", "row 1: seq_len: "},
      {"{\"kernel\":\"a\",\"status\":\"ok\",\"seq_len\":8.5}", "row 1: seq_len: "},
      {"{\"kernel\":\"a\",\"status\":\"ok\",\"time_ns\":\"8\"}", "row 1: time_ns: "},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    rows r;
    error err;
    if (imports(cases[i].text, &r, &err)) fail_msg("accepted: %s", cases[i].text);
    assert_int_equal(r.count, 0);
    EXPECT_SAYS(&err, "in.json: ", cases[i].says);
  }
}

static void times_that_are_none_are_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"12 x", "x", "0",   "-1 2",  "nan",  "1 inf",
                                    "1,2",  " ", "12x", "1e400", "1\\t2"};
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    char text[128];
    rows r;
    error err;
    snprintf(text, sizeof text,
             "{\"kernel\":\"k\",\"status\":\"ok\",\"times_ns\":\"%s\"}", bad[i]);
    if (imports(text, &r, &err)) fail_msg("accepted: '%s'", bad[i]);
    EXPECT_SAYS(&err, "row 1: times_ns: ", "export it again");
  }
}

static void a_file_that_is_not_there_is_named(void **state) {
  (void)state;
  rows r;
  error err;
  assert_false(import_rows("/no/such/export", &r, &err));
  EXPECT_SAYS(&err, "/no/such/export: cannot be read");
  assert_int_equal(r.count, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_and_arrays_are_read),
      cmocka_unit_test(fields_take_their_kind),
      cmocka_unit_test(an_export_comes_back_the_same),
      cmocka_unit_test(what_is_no_export_is_refused),
      cmocka_unit_test(times_that_are_none_are_refused),
      cmocka_unit_test(a_file_that_is_not_there_is_named),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
