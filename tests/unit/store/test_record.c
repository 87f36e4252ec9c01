#include "record.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "../check.h"

static const char *const statuses[] = {"ok",        "skipped",       "ill_conditioned",
                                       "untrusted", "out_of_memory", "timeout",
                                       "crashed",   "wrong"};

static void expect_equal(const record *a, const record *b) {
  for (int f = 0; f < RECORD_FIELDS; f++) {
    const value *x = &a->field[f], *y = &b->field[f];
    if (x->known != y->known) fail_msg("%s", record_fields[f].name);
    if (!x->known) continue;
    switch (record_fields[f].kind) {
      case VALUE_TEXT:
        assert_string_equal(x->text, y->text);
        break;
      case VALUE_INTEGER:
        assert_true(x->integer == y->integer);
        break;
      case VALUE_REAL:
        assert_memory_equal(&x->real, &y->real, sizeof x->real);
        break;
    }
  }
}

/* Writes and reads back; frees. */
static void expect_round_trip(record *r) {
  record back;
  error err;
  char *line = record_to_json(r);
  assert_non_null(line);
  assert_null(strchr(line, '\n'));
  EXPECT_OK(record_from_json(line, &back, &err), &err);
  expect_equal(r, &back);
  record_free(&back);
  record_free(r);
  free(line);
}

static record with_status(const char *status) {
  record r = {0};
  assert_true(value_set_text(&r.field[RECORD_status], status));
  return r;
}

static void a_full_record_comes_back(void **state) {
  (void)state;
  record r = with_status("ok");
  for (int f = 0; f < RECORD_FIELDS; f++) switch (record_fields[f].kind) {
      case VALUE_TEXT:
        if (f != RECORD_status) value_set_text(&r.field[f], record_fields[f].meaning);
        break;
      case VALUE_INTEGER:
        value_set_integer(&r.field[f], INT64_MAX - f);
        break;
      case VALUE_REAL:
        value_set_real(&r.field[f], 0.1 + f);
        break;
    }
  expect_round_trip(&r);
}

static void unknown_fields_are_left_out(void **state) {
  (void)state;
  record r = with_status("ok");
  char *line = record_to_json(&r);
  assert_string_equal(line, "{\"status\":\"ok\"}");
  free(line);
  expect_round_trip(&r);
}

static void reals_come_back_bit_for_bit(void **state) {
  (void)state;
  static const double reals[] = {INFINITY, -INFINITY, 0,       -0.0, DBL_MAX,
                                 DBL_MIN,  0x1p-1074, 1.0 / 3, 1e22, 123456789};
  for (size_t i = 0; i < COUNT_OF(reals); i++) {
    record r = with_status("ok");
    value_set_real(&r.field[RECORD_time_ns], reals[i]);
    expect_round_trip(&r);
  }
}

static void texts_come_back(void **state) {
  (void)state;
  static const char *const texts[] = {"", "\"quoted\" \\ and\n\ttwo lines",
                                      "\u03b7 \U0001d4b8\u00e9", "{\"status\":\"ok\"}"};
  for (size_t i = 0; i < COUNT_OF(texts); i++) {
    record r = with_status("crashed");
    assert_true(value_set_text(&r.field[RECORD_reason], texts[i]));
    expect_round_trip(&r);
  }
}

static void text_that_is_not_utf8_loses_its_odd_bytes(void **state) {
  (void)state;
  record r = with_status("skipped"), back;
  error err;
  assert_true(value_set_text(&r.field[RECORD_reason], "caf\xe9 \xff, cut \xc3"));
  char *line = record_to_json(&r);
  assert_non_null(line);
  EXPECT_OK(record_from_json(line, &back, &err), &err);
  assert_string_equal(back.field[RECORD_reason].text, "caf? ?, cut ?");
  record_free(&back);
  record_free(&r);
  free(line);
}

static void whole_numbers_are_reals_too(void **state) {
  (void)state;
  record r;
  error err;
  EXPECT_OK(record_from_json(" {\"status\": \"ok\", \"time_ns\": 12} \n", &r, &err),
            &err);
  assert_true(r.field[RECORD_time_ns].real == 12);
  record_free(&r);
}

