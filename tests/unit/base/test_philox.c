/* Known answers of Random123's kat_vectors, philox4x32 10. */
#include "philox.h"

#include "../check.h"

static const struct {
  uint32_t counter[4], key[2], word[4];
} known[] = {
    {{0}, {0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static void known_answers(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    uint32_t word[4];
    memcpy(word, known[i].counter, sizeof word);
    philox4x32(word, known[i].key);
    assert_memory_equal(word, known[i].word, sizeof word);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(known_answers)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
