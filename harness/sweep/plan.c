/* The plan is a query: points are rows of a table in memory, `where` is SQL. */
#include "plan.h"

#include <fnmatch.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "linkv/driver.h"
#include "linkv/registry.h"

enum { POINTS_MAX = 1000000 };

static const char create_table[] =
    "CREATE TABLE axes (number INTEGER PRIMARY KEY, kernel_index INTEGER, kernel TEXT, "
    "algorithm TEXT, isa TEXT, operand_type TEXT, accum_type TEXT, stage TEXT, "
    "regime TEXT, seed INTEGER, batch INTEGER, seq_len INTEGER, heads INTEGER, "
    "head_dim INTEGER, tile_q INTEGER, tile_k INTEGER, threads INTEGER, "
    "default_tiles INTEGER);"
    "CREATE UNIQUE INDEX once ON axes (kernel, stage, regime, seed, batch, seq_len, "
    "heads, "
    "head_dim, ifnull(tile_q, 0), ifnull(tile_k, 0), threads);";

static const char insert_point[] =
    "INSERT OR IGNORE INTO axes (kernel_index, kernel, algorithm, isa, operand_type, "
    "accum_type, stage, regime, seed, batch, seq_len, heads, head_dim, tile_q, tile_k, "
    "threads, default_tiles) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0), nullif(?, 0), ?, ?)";

/* The comment ends one that `where` may have left open. */
static const char select_points[] =
    "SELECT kernel_index, stage, regime, seed, batch, seq_len, heads, head_dim, tile_q, "
    "tile_k, threads FROM axes WHERE (%s\n/**/) "
    "ORDER BY 1.0 * batch * heads * seq_len * seq_len * head_dim, stage, regime, seed, "
    "batch, seq_len, heads, head_dim, number";

/* Which kernels the globs choose; false, naming the glob, where one chooses none. */
static bool choose_kernels(const config *c, bool *chosen, error *err) {
  for (size_t g = 0; g < c->kernel.count; g++) {
    bool matched = false;
    for (size_t k = 0; k < lkv_kernel_count(); k++)
      if (!fnmatch(c->kernel.item[g], lkv_kernel_at(k)->name, 0))
        chosen[k] = matched = true;
    if (!matched)
      return error_set(err,
                       "%s: axes.kernel[%zu]: '%s' matches no kernel; 'linkv kernels' "
                       "lists them",
                       c->path, g, c->kernel.item[g]);
  }
  return true;
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text) {
  sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
}

/* Inserts the point at one position of the number axes. */
static bool insert(sqlite3_stmt *statement, size_t kernel_index, const char *stage,
                   const char *regime, const uint64_t value[NUMBER_AXES]) {
  const lkv_kernel *k = lkv_kernel_at(kernel_index);
  lkv_problem asked = {.batch = value[AXIS_BATCH],
                       .seq_len = value[AXIS_SEQ_LEN],
                       .heads = value[AXIS_HEADS],
                       .head_dim = value[AXIS_HEAD_DIM]};
  const lkv_problem best = lkv_resolve_tiles(k, asked);
  asked.tile_q = value[AXIS_TILE_Q];
  asked.tile_k = value[AXIS_TILE_K];
  const lkv_problem p = lkv_resolve_tiles(k, asked);
  const size_t bound[] = {p.batch,
                          p.seq_len,
                          p.heads,
                          p.head_dim,
                          p.tile_q,
                          p.tile_k,
                          value[AXIS_THREADS],
                          p.tile_q == best.tile_q && p.tile_k == best.tile_k};
  int at = 1;
  sqlite3_bind_int64(statement, at++, (int64_t)kernel_index);
  bind_text(statement, at++, k->name);
  bind_text(statement, at++, k->algorithm);
  bind_text(statement, at++, lkv_isa_name(k->isa));
  bind_text(statement, at++, lkv_dtype_name(k->operand_type));
  bind_text(statement, at++, lkv_dtype_name(k->accum_type));
  bind_text(statement, at++, stage);
  bind_text(statement, at++, regime);
  sqlite3_bind_int64(statement, at++, (int64_t)value[AXIS_SEED]);
  for (size_t i = 0; i < sizeof bound / sizeof *bound; i++)
    sqlite3_bind_int64(statement, at++, (int64_t)bound[i]);
  const bool ok = sqlite3_step(statement) == SQLITE_DONE;
  sqlite3_reset(statement);
  return ok;
}

/* Counts through the number axes like an odometer; false after the last position. */
static bool advance(const config *c, size_t position[NUMBER_AXES]) {
  for (int a = NUMBER_AXES - 1; a >= 0; a--) {
    if (++position[a] < c->number[a].count) return true;
    position[a] = 0;
  }
  return false;
}

static bool insert_numbers(const config *c, sqlite3_stmt *statement, size_t kernel_index,
                           const char *stage, const char *regime) {
  size_t position[NUMBER_AXES] = {0};
  do {
    uint64_t value[NUMBER_AXES];
    for (int a = 0; a < NUMBER_AXES; a++) value[a] = c->number[a].item[position[a]];
    if (!insert(statement, kernel_index, stage, regime, value)) return false;
  } while (advance(c, position));
  return true;
}

