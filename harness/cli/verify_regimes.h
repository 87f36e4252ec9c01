/* linkv verify without a case file: kernels over regimes, edge shapes and seeds. */
#ifndef CLI_VERIFY_REGIMES_H
#define CLI_VERIFY_REGIMES_H

#include "cli.h"
#include "sample.h"

typedef struct regime_options {
  cli_list regimes, kernels; /* globs; empty: all */
  size_t seeds, threads;
  size_t seq_len, head_dim; /* of one head instead of the edge shapes; 0: those */
  sample_rule rows;
  bool json;
} regime_options;

/* Whether one of the globs matches; true where there are none. */
bool verify_chosen(const cli_list *globs, const char *name);

/* Prints the regimes and what their inputs are. */
int verify_list_regimes(const cli_command *command);

/* Judges and prints; returns an EXIT_. Errors are said in the name of `command`. */
int verify_regimes(const cli_command *command, const regime_options *options);

#endif
