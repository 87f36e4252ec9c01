/* The built-in rule of linkv/dispatch.h. */
#ifndef BUILTIN_RULE_H
#define BUILTIN_RULE_H

#include <stdbool.h>

#include "linkv/kernel.h"

/* Whether the kernel takes operands of that type, and gives y as linkv/dispatch.h says.
 */
bool rule_suits(const lkv_kernel *kernel, lkv_dtype type);

/* The built-in kernels that suit and that this CPU runs, the best guess first, for
 * sequences up to 2 head_dim or beyond; NULL-terminated. Worked out once. */
const lkv_kernel *const *rule_kernels(lkv_dtype type, bool is_short);

#endif
