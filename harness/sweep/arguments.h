/* Command lines that measure one point. */
#ifndef SWEEP_ARGUMENTS_H
#define SWEEP_ARGUMENTS_H

#include <stdio.h>

#include "sweep.h"

typedef struct arguments {
  char **item; /* NULL-terminated, as for exec */
  size_t count;
  char *text; /* what the items point into */
} arguments;

/* "linkv worker" with the point's options and with `flags`, a NULL-terminated list such
 * as
 * {"--judge", "--lent"}. False when out of memory. */
bool arguments_of_worker(const point *p, const sweep_options *options, double min_time_s,
                         const char *const *flags, arguments *out);

/* What is added to a worker's environment, "NAME=value", NULL-terminated. Its threads are
 * OpenMP's: BLAS must not start any. Several are pinned to a core each, or two may share
 * one for a whole repetition; one is left to the scheduler. */
const char *const *settings_of_worker(const point *p);

void arguments_free(arguments *a);

/* Writes a word as a shell reads it back. */
void arguments_put_quoted(FILE *out, const char *word);

/* "linkv" and the words of its command line after that, as a shell reads them back;
 * malloc'd, NULL when out of memory. */
char *arguments_command(int argc, char **argv);

#endif
