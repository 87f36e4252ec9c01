#include "machine.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "benchmark.h"
#include "build.h"
#include "cache.h"
#include "fnv.h"
#include "linkv/cpu.h"
#include "peak.h"
#include "processor.h"
#include "system_file.h"

#define GOVERNOR "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"

enum { TEXT_SIZE = 256 };

static size_t memory_bytes(void) {
  size_t bytes;
  return system_bytes("/proc/meminfo", "MemTotal:", &bytes) ? bytes : 0;
}

/* ---- identity ---- */

static uint64_t hash_number(uint64_t hash, size_t number) {
  const uint64_t wide = number;
  return fnv_bytes(hash, &wide, sizeof wide);
}

static uint64_t hash_machine(void) {
  const processor cpu = processor_read();
  uint64_t hash = fnv_text(fnv_text(FNV_START, cpu.vendor), cpu.model);
  hash = hash_number(hash, cpu.cores);

  cache caches[CACHES_MAX];
  const size_t count = cache_list(caches);
  for (size_t i = 0; i < count; i++) {
    hash = fnv_text(hash_number(hash, caches[i].level), caches[i].type);
    hash = hash_number(hash, caches[i].bytes);
  }
  /* Rounded: what the kernel keeps for itself differs a little from boot to boot. */
  const size_t gib = (size_t)1 << 30;
  hash = hash_number(hash, (memory_bytes() + gib / 2) / gib);
  for (int isa = 0; isa < LKV_ISA_COUNT; isa++)
    if (lkv_cpu_supports((lkv_isa)isa, NULL))
      hash = fnv_text(hash, lkv_isa_name((lkv_isa)isa));
  return hash;
}

const char *machine_id(void) {
  static char id[MACHINE_ID_SIZE];
  if (!*id) snprintf(id, sizeof id, "%016" PRIx64, hash_machine());
  return id;
}

const char *machine_name(void) {
  static char name[TEXT_SIZE];
  if (*name) return name;
  const processor cpu = processor_read();
  snprintf(name, sizeof name, "%s (%zu core%s)", *cpu.model ? cpu.model : "unknown CPU",
           cpu.cores, cpu.cores == 1 ? "" : "s");
  return name;
}

/* ---- facts ---- */

/* A string, null where there is none; bytes that are not UTF-8 make it null. */
static json_t *text_or_null(const char *text) {
  json_t *value = text && *text ? json_string(text) : NULL;
  return value ? value : json_null();
}

static json_t *size_or_null(size_t size) {
  return size ? json_integer((json_int_t)size) : json_null();
}

/* Out of memory the list becomes NULL, which the object it goes into does not take. */
static void append(json_t **list, json_t *value) {
  if (!json_array_append_new(*list, value)) return;
  json_decref(*list);
  *list = NULL;
}

static json_t *isa_facts(void) {
  json_t *list = json_array();
  for (int isa = 0; isa < LKV_ISA_COUNT; isa++)
    if (lkv_cpu_supports((lkv_isa)isa, NULL))
      append(&list, json_string(lkv_isa_name((lkv_isa)isa)));
  return list;
}

static json_t *cpu_facts(const processor *cpu) {
  return json_pack("{s:o, s:o, s:I, s:o, s:o}", "model", text_or_null(cpu->model),
                   "vendor", text_or_null(cpu->vendor), "cores", (json_int_t)cpu->cores,
                   "mhz", cpu->mhz > 0 ? json_real(cpu->mhz) : json_null(), "isa",
                   isa_facts());
}

static json_t *cache_facts(void) {
  cache caches[CACHES_MAX];
  const size_t count = cache_list(caches);
  json_t *list = json_array();
  for (size_t i = 0; i < count; i++)
    append(&list,
           json_pack("{s:I, s:s, s:o, s:o}", "level", (json_int_t)caches[i].level, "type",
                     caches[i].type, "bytes", size_or_null(caches[i].bytes),
                     "shared_cpus", text_or_null(caches[i].shared_cpus)));
  return list;
}

static json_t *load_facts(void) {
  double load[3];
  if (getloadavg(load, 3) != 3) return json_null();
  return json_pack("[f, f, f]", load[0], load[1], load[2]);
}

