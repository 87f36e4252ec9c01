/* Opening databases and running statements; private to store/. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include <sqlite3.h>

#include "error.h"
#include "value.h"

struct store {
  sqlite3 *db;
  char *path;
};

/* Sets `err` to "PATH: doing what: SQLite's words" and returns false. */
bool schema_error(const struct store *s, const char *doing, error *err);

/* Prepares one statement, never more. */
bool schema_prepare(const struct store *s, const char *sql, sqlite3_stmt **out,
                    error *err);

/* Runs a prepared statement that gives no rows, and finalizes it. */
bool schema_finish(const struct store *s, sqlite3_stmt *statement, const char *doing,
                   error *err);

/* Binds and reads values by kind; unknown is NULL. */
void schema_bind(sqlite3_stmt *statement, int index, value_kind kind, const value *v);
bool schema_column(sqlite3_stmt *statement, int index, value_kind kind, value *out);

#endif
