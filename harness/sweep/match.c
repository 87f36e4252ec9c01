#include "match.h"

#include <fnmatch.h>

/* glob_matches(GLOB, TEXT) */
static void glob_matches(sqlite3_context *context, int count, sqlite3_value **given) {
  const char *glob = (const char *)sqlite3_value_text(given[0]);
  const char *text = (const char *)sqlite3_value_text(given[1]);
  (void)count;
  sqlite3_result_int(context, glob && text && fnmatch(glob, text, 0) == 0);
}

bool match_prepare(sqlite3 *db) {
  return sqlite3_create_function(db, "glob_matches", 2, SQLITE_UTF8, NULL, glob_matches,
                                 NULL, NULL) == SQLITE_OK;
}

/* A kernel that does not tile one dimension takes any size of it. */
static void put_tile(const char *column, uint64_t tile, bool alone, sqlite3_str *sql) {
  if (!tile)
    sqlite3_str_appendf(sql, "default_%s", column);
  else
    sqlite3_str_appendf(sql, "ifnull(%s = %lld, %d)", column, (long long)tile, !alone);
}

/* One value of an axis that is no plain number. */
static void put_value(int axis, const axis_value *v, sqlite3_str *sql) {
  switch (axis) {
    case AXIS_KERNEL:
      sqlite3_str_appendf(sql, "glob_matches(%Q, kernel)", v->text);
      break;
    case AXIS_STAGE:
    case AXIS_REGIME:
      sqlite3_str_appendf(sql, "%s = %Q", axis_names[axis], v->text);
      break;
    case AXIS_TILES:
      put_tile("tile_q", v->number, false, sql);
      sqlite3_str_appendall(sql, " AND ");
      put_tile("tile_k", v->tile_k, false, sql);
      if (v->number || v->tile_k)
        sqlite3_str_appendall(sql, " AND ifnull(tile_q, tile_k) IS NOT NULL");
      break;
    case AXIS_TILE_Q:
    case AXIS_TILE_K:
      put_tile(axis_names[axis], v->number, true, sql);
      break;
    default:
      break;
  }
}

static void put_numbers(int axis, const axis_list *list, sqlite3_str *sql) {
  if (!list->count) return;
  sqlite3_str_appendf(sql, " AND %s IN (", axis_names[axis]);
  for (size_t i = 0; i < list->count; i++)
    sqlite3_str_appendf(sql, "%s%lld", i ? ", " : "", (long long)list->item[i].number);
  sqlite3_str_appendall(sql, ")");
}

void match_put_sql(const axis_values *values, sqlite3_str *sql) {
  sqlite3_str_appendall(sql, "(1");
  for (int a = 0; a < AXES; a++) {
    const axis_list *list = &values->list[a];
    if (a > AXIS_TILES && a != AXIS_TILE_Q && a != AXIS_TILE_K) {
      put_numbers(a, list, sql);
      continue;
    }
    for (size_t i = 0; i < list->count; i++) {
      sqlite3_str_appendall(sql, i ? " OR (" : " AND ((");
      put_value(a, &list->item[i], sql);
      sqlite3_str_appendall(sql, ")");
    }
    if (list->count) sqlite3_str_appendall(sql, ")");
  }
  sqlite3_str_appendall(sql, ")");
}