static void malformed_records_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *line, *word;
  } bad[] = {
      {"", "record is no JSON object"},
      {"null", "record is no JSON object"},
      {"[]", "record is no JSON object: another type"},
      {"\"ok\"", "record is no JSON object"},
      {"{\"status\":\"ok\"", "record is no JSON object"},
      {"{\"status\":\"ok\"} trailing", "record is no JSON object"},
      {"{\"status\":\"ok\"}{\"status\":\"ok\"}", "record is no JSON object"},
      {"{}", "no valid status"},
      {"{\"status\":\"fine\"}", "no valid status"},
      {"{\"status\":\"OK\"}", "no valid status"},
      {"{\"status\":\"\"}", "no valid status"},
      {"{\"status\":null}", "'status' has a wrong type"},
      {"{\"status\":0}", "'status' has a wrong type"},
      {"{\"status\":\"ok\",\"speed\":1}", "unknown field 'speed'"},
      {"{\"status\":\"ok\",\"\":1}", "unknown field ''"},
      {"{\"status\":\"ok\",\"status\":\"ok\"}", "duplicate"},
      {"{\"status\":\"ok\",\"time_ns\":\"fast\"}", "'time_ns' has a wrong type"},
      {"{\"status\":\"ok\",\"time_ns\":\"\"}", "'time_ns' has a wrong type"},
      {"{\"status\":\"ok\",\"time_ns\":\"nan\"}", "'time_ns' has a wrong type"},
      {"{\"status\":\"ok\",\"time_ns\":\"+inf\"}", "'time_ns' has a wrong type"},
      {"{\"status\":\"ok\",\"time_ns\":[1]}", "'time_ns' has a wrong type"},
      {"{\"status\":\"ok\",\"time_ns\":true}", "'time_ns' has a wrong type"},
      {"{\"status\":\"ok\",\"time_ns\":NaN}", "record is no JSON object"},
      {"{\"status\":\"ok\",\"time_ns\":1e999}", "record is no JSON object"},
      {"{\"status\":\"ok\",\"iterations\":1.5}", "'iterations' has a wrong type"},
      {"{\"status\":\"ok\",\"iterations\":\"3\"}", "'iterations' has a wrong type"},
      {"{\"status\":\"ok\",\"iterations\":9223372036854775808}",
       "record is no JSON object"},
      {"{\"status\":\"ok\",\"reason\":{}}", "'reason' has a wrong type"},
      {"{\"status\":\"ok\",\"reason\":\"\\u0000\"}", "record is no JSON object"},
      {"{\"status\":\"ok\",\"reason\":\"\xff\"}", "record is no JSON object"},
  };
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    record r;
    error err = {""};
    if (record_from_json(bad[i].line, &r, &err)) fail_msg("taken: %s", bad[i].line);
    EXPECT_SAYS(&err, bad[i].word);
    for (int f = 0; f < RECORD_FIELDS; f++) assert_null(r.field[f].text);
  }
}

static void deep_nesting_is_refused(void **state) {
  (void)state;
  enum { DEPTH = 100000 };
  char *line = malloc(DEPTH + 1);
  assert_non_null(line);
  memset(line, '[', DEPTH);
  line[DEPTH] = 0;
  record r;
  error err;
  assert_false(record_from_json(line, &r, &err));
  EXPECT_SAYS(&err, "record is no JSON object");
  free(line);
}

static void severities_are_in_order(void **state) {
  (void)state;
  for (int i = 0; i < (int)COUNT_OF(statuses); i++)
    assert_int_equal(status_severity(statuses[i]), i);
  assert_int_equal(status_severity(""), -1);
  assert_int_equal(status_severity("okay"), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_full_record_comes_back),
      cmocka_unit_test(unknown_fields_are_left_out),
      cmocka_unit_test(reals_come_back_bit_for_bit),
      cmocka_unit_test(texts_come_back),
      cmocka_unit_test(text_that_is_not_utf8_loses_its_odd_bytes),
      cmocka_unit_test(whole_numbers_are_reals_too),
      cmocka_unit_test(malformed_records_are_refused),
      cmocka_unit_test(deep_nesting_is_refused),
      cmocka_unit_test(severities_are_in_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
