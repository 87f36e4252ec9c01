/* What picks lose at shapes that were not measured. */
#ifndef CLI_PICK_CHECK_H
#define CLI_PICK_CHECK_H

#include <stdio.h>

#include "cli.h"
#include "linkv/wisdom.h"
#include "pick.h"

/* Between each two measured sequence lengths that differ in nothing else, measures the
 * geometric mean: the kernel that the wisdom chooses there, and every one that at one of
 * the two was at most twice as slow as the fastest. Prints, for each shape, by how much
 * the choice is slower than the fastest of them, and median and 95th percentile. Returns
 * an exit code, EXIT_LITTLE where there is no such shape or nothing could be measured. */
int pick_check(const cli_command *command, const picks *p, const lkv_wisdom *w,
               const cli_list *plugins);

#endif
