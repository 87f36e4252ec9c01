/* Comparing rows by their axes. */
#ifndef DECIDE_ROW_ORDER_H
#define DECIDE_ROW_ORDER_H

#include <stddef.h>

#include "row.h"

/* Order of two rows by TEXT and INTEGER fields, the first that differs; what is not known
 * comes first. */
int row_compare(const row *a, const row *b, const int *fields, size_t count);

#endif
