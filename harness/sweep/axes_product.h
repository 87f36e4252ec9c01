/* The points a config asks for, before any is left out. */
#ifndef SWEEP_AXES_PRODUCT_H
#define SWEEP_AXES_PRODUCT_H

#include "config.h"
#include "linkv/kernel.h"

/* One value of every axis; of the kernel NULL where it is tied to no other axis. */
typedef struct combination {
  const axis_value *value[AXES];
} combination;

/* Calls `take` with each combination for one kernel: of the config's axes, what is tied
 * moving together, or, where `include` is not NULL, of those with the axes it names in
 * place of the config's. Overrides of the kernel and what the command line sets take the
 * place of both. Stops where `take` returns false; returns whether it never did. */
bool product_each(const config *c, const axis_values *include, const lkv_kernel *kernel,
                  bool (*take)(void *context, const combination *), void *context);

/* How many calls that is at most: exactly, where kernels are tied to no other axis. */
double product_size(const config *c, const axis_values *include,
                    const lkv_kernel *kernel);

/* What a kernel's points are measured with: of overrides that match, the last that says.
 */
point_effort product_effort(const config *c, const lkv_kernel *kernel);

#endif
