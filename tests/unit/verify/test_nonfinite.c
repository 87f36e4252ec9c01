/* Maps of what is not finite. */
#include "nonfinite.h"

#include <math.h>

#include "../check.h"

static void nothing_is_an_empty_text(void **state) {
  (void)state;
  char text[NONFINITE_TEXT_SIZE];
  const nonfinite_map m = {0};
  assert_string_equal(nonfinite_text(&m, text), "");
}

static void first_places_of_each_head(void **state) {
  (void)state;
  char text[NONFINITE_TEXT_SIZE];
  nonfinite_map m = {0};
  nonfinite_note(&m, (element){0, 2, 1, 5}, NAN);
  nonfinite_note(&m, (element){0, 2, 1, 7}, NAN);
  nonfinite_note(&m, (element){0, 3, 1, 1}, -INFINITY);
  nonfinite_note(&m, (element){0, 3, 1, 5}, NAN);
  assert_string_equal(nonfinite_text(&m, text),
                      "3 NaN, 1 infinite: b=0 h=1: 4 at t=2,3 c=1,5,7");
  nonfinite_note(&m, (element){0, 3, 2, 0}, INFINITY);
  assert_string_equal(nonfinite_text(&m, text),
                      "3 NaN, 2 infinite: b=0 h=1: 4 at t=2,3 c=1,5,7; b=0 h=2: 1 at t=3 "
                      "c=0");
}

static void more_than_fits_is_said(void **state) {
  (void)state;
  char text[NONFINITE_TEXT_SIZE];
  nonfinite_map m = {0};
  for (size_t t = 10; t < 20; t++)
    for (size_t c = 9; c > 2; c--) nonfinite_note(&m, (element){1, t, 0, c}, INFINITY);
  assert_string_equal(nonfinite_text(&m, text),
                      "70 infinite: b=1 h=0: 70 at t=10,11,12,13,... c=3,4,5,6,...");
  for (size_t h = 1; h < 7; h++) nonfinite_note(&m, (element){1, 20, h, 0}, NAN);
  nonfinite_text(&m, text);
  assert_non_null(strstr(text, "; b=1 h=3: 1 at t=20 c=0; 3 in other heads"));
  assert_null(strstr(text, "h=4"));
}

static void the_longest_text_fits(void **state) {
  (void)state;
  char text[NONFINITE_TEXT_SIZE];
  nonfinite_map m = {.nan = SIZE_MAX, .infinite = SIZE_MAX, .elsewhere = SIZE_MAX};
  m.slices = NONFINITE_SLICES;
  for (size_t i = 0; i < NONFINITE_SLICES; i++) {
    nonfinite_slice *s = &m.slice[i];
    *s = (nonfinite_slice){.batch = SIZE_MAX - i,
                           .head = SIZE_MAX,
                           .count = SIZE_MAX,
                           .tokens = NONFINITE_PLACES,
                           .columns = NONFINITE_PLACES,
                           .more_tokens = true,
                           .more_columns = true};
    for (size_t k = 0; k < NONFINITE_PLACES; k++) s->token[k] = s->column[k] = SIZE_MAX;
  }
  nonfinite_text(&m, text);
  assert_string_equal(text + strlen(text) - 15, " in other heads");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_an_empty_text),
      cmocka_unit_test(first_places_of_each_head),
      cmocka_unit_test(more_than_fits_is_said),
      cmocka_unit_test(the_longest_text_fits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
