#include "expression.h"

#include <stdio.h>
#include <string.h>

#define WANTED \
  "an SQL expression is wanted, such as seq_len >= 256 AND kernel = 'scalar_row'"

/* The word that follows `before` in SQLite's message, in quotes or not; NULL where the
 * message does not begin so. */
static const char *word_after(const char *message, const char *before, char word[256]) {
  const size_t length = strlen(before);
  if (strncmp(message, before, length) != 0) return NULL;
  const char *start = message + length + (message[length] == '"');
  const char *end = strstr(start, "\": syntax error");
  snprintf(word, 256, "%.*s", end ? (int)(end - start) : 255, start);
  return word;
}

/* `end` is where the expression ends in what was prepared. */
static bool refuse(sqlite3 *db, int end, const char *place, const char *fields,
                   error *err) {
  const char *message = sqlite3_errmsg(db);
  char word[256];
  if (word_after(message, "no such column: ", word))
    return error_set(err,
                     "%s: there is no field '%s' (a text stands in quotes); there are %s",
                     place, word, fields);
  if (sqlite3_error_offset(db) >= end ||
      word_after(message, "unrecognized token: ", word))
    return error_set(
        err, "%s: it ends too early, or a quote or parenthesis lacks the other; " WANTED,
        place);
  if (word_after(message, "near ", word))
    return error_set(err, "%s: '%s' makes no sense where it stands; " WANTED, place,
                     word);
  if (word_after(message, "no such function: ", word))
    return error_set(err, "%s: there is no function '%s'; " WANTED, place, word);
  if (strstr(message, "aggregate"))
    return error_set(err, "%s: it is asked of each row alone, not of all; " WANTED,
                     place);
  return error_set(err, "%s: %s; " WANTED, place, message);
}

bool expression_prepare(sqlite3 *db, const char *select, const char *expression,
                        const char *place, const char *fields, sqlite3_stmt **out,
                        error *err) {
  const char *rest = NULL;
  /* The comment ends one that the expression may have left open. */
  char *sql = sqlite3_mprintf("%s (%s\n/**/)", select, expression);
  const size_t end = strlen(select) + 2 + strlen(expression);
  *out = NULL;
  if (!sql) return error_set(err, "%s: out of memory", place);
  bool ok = sqlite3_prepare_v2(db, sql, -1, out, &rest) == SQLITE_OK ||
            refuse(db, (int)end, place, fields, err);
  if (ok && rest[strspn(rest, " \t\r\n")])
    ok = error_set(err, "%s: there is more than one expression; " WANTED, place);
  if (!ok) {
    sqlite3_finalize(*out);
    *out = NULL;
  }
  sqlite3_free(sql);
  return ok;
}
