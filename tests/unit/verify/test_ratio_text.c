/* What is below 1 never reads 1. */
#include "ratio_text.h"

#include <math.h>

#include "../check.h"

static void below_one_never_reads_one(void **state) {
  (void)state;
  static const struct {
    double r;
    const char *text;
  } known[] = {{0.07831, "0.0783"}, {1, "1"},
               {1.0004, "1"},       {0.99993, "0.9999"},
               {4.25, "4.25"},      {INFINITY, "inf"},
               {0.99949, "0.999"},  {0, "0"},
               {NAN, "nan"},        {1 - 0x1p-53, "0.9999999999999999"}};
  char text[32];
  for (size_t i = 0; i < COUNT_OF(known); i++)
    assert_string_equal(ratio_text(known[i].r, text, sizeof text), known[i].text);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(below_one_never_reads_one)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