static bool insert_all(const config *c, const bool *chosen, sqlite3_stmt *statement) {
  for (size_t k = 0; k < lkv_kernel_count(); k++)
    for (size_t s = 0; chosen[k] && s < c->stage.count; s++)
      for (size_t r = 0; r < c->regime.count; r++)
        if (!insert_numbers(c, statement, k, c->stage.item[s], c->regime.item[r]))
          return false;
  return true;
}

static bool check_size(const config *c, const bool *chosen, error *err) {
  double size = 0;
  for (size_t k = 0; k < lkv_kernel_count(); k++) size += chosen[k];
  size *= (double)c->stage.count * (double)c->regime.count;
  for (int a = 0; a < NUMBER_AXES; a++) size *= (double)c->number[a].count;
  return size <= POINTS_MAX ||
         error_set(err, "%s: axes: %.3g points before 'where'; the most is %d", c->path,
                   size, POINTS_MAX);
}

static bool push_point(plan *out, const point *p) {
  if ((out->count & (out->count - 1)) == 0) {
    const size_t room = out->count ? 2 * out->count : 1;
    point *grown = realloc(out->point, room * sizeof *grown);
    if (!grown) return false;
    out->point = grown;
  }
  out->point[out->count++] = *p;
  return true;
}

static bool take_point(plan *out, sqlite3_stmt *statement) {
  const char *stage = (const char *)sqlite3_column_text(statement, 1);
  point p = {.kernel = lkv_kernel_at((size_t)sqlite3_column_int64(statement, 0)),
             .stage = stage && !strcmp(stage, lkv_stage_name(LKV_STAGE_BLOCK))
                          ? LKV_STAGE_BLOCK
                          : LKV_STAGE_ATTENTION,
             .seed = (uint64_t)sqlite3_column_int64(statement, 3),
             .problem = {.batch = (size_t)sqlite3_column_int64(statement, 4),
                         .seq_len = (size_t)sqlite3_column_int64(statement, 5),
                         .heads = (size_t)sqlite3_column_int64(statement, 6),
                         .head_dim = (size_t)sqlite3_column_int64(statement, 7),
                         .tile_q = (size_t)sqlite3_column_int64(statement, 8),
                         .tile_k = (size_t)sqlite3_column_int64(statement, 9),
                         .eps = CASE_DEFAULT_EPS},
             .threads = (size_t)sqlite3_column_int64(statement, 10)};
  snprintf(p.regime, sizeof p.regime, "%s", sqlite3_column_text(statement, 2));
  return push_point(out, &p);
}

/* SQLite's own words, where an SQL expression of the user's is at fault. */
static bool where_error(const config *c, sqlite3 *db, error *err) {
  return error_set(err, "%s: where: %s; it is an SQL expression over the axes", c->path,
                   sqlite3_errmsg(db));
}

static bool select_into(const config *c, sqlite3 *db, plan *out, error *err) {
  sqlite3_stmt *statement = NULL;
  const char *rest;
  char *sql = sqlite3_mprintf(select_points, c->where ? c->where : "1");
  bool ok = sql || error_set(err, "%s: out of memory", c->path);
  if (ok && sqlite3_prepare_v2(db, sql, -1, &statement, &rest) != SQLITE_OK)
    ok = where_error(c, db, err);
  if (ok && rest[strspn(rest, " \t\r\n")])
    ok = error_set(err, "%s: where: one SQL expression is wanted", c->path);
  int step = SQLITE_DONE;
  while (ok && (step = sqlite3_step(statement)) == SQLITE_ROW)
    ok = take_point(out, statement) || error_set(err, "%s: out of memory", c->path);
  if (ok && step != SQLITE_DONE) ok = where_error(c, db, err);
  if (ok && !out->count)
    ok = error_set(err, "%s: where: leaves no point to measure", c->path);
  sqlite3_finalize(statement);
  sqlite3_free(sql);
  return ok;
}

bool plan_make(const config *c, plan *out, error *err) {
  sqlite3 *db = NULL;
  sqlite3_stmt *statement = NULL;
  bool *chosen = calloc(lkv_kernel_count() + 1, sizeof *chosen);
  *out = (plan){0};
  bool ok = chosen || error_set(err, "%s: out of memory", c->path);
  ok = ok && choose_kernels(c, chosen, err) && check_size(c, chosen, err);
  if (ok && (sqlite3_open(":memory:", &db) || sqlite3_exec(db, create_table, 0, 0, 0) ||
             sqlite3_exec(db, "BEGIN", 0, 0, 0) ||
             sqlite3_prepare_v2(db, insert_point, -1, &statement, NULL) ||
             !insert_all(c, chosen, statement)))
    ok = error_set(err, "%s: cannot plan: %s", c->path, sqlite3_errmsg(db));
  sqlite3_finalize(statement);
  ok = ok && select_into(c, db, out, err);
  sqlite3_close(db);
  free(chosen);
  if (!ok) plan_free(out);
  return ok;
}

bool plan_same_shape(const point *a, const point *b) {
  const lkv_problem *p = &a->problem, *q = &b->problem;
  return a->stage == b->stage && !strcmp(a->regime, b->regime) && a->seed == b->seed &&
         p->batch == q->batch && p->seq_len == q->seq_len && p->heads == q->heads &&
         p->head_dim == q->head_dim;
}

void plan_free(plan *p) {
  free(p->point);
  *p = (plan){0};
}
