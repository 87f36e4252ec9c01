/* Values of the FNV-1a page's own test suite (isthe.com/chongo/tech/comp/fnv). */
#include "../check.h"
#include "fnv.h"

static uint64_t hash_of(const char *text) {
  return fnv_bytes(FNV_START, text, strlen(text));
}

static void known_values(void **state) {
  (void)state;
  assert_int_equal(hash_of(""), UINT64_C(0xcbf29ce484222325));
  assert_int_equal(hash_of("a"), UINT64_C(0xaf63dc4c8601ec8c));
  assert_int_equal(hash_of("b"), UINT64_C(0xaf63df4c8601f1a5));
  assert_int_equal(hash_of("foobar"), UINT64_C(0x85944171f73967e8));
  assert_int_equal(hash_of("chongo was here!\n"), UINT64_C(0x46810940eff5f915));
}

static void bytes_above_127_are_unsigned(void **state) {
  (void)state;
  const unsigned char byte = 0xff;
  assert_int_equal(fnv_bytes(FNV_START, &byte, 1),
                   (FNV_START ^ 0xff) * UINT64_C(0x100000001b3));
}

static void hashing_in_parts_is_hashing_the_whole(void **state) {
  (void)state;
  const uint64_t part = fnv_bytes(FNV_START, "foo", 3);
  assert_int_equal(fnv_bytes(part, "bar", 3), hash_of("foobar"));
}

static void texts_do_not_run_into_each_other(void **state) {
  (void)state;
  const uint64_t one = fnv_text(fnv_text(FNV_START, "ab"), "c");
  const uint64_t other = fnv_text(fnv_text(FNV_START, "a"), "bc");
  assert_int_not_equal(one, other);
  assert_int_equal(fnv_text(FNV_START, "ab"), fnv_bytes(FNV_START, "ab", 3));
}

static void two_changed_signs_do_not_cancel(void **state) {
  (void)state;
  const double plus[] = {1, 2, 3, 4}, minus[] = {-1, -2, -3, -4};
  assert_int_not_equal(fnv_words(FNV_START, plus, sizeof plus),
                       fnv_words(FNV_START, minus, sizeof minus));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_values),
      cmocka_unit_test(bytes_above_127_are_unsigned),
      cmocka_unit_test(hashing_in_parts_is_hashing_the_whole),
      cmocka_unit_test(texts_do_not_run_into_each_other),
      cmocka_unit_test(two_changed_signs_do_not_cancel),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
