/* Command lines that measure one point. */
#ifndef SWEEP_ARGUMENTS_H
#define SWEEP_ARGUMENTS_H

#include "sweep.h"

typedef struct arguments {
  char **item; /* NULL-terminated, as for exec */
  size_t count;
  char *text; /* what the items point into */
} arguments;

/* "linkv worker" with the point's options; `judge` as in worker.h. False when out of
 * memory. */
bool arguments_of_worker(const point *p, const sweep_options *options, bool judge,
                         arguments *out);

void arguments_free(arguments *a);

#endif
