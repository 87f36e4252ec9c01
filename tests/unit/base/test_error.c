#include "../check.h"

static void always_returns_false(void **state) {
  (void)state;
  error err;
  assert_false(error_set(&err, "%s:%d: what", "file", 7));
  assert_string_equal(err.text, "file:7: what");
  assert_false(error_set(&err, "%s", ""));
  assert_string_equal(err.text, "");
}

static void control_characters_become_question_marks(void **state) {
  (void)state;
  error err;
  error_set(&err, "a%sb", "\n\r\t\x1b\x7f\x01");
  assert_string_equal(err.text, "a??????b");
}

static void other_characters_stay(void **state) {
  (void)state;
  error err;
  error_set(&err, "%s", "q\u00fcery \u2013 'x' ~");
  assert_string_equal(err.text, "q\u00fcery \u2013 'x' ~");
}

/* The line that just fits is whole; one more character is cut; nothing is written beyond.
 */
static void long_lines_are_cut(void **state) {
  (void)state;
  enum { SIZE = sizeof((error *)0)->text };
  struct {
    error err;
    char guard[16];
  } room;
  char text[2 * SIZE];
  memset(room.guard, '#', sizeof room.guard);
  memset(text, 'x', sizeof text);
  text[SIZE - 1] = 0;
  error_set(&room.err, "%s", text);
  assert_string_equal(room.err.text, text);
  error_set(&room.err, "%s!", text);
  assert_string_equal(room.err.text, text);
  text[SIZE - 1] = 'x';
  text[sizeof text - 1] = 0;
  error_set(&room.err, "%s", text);
  assert_int_equal(strlen(room.err.text), SIZE - 1);
  for (size_t i = 0; i < sizeof room.guard; i++) assert_int_equal(room.guard[i], '#');
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(always_returns_false),
      cmocka_unit_test(control_characters_become_question_marks),
      cmocka_unit_test(other_characters_stay),
      cmocka_unit_test(long_lines_are_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
