/* Facts of machine and build: complete, well-formed, and telling the same twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka needs the above */
#include <cmocka.h>

#include "linkv/cpu.h"
#include "machine.h"
#include "peak.h"

static void the_id_is_16_hex_digits(void **state) {
  (void)state;
  const char *id = machine_id();
  assert_int_equal(strlen(id), MACHINE_ID_SIZE - 1);
  assert_int_equal(strspn(id, "0123456789abcdef"), MACHINE_ID_SIZE - 1);
  char copy[MACHINE_ID_SIZE];
  memcpy(copy, id, sizeof copy);
  assert_string_equal(machine_id(), copy);
}

static void the_name_tells_the_cores(void **state) {
  (void)state;
  const char *name = machine_name();
  const char *cores = strstr(name, " core");
  assert_non_null(cores);
  assert_true(cores > name && cores[-1] >= '0' && cores[-1] <= '9');
}

static void the_build_is_known(void **state) {
  (void)state;
  const char *compiler = build_compiler();
  assert_true(!strncmp(compiler, "gcc ", 4) || !strncmp(compiler, "clang ", 6));
  assert_non_null(build_flags());
  const char *commit = build_commit();
  if (!commit) return;
  assert_int_equal(strspn(commit, "0123456789abcdef"), 12);
  assert_true(!commit[12] || !strcmp(commit + 12, "-dirty"));
}

static bool is_null_or(const json_t *value, json_type type) {
  return value && (json_is_null(value) || json_typeof(value) == type);
}

static void facts_have_every_member(void **state) {
  (void)state;
  json_t *facts = machine_facts();
  assert_non_null(facts);
  assert_string_equal(json_string_value(json_object_get(facts, "id")), machine_id());
  assert_string_equal(json_string_value(json_object_get(facts, "name")), machine_name());
  const char *const texts[] = {"os",    "kernel",     "governor", "compiler",
                               "flags", "build_type", "commit"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_true(is_null_or(json_object_get(facts, texts[i]), JSON_STRING));
  assert_true(is_null_or(json_object_get(facts, "memory_bytes"), JSON_INTEGER));
  assert_int_equal(json_array_size(json_object_get(facts, "load")), 3);
  const json_t *is_virtual = json_object_get(facts, "virtual");
  assert_true(json_is_null(is_virtual) || json_is_boolean(is_virtual));
  assert_null(json_object_get(facts, "ceilings"));

  const json_t *libraries = json_object_get(facts, "libraries");
  const char *const names[] = {"benchmark", "openblas", "openmp", "glibc"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    assert_true(is_null_or(json_object_get(libraries, names[i]), JSON_STRING));
  json_decref(facts);
}

static void cpu_facts_agree_with_the_cpu(void **state) {
  (void)state;
  json_t *facts = machine_facts();
  const json_t *cpu = json_object_get(facts, "cpu");
  assert_true(is_null_or(json_object_get(cpu, "model"), JSON_STRING));
  assert_true(is_null_or(json_object_get(cpu, "vendor"), JSON_STRING));
  assert_true(is_null_or(json_object_get(cpu, "mhz"), JSON_REAL));
  assert_true(json_integer_value(json_object_get(cpu, "cores")) >= 1);

  const json_t *isas = json_object_get(cpu, "isa");
  size_t next = 0;
  for (int isa = 0; isa < LKV_ISA_COUNT; isa++)
    if (lkv_cpu_supports((lkv_isa)isa, NULL))
      assert_string_equal(json_string_value(json_array_get(isas, next++)),
                          lkv_isa_name((lkv_isa)isa));
  assert_int_equal(json_array_size(isas), next);

  size_t i;
  json_t *cache;
  json_array_foreach(json_object_get(facts, "caches"), i, cache) {
    assert_true(json_integer_value(json_object_get(cache, "level")) >= 1);
    assert_true(json_is_string(json_object_get(cache, "type")));
    assert_true(is_null_or(json_object_get(cache, "bytes"), JSON_INTEGER));
    assert_true(is_null_or(json_object_get(cache, "shared_cpus"), JSON_STRING));
  }
  json_decref(facts);
}

static void measured_facts_have_every_ceiling(void **state) {
  (void)state;
  json_t *facts = machine_facts_measured(0.05);
  assert_non_null(facts);
  const json_t *ceilings = json_object_get(facts, "ceilings");
  const json_t *fma = json_object_get(ceilings, "fma");
  size_t next = 0;
  for (int isa = 0; isa < LKV_ISA_COUNT; isa++)
    for (int dtype = LKV_FLOAT32; dtype <= LKV_FLOAT64; dtype++) {
      if (!peak_available((lkv_isa)isa, (lkv_dtype)dtype)) continue;
      const json_t *ceiling = json_array_get(fma, next++);
      assert_string_equal(json_string_value(json_object_get(ceiling, "isa")),
                          lkv_isa_name((lkv_isa)isa));
      assert_string_equal(json_string_value(json_object_get(ceiling, "type")),
                          lkv_dtype_name((lkv_dtype)dtype));
      assert_true(json_real_value(json_object_get(ceiling, "gflops")) > 0);
    }
  assert_int_equal(json_array_size(fma), next);
  assert_true(json_real_value(json_object_get(ceilings, "bandwidth_gbytes")) > 0);
  const char *when = json_string_value(json_object_get(ceilings, "measured_at"));
  assert_non_null(when);
  assert_int_equal(strlen(when), strlen("2026-01-01T00:00:00Z"));
  assert_true(json_equal(json_object_get(ceilings, "governor"),
                         json_object_get(facts, "governor")));
  json_decref(facts);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_id_is_16_hex_digits),
      cmocka_unit_test(the_name_tells_the_cores),
      cmocka_unit_test(the_build_is_known),
      cmocka_unit_test(facts_have_every_member),
      cmocka_unit_test(cpu_facts_agree_with_the_cpu),
      cmocka_unit_test(measured_facts_have_every_ceiling),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
