/* Picks as wisdom for the kernel library. */
#ifndef DECIDE_PICK_WISDOM_H
#define DECIDE_PICK_WISDOM_H

#include <stdio.h>

#include "linkv/wisdom.h"
#include "pick.h"

/* The choice of every shape and, between two lengths, the first and the last length of
 * every candidate that is chosen there (pick_between.h). Strings are borrowed from rows
 * and registry. Fails where they do not hold here: rows of another `machine` (as the
 * harness names it), kernels that are not there or of another build. Free with
 * pick_wisdom_free. */
bool pick_wisdom_make(const picks *p, const char *machine, const char *machine_name,
                      lkv_wisdom *out, error *err);

void pick_wisdom_free(lkv_wisdom *w);

/* The same as a C header that defines `static const lkv_wisdom linkv_picks`. */
void pick_wisdom_header(const lkv_wisdom *w, FILE *out);

#endif
