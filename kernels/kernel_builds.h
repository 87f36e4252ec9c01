/* Identities of machine code, written by cmake/kernel_builds.cmake. 16 hex digits each.
 */
#ifndef KERNEL_BUILDS_H
#define KERNEL_BUILDS_H

extern const char lkv_driver_build[];

/* In the order of kernels.def; the driver's object is part of each. */
extern const char *const lkv_builtin_builds[];

#endif
