/* Picks as wisdom for the kernel library. */
#ifndef DECIDE_PICK_WISDOM_H
#define DECIDE_PICK_WISDOM_H

#include <stdio.h>

#include "linkv/wisdom.h"
#include "pick.h"

/* The choice of every shape. Between two lengths that differ in nothing else and whose
 * picks do, two more: where the times of both, straight lines in logarithms, cross, the
 * one gives way to the other. Strings are borrowed from rows and registry. Fails where
 * the picks do not hold here: rows of another `machine` (as the harness names it),
 * kernels that are not there or of another build. Free with pick_wisdom_free. */
bool pick_wisdom_make(const picks *p, const char *machine, const char *machine_name,
                      lkv_wisdom *out, error *err);

void pick_wisdom_free(lkv_wisdom *w);

/* The same as a C header that defines `static const lkv_wisdom linkv_picks`. */
void pick_wisdom_header(const lkv_wisdom *w, FILE *out);

#endif
