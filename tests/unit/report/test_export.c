#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>

#include "export.h"
#include "sample.h"

static char *exported(const rows *all, export_format format) {
  error err;
  FILE *stream = tmpfile();
  assert_non_null(stream);
  assert_true(export_rows(all, &(export_options){.format = format}, stream, &err));
  return sample_text(stream);
}

/* One row with every awkward value. */
static void make_awkward(rows *all) {
  row *r = sample_row(all, "a,b", 64, 0.1, INFINITY);
  row_set_text(r, ROW_reason, "he said \"no\"\nand left");
  row_set_text(r, ROW_label, "caf\xC3\xA9 \xFF");
  row_set_text(r, ROW_kernel_build, "plain");
  row_set_real(r, ROW_gflops, 3.0);
  row_set_real(r, ROW_rms_rel_err, NAN);
  row_set_integer(r, ROW_peak_bytes, INT64_C(9007199254740993));
}

static void csv_quotes_as_rfc_4180(void **state) {
  (void)state;
  rows all = {0};
  make_awkward(&all);
  char *text = exported(&all, EXPORT_CSV);
  assert_memory_equal(text, "kernel,algorithm,isa,", 21);
  char *line = strchr(text, '\n') + 1;
  assert_memory_equal(line, "\"a,b\",,,", 8);
  assert_non_null(strstr(line, ",\"he said \"\"no\"\"\nand left\","));
  assert_non_null(strstr(line, ",9007199254740993,"));
  assert_non_null(strstr(line, ",0.1,"));
  assert_non_null(strstr(line, ",inf,"));
  assert_null(strstr(line, "nan"));
  assert_non_null(strstr(line, "caf\xC3\xA9 \xEF\xBF\xBD"));
  assert_string_equal(strrchr(line, ','), ",plain\n");
  free(text);
  rows_free(&all);
}

static void csv_has_a_cell_for_every_field(void **state) {
  (void)state;
  rows all = {0};
  sample_row(&all, "k", 64, 1, 1e-7);
  char *text = exported(&all, EXPORT_CSV);
  size_t commas = 0;
  for (const char *c = text; *c; c++) commas += *c == ',';
  assert_int_equal(commas, 2 * (ROW_FIELDS - 1));
  free(text);
  rows_free(&all);
}

static void check_awkward(const json_t *object) {
  assert_int_equal(json_object_size(object), ROW_FIELDS);
  for (int f = 0; f < ROW_FIELDS; f++)
    assert_non_null(json_object_get(object, row_fields[f].name));
  assert_string_equal(json_string_value(json_object_get(object, "kernel")), "a,b");
  assert_string_equal(json_string_value(json_object_get(object, "reason")),
                      "he said \"no\"\nand left");
  assert_string_equal(json_string_value(json_object_get(object, "label")),
                      "caf\xC3\xA9 \xEF\xBF\xBD");
  assert_true(json_is_null(json_object_get(object, "max_rel_err")));
  assert_true(json_is_null(json_object_get(object, "rms_rel_err")));
  assert_true(json_is_null(json_object_get(object, "tile_q")));
  assert_true(json_is_real(json_object_get(object, "gflops")));
  assert_true(json_real_value(json_object_get(object, "time_ns")) == 0.1);
  const json_t *peak = json_object_get(object, "peak_bytes");
  assert_true(json_is_integer(peak));
  assert_int_equal(json_integer_value(peak), INT64_C(9007199254740993));
}

static void json_is_an_array_of_whole_objects(void **state) {
  (void)state;
  rows all = {0};
  make_awkward(&all);
  sample_row(&all, "second", 128, 2, 1e-7);
  char *text = exported(&all, EXPORT_JSON);
  json_error_t why;
  json_t *array = json_loads(text, JSON_REJECT_DUPLICATES, &why);
  assert_non_null(array);
  assert_int_equal(json_array_size(array), 2);
  check_awkward(json_array_get(array, 0));
  assert_null(strstr(text, ": inf"));
  assert_null(strstr(text, ": nan"));
  assert_non_null(strstr(text, "\"time_ns\": 0.1,"));
  json_decref(array);
  free(text);
  rows_free(&all);
}

static void json_of_no_rows_is_an_empty_array(void **state) {
  (void)state;
  const rows none = {0};
  char *text = exported(&none, EXPORT_JSON);
  json_t *array = json_loads(text, 0, NULL);
  assert_true(json_is_array(array));
  assert_int_equal(json_array_size(array), 0);
  json_decref(array);
  free(text);
}

static void jsonl_is_an_object_a_line(void **state) {
  (void)state;
  rows all = {0};
  make_awkward(&all);
  make_awkward(&all);
  char *text = exported(&all, EXPORT_JSONL), *line = text;
  for (size_t i = 0; i < all.count; i++) {
    char *end = strchr(line, '\n');
    assert_non_null(end);
    *end = 0;
    json_t *object = json_loads(line, 0, NULL);
    assert_non_null(object);
    check_awkward(object);
    json_decref(object);
    line = end + 1;
  }
  assert_string_equal(line, "");
  free(text);
  rows_free(&all);
}

static void markdown_cells_cannot_break_the_table(void **state) {
  (void)state;
  rows all = {0};
  row *r = sample_row(&all, "k1", 64, 1, 1e-7);
  row_set_text(r, ROW_status, "wrong");
  row_set_text(r, ROW_reason, "a|b\nc");
  sample_row(&all, "k2", 64, 1, 1e-7);
  char *text = exported(&all, EXPORT_MD);
  assert_non_null(strstr(text, "wrong: a\\|b<br>c |\n"));
  assert_non_null(strstr(text, "| ---: "));
  free(text);
  rows_free(&all);
}

static void failed_writes_are_reported(void **state) {
  (void)state;
  rows all = {0};
  error err;
  make_awkward(&all);
  for (int format = EXPORT_TABLE; format <= EXPORT_JUNIT; format++) {
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    const export_options options = {.format = (export_format)format};
    assert_false(export_rows(&all, &options, full, &err));
    assert_non_null(strstr(err.text, "could not be written"));
    fclose(full);
  }
  rows_free(&all);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(csv_quotes_as_rfc_4180),
      cmocka_unit_test(csv_has_a_cell_for_every_field),
      cmocka_unit_test(json_is_an_array_of_whole_objects),
      cmocka_unit_test(json_of_no_rows_is_an_empty_array),
      cmocka_unit_test(jsonl_is_an_object_a_line),
      cmocka_unit_test(markdown_cells_cannot_break_the_table),
      cmocka_unit_test(failed_writes_are_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
