/* ISA probing, held against what the system says of the CPU. */
#include "fixture.h"

#include <stdio.h>

static void test_names(void **state) {
  (void)state;
  assert_string_equal(lkv_isa_name(LKV_ISA_SCALAR), "scalar");
  assert_string_equal(lkv_isa_name(LKV_ISA_AVX2), "avx2");
  assert_string_equal(lkv_isa_name(LKV_ISA_AVX512), "avx512");
  assert_string_equal(lkv_isa_name(LKV_ISA_AVX512_BF16), "avx512_bf16");
}

static void test_scalar_always_runs(void **state) {
  (void)state;
  assert_true(lkv_cpu_supports(LKV_ISA_SCALAR, NULL));
}

static void test_missing_isa_is_explained(void **state) {
  (void)state;
  for (int isa = 0; isa <= LKV_ISA_COUNT; isa++) {
    const char *why = NULL;
    const bool supported = lkv_cpu_supports((lkv_isa)isa, &why);
    assert_int_equal(supported, why == NULL);
    assert_int_equal(supported, lkv_cpu_supports((lkv_isa)isa, NULL));
  }
  assert_false(lkv_cpu_supports(LKV_ISA_COUNT, NULL));
}

static void test_wider_implies_narrower(void **state) {
  (void)state;
  if (lkv_cpu_supports(LKV_ISA_AVX512_BF16, NULL))
    assert_true(lkv_cpu_supports(LKV_ISA_AVX512, NULL));
}

/* Whether /proc/cpuinfo's first line of flags has every word of `flags`. */
static bool cpuinfo_has(const char *line, const char *const *flags) {
  for (; *flags; flags++) {
    char word[32];
    snprintf(word, sizeof word, " %s ", *flags);
    if (!strstr(line, word)) return false;
  }
  return true;
}

static void test_agrees_with_cpuinfo(void **state) {
  static const char *const avx2[] = {"avx2", "fma", NULL};
  static const char *const avx512[] = {"avx512f", "avx512bw", "avx512dq", "avx512vl",
                                       NULL};
  static const char *const bf16[] = {"avx512f",  "avx512bw",    "avx512dq",
                                     "avx512vl", "avx512_bf16", NULL};
  static char line[16384];
  (void)state;
  FILE *file = fopen("/proc/cpuinfo", "r");
  if (!file) skip();
  bool found = false;
  while (!found && fgets(line, sizeof line, file)) found = strncmp(line, "flags", 5) == 0;
  fclose(file);
  if (!found) skip();
  line[strcspn(line, "\n")] = ' ';
  assert_int_equal(lkv_cpu_supports(LKV_ISA_AVX2, NULL), cpuinfo_has(line, avx2));
  assert_int_equal(lkv_cpu_supports(LKV_ISA_AVX512, NULL), cpuinfo_has(line, avx512));
  assert_int_equal(lkv_cpu_supports(LKV_ISA_AVX512_BF16, NULL), cpuinfo_has(line, bf16));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_scalar_always_runs),
      cmocka_unit_test(test_missing_isa_is_explained),
      cmocka_unit_test(test_wider_implies_narrower),
      cmocka_unit_test(test_agrees_with_cpuinfo),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
