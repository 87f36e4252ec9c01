/* linkv verify --laws: kernels tried by every law of the operator. */
#ifndef CLI_VERIFY_LAWS_H
#define CLI_VERIFY_LAWS_H

#include "cli.h"

typedef struct laws_options {
  cli_list laws, kernels; /* globs; empty: all */
  bool json, markdown;
} laws_options;

/* Tries and prints; returns an EXIT_: wrong where a law is broken. Errors are said in the
 * name of `command`. */
int verify_laws(const cli_command *command, const laws_options *options);

/* Processes to try kernels in side by side. */
size_t verify_processes(void);

#endif
