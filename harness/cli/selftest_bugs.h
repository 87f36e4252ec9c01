/* linkv selftest: planted bugs against rules. */
#ifndef CLI_SELFTEST_BUGS_H
#define CLI_SELFTEST_BUGS_H

#include "cli.h"

extern const char *const bugs_formats[]; /* table, json, csv, md, NULL */

typedef struct bugs_options {
  const char *mutants; /* NULL: beside this program, or where it is installed */
  cli_list plugins, kernels, regimes;
  size_t seeds;
  int format; /* of bugs_formats */
} bugs_options;

/* Runs and prints; returns an EXIT_: wrong where one of our rules misses a bug, or alarms
 * on what is right, or no correct kernel comes near a bound. */
int selftest_bugs(const cli_command *command, const bugs_options *options);

#endif
