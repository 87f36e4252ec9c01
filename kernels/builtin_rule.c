#include "builtin_rule.h"

#include <pthread.h>
#include <string.h>

#include "linkv/registry.h"

#define LKV_KERNEL(name, source, flags) +1
enum {
  BUILTIN_COUNT = 0
#include "kernels.def"
};
#undef LKV_KERNEL

static const lkv_kernel *ranked[LKV_DTYPE_COUNT][2][BUILTIN_COUNT + 1];

bool rule_suits(const lkv_kernel *kernel, lkv_dtype type) {
  const lkv_dtype output = type == LKV_BFLOAT16 ? LKV_FLOAT32 : type;
  return kernel->operand_type == type && kernel->output_type == output;
}

/* How much the rule likes a kernel: its ISA counts first, then the algorithm, then that
 * it is written for the ISA and not on top of a BLAS, then that it sums in the type of y.
 * One that rounds on the way is liked least. */
static int liking(const lkv_kernel *k, bool is_short) {
  const int row = is_short ? 2 : 1, tile = is_short ? 1 : 2;
  const int algorithm = !strcmp(k->algorithm, "row")    ? row
                        : !strcmp(k->algorithm, "tile") ? tile
                                                        : 0;
  const char *isa = lkv_isa_name(k->isa);
  const bool rounds =
      k->factor_type != k->output_type && k->factor_type != k->operand_type;
  return 16 * (rounds ? 0 : 1 + (int)k->isa) + 4 * algorithm +
         2 * !strncmp(k->name, isa, strlen(isa)) + (k->accum_type == k->output_type);
}

/* Inserts a kernel behind all that are liked as much. */
static void insert(const lkv_kernel **list, const lkv_kernel *k, bool is_short) {
  size_t at = 0;
  while (list[at] && liking(list[at], is_short) >= liking(k, is_short)) at++;
  for (; k; at++) {
    const lkv_kernel *moved = list[at];
    list[at] = k;
    k = moved;
  }
}

static void rank_all(void) {
  for (size_t i = 0; i < BUILTIN_COUNT; i++) {
    const lkv_kernel *k = lkv_kernel_at(i);
    for (int type = 0; type < LKV_DTYPE_COUNT; type++)
      for (int is_short = 0; is_short < 2; is_short++)
        if (rule_suits(k, (lkv_dtype)type) && lkv_cpu_supports(k->isa, NULL))
          insert(ranked[type][is_short], k, is_short);
  }
}

const lkv_kernel *const *rule_kernels(lkv_dtype type, bool is_short) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, rank_all);
  return ranked[type][is_short];
}
