#include "order.h"

#include <string.h>

#include "../check.h"

enum { COUNT = 7, FIRST = 40 };

static void a_round_takes_each_point_once(void **state) {
  (void)state;
  for (unsigned round = 1; round <= 64; round++) {
    size_t order[COUNT];
    unsigned seen = 0;
    order_of_round(order, FIRST, COUNT, 1, round);
    for (size_t i = 0; i < COUNT; i++) {
      assert_in_range(order[i], FIRST, FIRST + COUNT - 1);
      seen |= 1u << (order[i] - FIRST);
    }
    assert_int_equal(seen, (1u << COUNT) - 1);
  }
}

static void the_second_of_two_rounds_is_the_first_backwards(void **state) {
  (void)state;
  for (unsigned round = 1; round <= 63; round += 2) {
    size_t there[COUNT], back[COUNT];
    order_of_round(there, FIRST, COUNT, 9, round);
    order_of_round(back, FIRST, COUNT, 9, round + 1);
    for (size_t i = 0; i < COUNT; i++) assert_int_equal(there[i], back[COUNT - 1 - i]);
  }
}

static void seed_and_pair_of_rounds_matter(void **state) {
  (void)state;
  size_t order[COUNT], again[COUNT], seed[COUNT], later[COUNT];
  order_of_round(order, FIRST, COUNT, 1, 1);
  order_of_round(again, FIRST, COUNT, 1, 1);
  order_of_round(seed, FIRST, COUNT, 2, 1);
  order_of_round(later, FIRST, COUNT, 1, 3);
  assert_memory_equal(order, again, sizeof order);
  assert_int_not_equal(memcmp(order, seed, sizeof order), 0);
  assert_int_not_equal(memcmp(order, later, sizeof order), 0);
}

/* Over many pairs of rounds every point comes first about as often as any other. */
static void no_place_has_a_favourite(void **state) {
  (void)state;
  enum { ROUNDS = 1400 };
  int first[COUNT] = {0};
  for (unsigned round = 1; round <= ROUNDS; round++) {
    size_t order[COUNT];
    order_of_round(order, FIRST, COUNT, 3, round);
    first[order[0] - FIRST]++;
  }
  for (size_t i = 0; i < COUNT; i++) assert_in_range(first[i], 140, 260);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_round_takes_each_point_once),
      cmocka_unit_test(the_second_of_two_rounds_is_the_first_backwards),
      cmocka_unit_test(seed_and_pair_of_rounds_matter),
      cmocka_unit_test(no_place_has_a_favourite),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