static json_t *os_fact(void) {
  char text[TEXT_SIZE];
  if (system_value("/etc/os-release", "PRETTY_NAME=", text, sizeof text) ||
      system_value("/usr/lib/os-release", "PRETTY_NAME=", text, sizeof text))
    return text_or_null(text);
  return json_null();
}

static json_t *kernel_fact(void) {
  struct utsname names;
  if (uname(&names)) return json_null();
  return json_sprintf("%s %s", names.sysname, names.release);
}

static json_t *governor_fact(void) {
  char text[TEXT_SIZE];
  return system_line(GOVERNOR, text, sizeof text) ? text_or_null(text) : json_null();
}

/* Looked up by name, since the BLAS that is loaded need not be OpenBLAS, and it may not
 * be loaded yet. */
static json_t *openblas_fact(void) {
  static const char name[] = "openblas_get_config";
  char *(*get_config)(void);
  *(void **)&get_config = dlsym(RTLD_DEFAULT, name);
  void *library = get_config ? NULL : dlopen("libopenblas.so.0", RTLD_LAZY | RTLD_LOCAL);
  if (library) *(void **)&get_config = dlsym(library, name);
  return text_or_null(get_config ? get_config() : NULL);
}

static json_t *library_facts(void) {
  return json_pack("{s:o, s:o, s:o, s:o}", "benchmark",
                   text_or_null(benchmark_library_version()), "openblas", openblas_fact(),
                   "openmp", text_or_null(build_openmp_version()), "glibc",
                   text_or_null(gnu_get_libc_version()));
}

static json_t *virtual_fact(const processor *cpu) {
  return cpu->flags_known ? json_boolean(cpu->hypervisor) : json_null();
}

json_t *machine_facts(void) {
  const processor cpu = processor_read();
  return json_pack(
      "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
      machine_id(), "name", text_or_null(machine_name()), "cpu", cpu_facts(&cpu),
      "caches", cache_facts(), "memory_bytes", size_or_null(memory_bytes()), "os",
      os_fact(), "kernel", kernel_fact(), "governor", governor_fact(), "virtual",
      virtual_fact(&cpu), "load", load_facts(), "compiler",
      text_or_null(build_compiler()), "flags", text_or_null(build_flags()), "build_type",
      text_or_null(build_type()), "commit", text_or_null(build_commit()), "libraries",
      library_facts());
}

/* ---- ceilings ---- */

static json_t *fma_ceilings(double seconds_each) {
  json_t *list = json_array();
  for (int isa = 0; isa < LKV_ISA_COUNT; isa++)
    for (int dtype = LKV_FLOAT32; dtype <= LKV_FLOAT64; dtype++) {
      if (!peak_available((lkv_isa)isa, (lkv_dtype)dtype)) continue;
      const double flops = peak_fma((lkv_isa)isa, (lkv_dtype)dtype, seconds_each);
      append(&list,
             json_pack("{s:s, s:s, s:f}", "isa", lkv_isa_name((lkv_isa)isa), "type",
                       lkv_dtype_name((lkv_dtype)dtype), "gflops", flops * 1e-9));
    }
  return list;
}

static double count_ceilings(void) {
  double count = 0;
  for (int isa = 0; isa < LKV_ISA_COUNT; isa++)
    for (int dtype = LKV_FLOAT32; dtype <= LKV_FLOAT64; dtype++)
      count += peak_available((lkv_isa)isa, (lkv_dtype)dtype);
  return count;
}

static json_t *ceiling_facts(double seconds) {
  const double each = seconds / (count_ceilings() + 1);
  json_t *fma = fma_ceilings(each);
  const double bandwidth = peak_bandwidth(each);
  const time_t now = time(NULL);
  struct tm utc;
  char when[32] = "";
  if (gmtime_r(&now, &utc)) strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return json_pack("{s:o, s:o, s:o, s:s}", "fma", fma, "bandwidth_gbytes",
                   bandwidth > 0 ? json_real(bandwidth * 1e-9) : json_null(), "governor",
                   governor_fact(), "measured_at", when);
}

json_t *machine_facts_measured(double seconds) {
  json_t *facts = machine_facts();
  if (!facts) return NULL;
  if (!json_object_set_new(facts, "ceilings", ceiling_facts(seconds))) return facts;
  json_decref(facts);
  return NULL;
}
