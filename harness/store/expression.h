/* Users' SQL expressions, and what is wrong with one in their terms. */
#ifndef STORE_EXPRESSION_H
#define STORE_EXPRESSION_H

#include <sqlite3.h>

#include "error.h"

/* Prepares "SELECT (expression)", `select` being what stands before the expression. An
 * error begins with `place`, such as "--where 'seq_len >'", and names `fields`, those an
 * expression may ask for, where it asks for another. */
bool expression_prepare(sqlite3 *db, const char *select, const char *expression,
                        const char *place, const char *fields, sqlite3_stmt **out,
                        error *err);

#endif
