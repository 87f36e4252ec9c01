/* Picks as tables and JSON. */
#ifndef CLI_PICK_PRINT_H
#define CLI_PICK_PRINT_H

#include <stdio.h>

#include "pick.h"
#include "table.h"

/* A row for each candidate that is the choice, ties with the fastest, or is on the front.
 */
bool pick_print_table(const picks *p, FILE *out, table_style style, error *err);

/* An array of shapes, each with its candidates, fastest first. */
bool pick_print_json(const picks *p, FILE *out, error *err);

#endif
