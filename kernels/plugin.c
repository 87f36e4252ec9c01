/* Loads kernels from shared objects, and refuses what breaks the ABI. */
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel_builds.h"
#include "linkv/registry.h"
#include "message.h"
#include "registry_add.h"

/* More than this in one plug-in is taken for a count that was never set. */
enum { PLUGIN_KERNELS_MAX = 1024 };

enum { BUILD_DIGITS = 16 };

static uint64_t fnv1a(uint64_t hash, const void *data, size_t size) {
  const unsigned char *byte = data;
  for (size_t i = 0; i < size; i++) hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
  return hash;
}

/* Identity of a shared object: FNV-1a of its bytes, then of the driver's identity. */
static bool hash_file(const char *path, char build[BUILD_DIGITS + 1], char *error,
                      size_t error_size) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  char chunk[4096];
  bool ok = false;
  struct stat status;
  FILE *file = NULL;
  if (stat(path, &status) != 0) {
    lkv_fail(error, error_size, "plug-in '%s': %s", path, strerror(errno));
    goto cleanup;
  }
  if (!S_ISREG(status.st_mode)) {
    lkv_fail(error, error_size, "plug-in '%s': not a regular file; name a shared object",
             path);
    goto cleanup;
  }
  file = fopen(path, "rb");
  if (!file) {
    lkv_fail(error, error_size, "plug-in '%s': %s", path, strerror(errno));
    goto cleanup;
  }
  for (size_t got; (got = fread(chunk, 1, sizeof chunk, file)) > 0;)
    hash = fnv1a(hash, chunk, got);
  if (ferror(file)) {
    lkv_fail(error, error_size, "plug-in '%s': cannot be read", path);
    goto cleanup;
  }
  hash = fnv1a(hash, lkv_driver_build, strlen(lkv_driver_build));
  snprintf(build, BUILD_DIGITS + 1, "%016llx", (unsigned long long)hash);
  ok = true;
cleanup:
  if (file) fclose(file);
  return ok;
}

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
  char build[BUILD_DIGITS + 1];
  bool ok = false;
  void *object = NULL;
  const lkv_plugin *plugin = NULL;
  char *file = explicit_path(path);
  if (!file) {
    lkv_fail(error, error_size, "plug-in '%s': out of memory", path);
    goto cleanup;
  }
  if (!hash_file(file, build, error, error_size)) goto cleanup;

  object = dlopen(file, RTLD_NOW | RTLD_LOCAL);
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
