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

/* Maps the object and identifies it; NULL with one line in `error`. */
static void *open_object(const char *path, char build[SHARED_OBJECT_BUILD_SIZE],
                         char *error, size_t error_size) {
  void *object = NULL;
  fenv_t environment;
  char *file = explicit_path(path);
  if (!file) {
    lkv_fail(error, error_size, "plug-in '%s': out of memory", path);
  } else if (lkv_shared_object_identify(file, build, error, error_size)) {
    /* An object linked with -ffast-math makes the process flush denormals when it is
     * loaded: that would change the oracle and every other kernel. */
    fegetenv(&environment);
    object = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    fesetenv(&environment);
    if (!object)
      lkv_fail(error, error_size,
               "plug-in cannot be loaded: %s; build it with cc -shared -fPIC", dlerror());
  }
  free(file);
  return object;
}

bool lkv_plugin_load(const char *path, char *error, size_t error_size) {
  char build[SHARED_OBJECT_BUILD_SIZE];
  void *object = open_object(path, build, error, error_size);
  if (!object) return false;
  const lkv_plugin *plugin = dlsym(object, LKV_PLUGIN_SYMBOL);
  const bool ok =
      plugin
          ? register_all(path, plugin, build, error, error_size)
          : lkv_fail(error, error_size,
                     "plug-in '%s': no symbol '%s'; define it as linkv/registry.h says",
                     path, LKV_PLUGIN_SYMBOL);
  if (!ok) dlclose(object);
  return ok;
}

/* The kernels of an object: a plug-in's table, or a library's registry. `room` holds
 * PLUGIN_KERNELS_MAX. */
static bool list_kernels(const char *path, void *object, const lkv_kernel **room,
                         lkv_plugin *out, char *error, size_t error_size) {
  size_t (*count)(void) = NULL;
  const lkv_kernel *(*at)(size_t) = NULL;
  const lkv_plugin *plugin = dlsym(object, LKV_PLUGIN_SYMBOL);
  if (plugin) {
    *out = *plugin;
    return check_table(path, plugin, error, error_size);
  }
  *(void **)&count = dlsym(object, "lkv_kernel_count");
  *(void **)&at = dlsym(object, "lkv_kernel_at");
  if (!count || !at)
    return lkv_fail(error, error_size,
                    "library '%s': neither '%s' nor 'lkv_kernel_count' is in it; give a "
                    "shared liblinkv or a plug-in",
                    path, LKV_PLUGIN_SYMBOL);
  *out = (lkv_plugin){.abi = LKV_KERNEL_ABI, .kernels = room};
  for (size_t i = 0; i < count() && i < PLUGIN_KERNELS_MAX; i++)
    room[out->count++] = at(i);
  return check_table(path, out, error, error_size);
}

/* A copy of the descriptor under another name, in one piece; it lives as long as the
 * registry. NULL when out of memory. */
static lkv_kernel *renamed(const lkv_kernel *kernel, const char *prefix) {
  const size_t size = strlen(prefix) + strlen(kernel->name) + 1;
  lkv_kernel *copy = malloc(sizeof *copy + size);
  if (!copy) return NULL;
  char *name = (char *)(copy + 1);
  snprintf(name, size, "%s%s", prefix, kernel->name);
  *copy = *kernel;
  copy->name = name;
  return copy;
}

static bool register_renamed(const char *path, const lkv_plugin *from, const char *prefix,
                             const char *build, char *error, size_t error_size) {
  const lkv_kernel **copy = calloc(from->count + (size_t)1, sizeof *copy);
  lkv_plugin all = {from->abi, 0, copy};
  bool ok = true;
  if (!copy) return lkv_fail(error, error_size, "library '%s': out of memory", path);
  for (size_t i = 0; ok && i < from->count; i++) {
    char fault[512];
    if (!from->kernels[i] || !lkv_kernel_check(from->kernels[i], fault, sizeof fault))
      ok = lkv_fail(error, error_size, "library '%s', kernel %zu of %u: %s", path, i + 1,
                    (unsigned)from->count, from->kernels[i] ? fault : "NULL");
    else if (!(copy[i] = renamed(from->kernels[i], prefix)))
      ok = lkv_fail(error, error_size, "library '%s': out of memory", path);
    else
      all.count++;
  }
  ok = ok && register_all(path, &all, build, error, error_size);
  for (size_t i = 0; !ok && i < all.count; i++) free((void *)copy[i]);
  free((void *)copy);
  return ok;
}

bool lkv_library_load(const char *prefix, const char *path, char *error,
                      size_t error_size) {
  char build[SHARED_OBJECT_BUILD_SIZE];
  const lkv_kernel **room = calloc(PLUGIN_KERNELS_MAX, sizeof *room);
  lkv_plugin found = {0};
  if (!room) return lkv_fail(error, error_size, "library '%s': out of memory", path);
  void *object = open_object(path, build, error, error_size);
  const bool ok = object && list_kernels(path, object, room, &found, error, error_size) &&
                  register_renamed(path, &found, prefix, build, error, error_size);
  if (!ok && object) dlclose(object);
  free((void *)room);
  return ok;
}
