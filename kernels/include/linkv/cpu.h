/* What this CPU can run. */
#ifndef LINKV_CPU_H
#define LINKV_CPU_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum lkv_isa {
  LKV_ISA_SCALAR, /* portable C, the compiler's baseline for the target */
  LKV_ISA_AVX2,   /* AVX2 and FMA */
  LKV_ISA_AVX512, /* AVX-512 F, BW, DQ and VL */
  LKV_ISA_AVX512_BF16,
  LKV_ISA_COUNT
} lkv_isa;

/* "scalar", "avx2", "avx512", "avx512_bf16". */
const char *lkv_isa_name(lkv_isa isa);

/* Whether CPU and operating system run that ISA. If not and `why` is not NULL, *why names
 * the first thing that is missing ("no AVX-512F"); a static string. */
bool lkv_cpu_supports(lkv_isa isa, const char **why);

#ifdef __cplusplus
}
#endif
#endif
