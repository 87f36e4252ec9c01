/* Loads kernels from shared objects, and refuses what breaks the ABI. */
#include <dlfcn.h>
#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linkv/registry.h"
#include "message.h"
#include "registry_add.h"
#include "shared_object.h"

/* More than this in one plug-in is taken for a count that was never set. */
enum { PLUGIN_KERNELS_MAX = 1024 };

static bool check_table(const char *path, const lkv_plugin *plugin, char *error,
                        size_t error_size) {
  if (plugin->abi != LKV_KERNEL_ABI)
    return lkv_fail(error, error_size,
                    "plug-in '%s': %s has ABI version %u, not %u; rebuild it with this "
                    "linkv's headers",
                    path, LKV_PLUGIN_SYMBOL, (unsigned)plugin->abi, LKV_KERNEL_ABI);
  if (plugin->count == 0 || plugin->count > PLUGIN_KERNELS_MAX)
    return lkv_fail(error, error_size,
                    "plug-in '%s': %s.count is %u; it must be from 1 to %d", path,
                    LKV_PLUGIN_SYMBOL, (unsigned)plugin->count, (int)PLUGIN_KERNELS_MAX);
  if (!plugin->kernels)
    return lkv_fail(error, error_size,
                    "plug-in '%s': %s.kernels is NULL; point it at the table of kernels",
                    path, LKV_PLUGIN_SYMBOL);
  return true;
}

/* Whether kernel `index` keeps the ABI and its name is free. */
static bool check_kernel(const char *path, const lkv_plugin *plugin, size_t index,
                         char *error, size_t error_size) {
  const lkv_kernel *kernel = plugin->kernels[index];
  char fault[512];
  if (!kernel)
    return lkv_fail(error, error_size,
                    "plug-in '%s', kernel %zu of %u: NULL; set it or lower count", path,
                    index + 1, (unsigned)plugin->count);
  if (!lkv_kernel_check(kernel, fault, sizeof fault))
    return lkv_fail(error, error_size, "plug-in '%s', kernel %zu of %u: %s", path,
                    index + 1, (unsigned)plugin->count, fault);
  if (lkv_kernel_find(kernel->name))
    return lkv_fail(error, error_size,
                    "plug-in '%s': kernel name '%s' is taken; choose another", path,
                    kernel->name);
  for (size_t i = 0; i < index; i++)
    if (strcmp(plugin->kernels[i]->name, kernel->name) == 0)
      return lkv_fail(error, error_size,
                      "plug-in '%s': kernel name '%s' is given twice; names are unique",
                      path, kernel->name);
  return true;
}

static bool register_all(const char *path, const lkv_plugin *plugin, const char *build,
                         char *error, size_t error_size) {
  if (!check_table(path, plugin, error, error_size)) return false;
  for (size_t i = 0; i < plugin->count; i++)
    if (!check_kernel(path, plugin, i, error, error_size)) return false;
  if (!lkv_registry_add(plugin->kernels, plugin->count, build))
    return lkv_fail(error, error_size, "plug-in '%s': out of memory", path);
  return true;
}

/* A path that dlopen takes for a file of the current folder, not for a library to search.
 */
static char *explicit_path(const char *path) {
  const char *folder = strchr(path, '/') ? "" : "./";
  const size_t size = strlen(folder) + strlen(path) + 1;
  char *full = malloc(size);
  if (full) snprintf(full, size, "%s%s", folder, path);
  return full;
}

bool lkv_plugin_load(const char *path, char *error, size_t error_size) {
  char build[SHARED_OBJECT_BUILD_SIZE];
  bool ok = false;
  void *object = NULL;
  const lkv_plugin *plugin = NULL;
  fenv_t environment;
  char *file = explicit_path(path);
  if (!file) {
    lkv_fail(error, error_size, "plug-in '%s': out of memory", path);
    goto cleanup;
  }
  if (!lkv_shared_object_identify(file, build, error, error_size)) goto cleanup;

  /* An object linked with -ffast-math makes the process flush denormals when it is
   * loaded: that would change the oracle and every other kernel. */
  fegetenv(&environment);
  object = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  fesetenv(&environment);
  if (!object) {
    lkv_fail(error, error_size, "plug-in cannot be loaded: %s", dlerror());
    goto cleanup;
  }
  plugin = dlsym(object, LKV_PLUGIN_SYMBOL);
  if (!plugin) {
    lkv_fail(error, error_size,
             "plug-in '%s': no symbol '%s'; define it as linkv/registry.h says", path,
             LKV_PLUGIN_SYMBOL);
    goto cleanup;
  }
  ok = register_all(path, plugin, build, error, error_size);
cleanup:
  if (!ok && object) dlclose(object);
  free(file);
  return ok;
}
