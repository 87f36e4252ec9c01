/* What picks lose at shapes that were not measured. */
#ifndef CLI_PICK_CHECK_H
#define CLI_PICK_CHECK_H

#include "cli.h"
#include "linkv/wisdom.h"
#include "pick.h"

/* At each shape between measured ones (held_out.h), races the kernel that the wisdom
 * chooses there against each of its rivals. Prints, for each shape, by how much the
 * choice is slower than the fastest of them (regret.h), and median and 95th percentile.
 * Returns an exit code, EXIT_LITTLE where there is no such shape or no race told
 * anything. */
int pick_check(const cli_command *command, const picks *p, const lkv_wisdom *w,
               const cli_list *plugins);

#endif
