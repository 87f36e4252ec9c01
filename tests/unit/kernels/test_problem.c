/* Names and flop counts. */
#include "fixture.h"

static void test_names(void **state) {
  static const char *const name[LKV_OPERANDS] = {"Q", "QK", "KK", "VK", "QV", "KV", "VV"};
  (void)state;
  for (int o = 0; o < LKV_OPERANDS; o++)
    assert_string_equal(lkv_operand_name(o), name[o]);
  assert_string_equal(lkv_dtype_name(LKV_FLOAT32), "float32");
  assert_string_equal(lkv_dtype_name(LKV_FLOAT64), "float64");
  assert_int_equal(lkv_dtype_size(LKV_FLOAT32), 4);
  assert_int_equal(lkv_dtype_size(LKV_FLOAT64), 8);
  assert_string_equal(lkv_dtype_name(LKV_BFLOAT16), "bfloat16");
  assert_int_equal(lkv_dtype_size(LKV_BFLOAT16), 2);
  assert_string_equal(lkv_stage_name(LKV_STAGE_ATTENTION), "attention");
  assert_string_equal(lkv_stage_name(LKV_STAGE_BLOCK), "block");
}

static void test_status_texts_are_distinct(void **state) {
  (void)state;
  for (int a = LKV_OK; a <= LKV_KERNEL_FAILED; a++)
    for (int b = LKV_OK; b < a; b++)
      assert_string_not_equal(lkv_status_text((lkv_status)a),
                              lkv_status_text((lkv_status)b));
}

static void test_flops(void **state) {
  const lkv_problem p = {
      .batch = 3, .seq_len = 10, .heads = 5, .head_dim = 4, .tile_q = 2};
  (void)state;
  /* 4 * 4 * 100, and that times 1 + (8 + 2) / 10. */
  assert_true(lkv_headline_flops(&p) == 1600.0);
  assert_true(lkv_useful_flops(&p) == 3200.0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_status_texts_are_distinct),
      cmocka_unit_test(test_flops),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
