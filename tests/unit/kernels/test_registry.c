/* The built-in kernels: their descriptors, names and identities. */
#include "fixture.h"

#include <stdio.h>

static void test_registry_is_the_list(void **state) {
  char line[256], name[128];
  size_t index = 0;
  (void)state;
  FILE *file = fopen(LINKV_SOURCE_DIR "/kernels/kernels.def", "r");
  assert_non_null(file);
  while (fgets(line, sizeof line, file)) {
    if (sscanf(line, "LKV_KERNEL(%127[a-z0-9_],", name) != 1) continue;
    const lkv_kernel *kernel = lkv_kernel_at(index++);
    assert_non_null(kernel);
    assert_string_equal(kernel->name, name);
  }
  fclose(file);
  assert_true(index >= 7);
  assert_int_equal(lkv_kernel_count(), index);
  assert_null(lkv_kernel_at(index));
}

static void test_descriptors_keep_the_abi(void **state) {
  (void)state;
  for (size_t i = 0; i < lkv_kernel_count(); i++) {
    char error[256] = "";
    if (!lkv_kernel_check(lkv_kernel_at(i), error, sizeof error)) fail_msg("%s", error);
  }
}

static void test_names_say_isa_and_algorithm(void **state) {
  (void)state;
  for (size_t i = 0; i < lkv_kernel_count(); i++) {
    const lkv_kernel *kernel = lkv_kernel_at(i);
    const char *suffix = kernel->operand_type == LKV_BFLOAT16        ? "_bf16"
                         : kernel->operand_type == LKV_FLOAT64       ? "_f64"
                         : kernel->accum_type != kernel->output_type ? "_f64acc"
                                                                     : "";
    const char *isa =
        kernel->isa == LKV_ISA_AVX512_BF16 ? "avx512" : lkv_isa_name(kernel->isa);
    char name[256];
    /* What a BLAS computes has the ISA that the library finds at run time. */
    if (strncmp(kernel->name, "blas_", 5) == 0) isa = "blas";
    snprintf(name, sizeof name, "%s_%s%s", isa, kernel->algorithm, suffix);
    assert_string_equal(kernel->name, name);
  }
}

static void test_find(void **state) {
  (void)state;
  for (size_t i = 0; i < lkv_kernel_count(); i++)
    assert_ptr_equal(lkv_kernel_find(lkv_kernel_at(i)->name), lkv_kernel_at(i));
  assert_null(lkv_kernel_find("scalar_"));
  assert_null(lkv_kernel_find(""));
}

static void test_builds(void **state) {
  const lkv_kernel stranger = *lkv_kernel_at(0);
  (void)state;
  for (size_t i = 0; i < lkv_kernel_count(); i++) {
    const char *build = lkv_kernel_build(lkv_kernel_at(i));
    assert_int_equal(strlen(build), 16);
    assert_int_equal(strspn(build, "0123456789abcdef"), 16);
    for (size_t j = 0; j < i; j++)
      assert_string_not_equal(build, lkv_kernel_build(lkv_kernel_at(j)));
  }
  assert_string_equal(lkv_kernel_build(&stranger), "");
}

static void test_tiles(void **state) {
  const lkv_problem unset = {.batch = 1, .seq_len = 9, .heads = 1, .head_dim = 4};
  lkv_problem set = unset;
  (void)state;
  set.tile_q = 5;
  set.tile_k = 7;
  const lkv_kernel *merge = lkv_kernel_find("scalar_stream_merge");
  const lkv_kernel *online = lkv_kernel_find("scalar_stream_online");
  const lkv_kernel *row = lkv_kernel_find("scalar_row");
  assert_int_equal(lkv_resolve_tiles(merge, unset).tile_k, 64);
  assert_int_equal(lkv_resolve_tiles(online, unset).tile_k, 128);
  assert_int_equal(lkv_resolve_tiles(merge, set).tile_k, 7);
  assert_int_equal(lkv_resolve_tiles(merge, set).tile_q, 0);
  assert_int_equal(lkv_resolve_tiles(row, set).tile_k, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_registry_is_the_list),
      cmocka_unit_test(test_descriptors_keep_the_abi),
      cmocka_unit_test(test_names_say_isa_and_algorithm),
      cmocka_unit_test(test_find),
      cmocka_unit_test(test_builds),
      cmocka_unit_test(test_tiles),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
