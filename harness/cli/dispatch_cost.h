/* What choosing a kernel costs. */
#ifndef CLI_DISPATCH_COST_H
#define CLI_DISPATCH_COST_H

#include "cli.h"
#include "linkv/wisdom.h"

/* Follows the wisdom and prints what lkv_choose takes for a shape that was just asked
 * for, and for one that was not; the same by the built-in rule. Returns an exit code. */
int dispatch_cost_print(const cli_command *command, const lkv_wisdom *w);

#endif
