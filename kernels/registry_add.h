/* Adding kernels to the registry: for plug-ins alone. */
#ifndef REGISTRY_ADD_H
#define REGISTRY_ADD_H

#include "linkv/registry.h"

/* Appends `count` checked kernels whose names are free, all or none; `build` is copied.
 * Returns false when out of memory. */
bool lkv_registry_add(const lkv_kernel *const *kernels, size_t count, const char *build);

#endif
