#include "linkv/registry.h"

#include <stdlib.h>
#include <string.h>

#include "kernel_builds.h"
#include "registry_add.h"

#define LKV_KERNEL(name, source, flags) extern const lkv_kernel lkv_kernel_##name;
#include "kernels.def"
#undef LKV_KERNEL

static const lkv_kernel *const builtin[] = {
#define LKV_KERNEL(name, source, flags) &lkv_kernel_##name,
#include "kernels.def"
#undef LKV_KERNEL
};

enum { BUILTIN_COUNT = sizeof builtin / sizeof builtin[0] };

typedef struct plugged {
  const lkv_kernel *kernel;
  const char *build;
} plugged;

/* Grows as plug-ins are loaded; lives until the process ends. */
static plugged *plugins;
static size_t plugin_count;

size_t lkv_kernel_count(void) {
  return BUILTIN_COUNT + plugin_count;
}

const lkv_kernel *lkv_kernel_at(size_t index) {
  if (index < BUILTIN_COUNT) return builtin[index];
  index -= BUILTIN_COUNT;
  return index < plugin_count ? plugins[index].kernel : NULL;
}

const lkv_kernel *lkv_kernel_find(const char *name) {
  for (size_t i = 0; i < lkv_kernel_count(); i++) {
    const lkv_kernel *kernel = lkv_kernel_at(i);
    if (strcmp(kernel->name, name) == 0) return kernel;
  }
  return NULL;
}

const char *lkv_kernel_build(const lkv_kernel *kernel) {
  for (size_t i = 0; i < BUILTIN_COUNT; i++)
    if (builtin[i] == kernel) return lkv_builtin_builds[i];
  for (size_t i = 0; i < plugin_count; i++)
    if (plugins[i].kernel == kernel) return plugins[i].build;
  return "";
}

bool lkv_registry_add(const lkv_kernel *const *kernels, size_t count, const char *build) {
  if (count == 0) return true;
  char *kept = strdup(build);
  plugged *grown = realloc(plugins, (plugin_count + count) * sizeof *plugins);
  if (grown) plugins = grown;
  if (!kept || !grown) {
    free(kept);
    return false;
  }
  for (size_t i = 0; i < count; i++)
    plugins[plugin_count + i] = (plugged){.kernel = kernels[i], .build = kept};
  plugin_count += count;
  return true;
}
