/* Sizes, and what is none. */
#include "bytes_parse.h"

#include "../check.h"

static void sizes_are_read(void **state) {
  (void)state;
  static const struct {
    const char *text;
    uint64_t bytes;
  } known[] = {{"1", 1},
               {"4096", 4096},
               {"100B", 100},
               {"3KiB", 3072},
               {"512 MiB", UINT64_C(512) << 20},
               {"4GiB", UINT64_C(4) << 30},
               {"1.5GiB", UINT64_C(3) << 29},
               {"2TiB", UINT64_C(2) << 40}};
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    uint64_t bytes = 0;
    if (!bytes_parse(known[i].text, &bytes)) fail_msg("%s", known[i].text);
    assert_true(bytes == known[i].bytes);
  }
}

static void other_texts_are_refused(void **state) {
  (void)state;
  static const char *const bad[] = {
      "",    "GiB", "-1GiB", "4GB",  "4gib", "4 GiB ", "4GiBs",      "0",
      "0.1", "inf", "nan",   "0x10", "1e30", " 4",     "1048576TiB", "4,5GiB"};
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    uint64_t bytes = 7;
    if (bytes_parse(bad[i], &bytes))
      fail_msg("'%s' is %llu", bad[i], (unsigned long long)bytes);
    assert_true(bytes == 7);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sizes_are_read),
      cmocka_unit_test(other_texts_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
