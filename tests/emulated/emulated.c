/* A plug-in of the AVX-512 kernels, compiled without AVX-512 (include/immintrin.h):
 * emulated_<name>, for every CPU. */
#include <stdio.h>

#include "linkv/registry.h"

#define LKV_KERNEL(name, source, flags) extern const lkv_kernel lkv_kernel_##name;
#include "emulated.def"
#undef LKV_KERNEL

static const lkv_kernel *const originals[] = {
#define LKV_KERNEL(name, source, flags) &lkv_kernel_##name,
#include "emulated.def"
#undef LKV_KERNEL
};

enum { COUNT = sizeof originals / sizeof *originals };

static char names[COUNT][LKV_KERNEL_NAME_MAX + 1];
static lkv_kernel copies[COUNT];
static const lkv_kernel *kernels[COUNT];

__attribute__((constructor)) static void rename_kernels(void) {
  for (size_t i = 0; i < COUNT; i++) {
    copies[i] = *originals[i];
    snprintf(names[i], sizeof names[i], "emulated_%s", originals[i]->name);
    copies[i].name = names[i];
    copies[i].isa = LKV_ISA_SCALAR;
    kernels[i] = &copies[i];
  }
}

extern const lkv_plugin linkv_plugin;
const lkv_plugin linkv_plugin = {LKV_KERNEL_ABI, COUNT, kernels};
