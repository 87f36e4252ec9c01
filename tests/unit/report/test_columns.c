#include "columns.h"

#include "../check.h"

static void all_is_every_field_in_order(void **state) {
  (void)state;
  row_columns c;
  error err;
  EXPECT_OK(columns_parse("all", &c, &err), &err);
  assert_int_equal(c.count, ROW_FIELDS);
  for (int f = 0; f < ROW_FIELDS; f++) assert_int_equal(c.field[f], f);
}

static void names_keep_their_order(void **state) {
  (void)state;
  row_columns c;
  error err;
  EXPECT_OK(columns_parse("time_ns,kernel,seq_len", &c, &err), &err);
  assert_int_equal(c.count, 3);
  assert_int_equal(c.field[0], ROW_time_ns);
  assert_int_equal(c.field[1], ROW_kernel);
  assert_int_equal(c.field[2], ROW_seq_len);
}

static void what_is_no_field_is_named(void **state) {
  (void)state;
  static const struct {
    const char *text, *word;
  } bad[] = {{"kernel,speed", "'speed'"}, {"kernel,", "''"},
             {",kernel", "''"},           {"", "''"},
             {"kerne", "'kerne'"},        {"kernels", "'kernels'"},
             {"kernel,all", "'all'"},     {"kernel, seq_len", "' seq_len'"}};
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    row_columns c;
    error err;
    assert_false(columns_parse(bad[i].text, &c, &err));
    EXPECT_SAYS(&err, "--columns", bad[i].word, "no field");
  }
}

static void a_field_is_named_once(void **state) {
  (void)state;
  row_columns c;
  error err;
  assert_false(columns_parse("kernel,seq_len,kernel", &c, &err));
  EXPECT_SAYS(&err, "'kernel'", "twice");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_is_every_field_in_order),
      cmocka_unit_test(names_keep_their_order),
      cmocka_unit_test(what_is_no_field_is_named),
      cmocka_unit_test(a_field_is_named_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
