#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "hash.h"
#include "linkv/cpu.h"
#include "linkv/wisdom.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

/* Family, model and stepping, and the brand string, as far as the CPU tells them. */
static uint64_t hash_processor(uint64_t hash) {
  unsigned r[4] = {0};
  if (__get_cpuid(1, &r[0], &r[1], &r[2], &r[3])) hash = hash_bytes(hash, r, sizeof *r);
  for (unsigned leaf = 0x80000002; leaf <= 0x80000004; leaf++)
    if (__get_cpuid(leaf, &r[0], &r[1], &r[2], &r[3]))
      hash = hash_bytes(hash, r, sizeof r);
  return hash;
}

#else

static uint64_t hash_processor(uint64_t hash) {
  return hash;
}

#endif

static char id[17];

static void make_id(void) {
  static const int facts[] = {_SC_NPROCESSORS_CONF, _SC_LEVEL1_DCACHE_SIZE,
                              _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE};
  uint64_t hash = hash_processor(HASH_START);
  for (int isa = 0; isa < LKV_ISA_COUNT; isa++)
    hash = hash_byte(hash, lkv_cpu_supports((lkv_isa)isa, NULL));
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
    const long fact = sysconf(facts[i]);
    hash = hash_bytes(hash, &fact, sizeof fact);
  }
  snprintf(id, sizeof id, "%016" PRIx64, hash);
}

const char *lkv_machine_id(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_id);
  return id;
}
