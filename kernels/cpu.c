#include "linkv/cpu.h"

#include <stddef.h>

const char *lkv_isa_name(lkv_isa isa) {
  static const char *const name[LKV_ISA_COUNT] = {
      [LKV_ISA_SCALAR] = "scalar",
      [LKV_ISA_AVX2] = "avx2",
      [LKV_ISA_AVX512] = "avx512",
      [LKV_ISA_AVX512_BF16] = "avx512_bf16",
  };
  return (unsigned)isa < LKV_ISA_COUNT ? name[isa] : "unknown";
}

#if defined(__x86_64__) || defined(__i386__)

static const char *missing_avx2(void) {
  if (!__builtin_cpu_supports("avx2")) return "no AVX2";
  if (!__builtin_cpu_supports("fma")) return "no FMA";
  return NULL;
}

static const char *missing_avx512(void) {
  if (!__builtin_cpu_supports("avx512f")) return "no AVX-512F";
  if (!__builtin_cpu_supports("avx512bw")) return "no AVX-512BW";
  if (!__builtin_cpu_supports("avx512dq")) return "no AVX-512DQ";
  if (!__builtin_cpu_supports("avx512vl")) return "no AVX-512VL";
  return NULL;
}

static const char *missing_avx512_bf16(void) {
  const char *missing = missing_avx512();
  if (missing) return missing;
  return __builtin_cpu_supports("avx512bf16") ? NULL : "no AVX-512 BF16";
}

#else

static const char *missing_avx2(void) {
  return "not an x86 CPU";
}

static const char *missing_avx512(void) {
  return "not an x86 CPU";
}

static const char *missing_avx512_bf16(void) {
  return "not an x86 CPU";
}

#endif

static const char *missing(lkv_isa isa) {
  switch (isa) {
    case LKV_ISA_SCALAR:
      return NULL;
    case LKV_ISA_AVX2:
      return missing_avx2();
    case LKV_ISA_AVX512:
      return missing_avx512();
    case LKV_ISA_AVX512_BF16:
      return missing_avx512_bf16();
    case LKV_ISA_COUNT:
      break;
  }
  return "unknown ISA";
}

bool lkv_cpu_supports(lkv_isa isa, const char **why) {
  const char *lacking = missing(isa);
  if (lacking && why) *why = lacking;
  return lacking == NULL;
}
