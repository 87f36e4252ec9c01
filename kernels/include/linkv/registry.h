/* The kernels there are: those of kernels.def, and those of plug-ins loaded so far.
 *
 * Not thread-safe while plug-ins are being loaded; any number of readers afterwards. */
#ifndef LINKV_REGISTRY_H
#define LINKV_REGISTRY_H

#include "linkv/kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

size_t lkv_kernel_count(void);

/* Built-in kernels in kernels.def's order, then plug-ins in order of loading. NULL past
 * the end. */
const lkv_kernel *lkv_kernel_at(size_t index);

/* NULL where no kernel has that name. */
const lkv_kernel *lkv_kernel_find(const char *name);

/* Identity of a kernel's machine code, 16 hex digits: changes with the kernel's object
 * file (built-in) or shared object (plug-in), and with the driver's. "" for an unknown
 * kernel. */
const char *lkv_kernel_build(const lkv_kernel *kernel);

/* Whether a descriptor keeps the rules of linkv/kernel.h, as far as can be told without
 * calling it. If not, `error` holds one line naming kernel and field. */
bool lkv_kernel_check(const lkv_kernel *kernel, char *error, size_t error_size);

/* What a plug-in exports, under the name LKV_PLUGIN_SYMBOL:
 *     const lkv_plugin linkv_plugin = {LKV_KERNEL_ABI, 1, (const lkv_kernel
 * *const[]){&mine}};
 */
typedef struct lkv_plugin {
  uint32_t abi; /* LKV_KERNEL_ABI */
  uint32_t count;
  const lkv_kernel *const *kernels;
} lkv_plugin;

#define LKV_PLUGIN_SYMBOL "linkv_plugin"

/* Loads a shared object and registers its kernels, all or none. Returns false with one
 * line in `error`, naming the file and, where one is at fault, the kernel: a file that
 * cannot be loaded, a missing symbol, another ABI version, a descriptor that breaks
 * kernel.h, a name that is taken. The object stays loaded until the process ends. */
bool lkv_plugin_load(const char *path, char *error, size_t error_size);

/* Loads another build of the kernel library, or a plug-in, beside what there is: its
 * kernels are registered under `prefix` and their names. Otherwise as lkv_plugin_load. */
bool lkv_library_load(const char *prefix, const char *path, char *error,
                      size_t error_size);

#ifdef __cplusplus
}
#endif
#endif
