/* What `time` and `sweep` make of a finished run. */
#ifndef CLI_SWEEP_OUTCOME_H
#define CLI_SWEEP_OUTCOME_H

#include "sweep.h"

/* The exit status: 3 where a point is wrong; 4 where one could not be measured (crashed,
 * timeout, out of memory), or none was, or the run was interrupted; 5 where one is not to
 * be trusted; else 0. Points the CPU cannot run do not count. */
int sweep_exit_code(const sweep_summary *summary);

#endif
