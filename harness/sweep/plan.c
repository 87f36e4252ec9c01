/* The plan is a query: points are rows of a table in memory, `where` is SQL. */
#include "plan.h"

#include <fnmatch.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "axes_product.h"
#include "case.h"
#include "expression.h"
#include "linkv/driver.h"
#include "linkv/registry.h"
#include "match.h"

enum { POINTS_MAX = 1000000, PLACE_SIZE = 640 };

static const char create_table[] =
    "CREATE TABLE axes (number INTEGER PRIMARY KEY, kernel_index INTEGER, kernel TEXT, "
    "algorithm TEXT, isa TEXT, operand_type TEXT, accum_type TEXT, stage TEXT, "
    "regime TEXT, seed INTEGER, batch INTEGER, seq_len INTEGER, heads INTEGER, "
    "head_dim INTEGER, tile_q INTEGER, tile_k INTEGER, threads INTEGER, "
    "default_tile_q INTEGER, default_tile_k INTEGER, included INTEGER, "
    "default_tiles INTEGER AS (default_tile_q AND default_tile_k));"
    "CREATE UNIQUE INDEX once ON axes (kernel, stage, regime, seed, batch, seq_len, "
    "heads, "
    "head_dim, ifnull(tile_q, 0), ifnull(tile_k, 0), threads);";

static const char insert_point[] =
    "INSERT INTO axes (kernel_index, kernel, algorithm, isa, operand_type, "
    "accum_type, stage, regime, seed, batch, seq_len, heads, head_dim, tile_q, tile_k, "
    "threads, default_tile_q, default_tile_k, included) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0), nullif(?, 0), ?, ?, ?, "
    "?) ON CONFLICT DO UPDATE SET included = max(included, excluded.included)";

static const char select_points[] =
    "SELECT kernel_index, stage, regime, seed, batch, seq_len, heads, head_dim, tile_q, "
    "tile_k, threads FROM axes WHERE (included OR (%s)) AND %s "
    "ORDER BY 1.0 * batch * heads * seq_len * seq_len * head_dim, stage, regime, seed, "
    "batch, seq_len, heads, head_dim, number";

static bool matches_any(const char *glob) {
  for (size_t k = 0; k < lkv_kernel_count(); k++)
    if (!fnmatch(glob, lkv_kernel_at(k)->name, 0)) return true;
  return false;
}

static bool no_kernel(const config *c, size_t line, const char *key, const char *glob,
                      error *err) {
  static const char what[] = "matches no kernel; 'linkv kernels' lists them";
  return line ? error_set(err, "%s:%zu: %s: '%s' %s", c->path, line, key, glob, what)
              : error_set(err, "%s: '%s' %s", key, glob, what);
}

static bool check_globs(const config *c, const axis_values *values, const char *key,
                        error *err) {
  const axis_list *globs = &values->list[AXIS_KERNEL];
  for (size_t g = 0; g < globs->count; g++)
    if (!matches_any(globs->item[g].text))
      return no_kernel(c, globs->item[g].line, key, globs->item[g].text, err);
  return true;
}

/* Every glob matches a kernel. */
static bool check_kernels(const config *c, error *err) {
  bool ok = check_globs(c, &c->axes, "axes.kernel", err) &&
            check_globs(c, &c->set, "--set kernel", err);
  for (size_t i = 0; ok && i < c->zip_count; i++)
    ok = check_globs(c, &c->zip[i], "zip.kernel", err);
  for (size_t i = 0; ok && i < c->include_count; i++)
    ok = check_globs(c, &c->include[i], "include.kernel", err);
  for (size_t i = 0; ok && i < c->exclude_count; i++)
    ok = check_globs(c, &c->exclude[i], "exclude.kernel", err);
  for (size_t i = 0; ok && i < c->filter_count; i++)
    ok = check_globs(c, &c->filters[i].axes, "--filter kernel", err);
  for (size_t i = 0; ok && i < c->override_count; i++)
    if (!matches_any(c->overrides[i].kernel))
      ok = no_kernel(c, c->overrides[i].line, "overrides", c->overrides[i].kernel, err);
  return ok;
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text) {
  sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
}

typedef struct inserter {
  sqlite3_stmt *statement;
  size_t kernel_index;
  bool included;
} inserter;

static bool insert(void *context, const combination *at) {
  const inserter *i = context;
  const lkv_kernel *k = lkv_kernel_at(i->kernel_index);
  const axis_value *const *value = at->value, *tiles = value[AXIS_TILES];
  lkv_problem asked = {.batch = value[AXIS_BATCH]->number,
                       .seq_len = value[AXIS_SEQ_LEN]->number,
                       .heads = value[AXIS_HEADS]->number,
                       .head_dim = value[AXIS_HEAD_DIM]->number};
  const lkv_problem best = lkv_resolve_tiles(k, asked);
  asked.tile_q = tiles->number ? tiles->number : value[AXIS_TILE_Q]->number;
  asked.tile_k = tiles->tile_k ? tiles->tile_k : value[AXIS_TILE_K]->number;
  const lkv_problem p = lkv_resolve_tiles(k, asked);
  const size_t bound[] = {p.batch,
                          p.seq_len,
                          p.heads,
                          p.head_dim,
                          p.tile_q,
                          p.tile_k,
                          value[AXIS_THREADS]->number,
                          p.tile_q == best.tile_q,
                          p.tile_k == best.tile_k,
                          i->included};
  int index = 1;
  sqlite3_bind_int64(i->statement, index++, (int64_t)i->kernel_index);
  bind_text(i->statement, index++, k->name);
  bind_text(i->statement, index++, k->algorithm);
  bind_text(i->statement, index++, lkv_isa_name(k->isa));
  bind_text(i->statement, index++, lkv_dtype_name(k->operand_type));
  bind_text(i->statement, index++, lkv_dtype_name(k->accum_type));
  bind_text(i->statement, index++, value[AXIS_STAGE]->text);
  bind_text(i->statement, index++, value[AXIS_REGIME]->text);
  sqlite3_bind_int64(i->statement, index++, (int64_t)value[AXIS_SEED]->number);
  for (size_t b = 0; b < sizeof bound / sizeof *bound; b++)
    sqlite3_bind_int64(i->statement, index++, (int64_t)bound[b]);
  const bool ok = sqlite3_step(i->statement) == SQLITE_DONE;
  sqlite3_reset(i->statement);
  return ok;
}

static bool insert_all(const config *c, sqlite3_stmt *statement) {
  inserter i = {.statement = statement};
  for (; i.kernel_index < lkv_kernel_count(); i.kernel_index++) {
    const lkv_kernel *kernel = lkv_kernel_at(i.kernel_index);
    i.included = false;
    if (!product_each(c, NULL, kernel, insert, &i)) return false;
    i.included = true;
    for (size_t n = 0; n < c->include_count; n++)
      if (!product_each(c, &c->include[n], kernel, insert, &i)) return false;
  }
  return true;
}

static bool check_size(const config *c, error *err) {
  double size = 0;
  for (size_t k = 0; k < lkv_kernel_count(); k++) {
    size += product_size(c, NULL, lkv_kernel_at(k));
    for (size_t n = 0; n < c->include_count; n++)
      size += product_size(c, &c->include[n], lkv_kernel_at(k));
  }
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

static const char fields[] =
    "kernel, algorithm, isa, operand_type, accum_type, stage, regime, seed, batch, "
    "seq_len, heads, head_dim, tile_q, tile_k, threads, default_tiles";

/* Whether an SQL expression of the user's is one; `place` begins the error. */
static bool check_sql(sqlite3 *db, const char *expression, const char *place,
                      error *err) {
  sqlite3_stmt *statement;
  const bool ok = expression_prepare(db, "SELECT 1 FROM axes WHERE", expression, place,
                                     fields, &statement, err);
  sqlite3_finalize(statement);
  return ok;
}

static void where_place(const config *c, char *place, size_t size) {
  snprintf(place, size, "%.400s:%zu: where", c->path, c->where_line);
}

/* What the config's points, but for included ones, must hold. */
static void put_config_sql(const config *c, sqlite3_str *sql) {
  sqlite3_str_appendf(sql, "(%s\n/**/)", c->where ? c->where : "1");
  for (size_t i = 0; i < c->exclude_count; i++) {
    sqlite3_str_appendall(sql, " AND NOT ");
    match_put_sql(&c->exclude[i], sql);
  }
}

static void put_filter_sql(const config *c, sqlite3_str *sql) {
  sqlite3_str_appendall(sql, "1");
  for (size_t i = 0; i < c->filter_count; i++) {
    const config_filter *f = &c->filters[i];
    sqlite3_str_appendall(sql, " AND ");
    if (f->where)
      sqlite3_str_appendf(sql, "(%s\n/**/)", f->where);
    else
      match_put_sql(&f->axes, sql);
  }
}

static bool check_expressions(const config *c, sqlite3 *db, error *err) {
  char place[PLACE_SIZE];
  where_place(c, place, sizeof place);
  if (c->where && !check_sql(db, c->where, place, err)) return false;
  for (size_t i = 0; i < c->filter_count; i++) {
    const config_filter *f = &c->filters[i];
    snprintf(place, sizeof place, "--filter '%.400s'", f->text);
    if (f->where && !check_sql(db, f->where, place, err)) return false;
  }
  return true;
}

static char *select_sql(const config *c, sqlite3 *db) {
  sqlite3_str *of_config = sqlite3_str_new(db), *of_filters = sqlite3_str_new(db);
  put_config_sql(c, of_config);
  put_filter_sql(c, of_filters);
  char *first = sqlite3_str_finish(of_config), *second = sqlite3_str_finish(of_filters);
  char *sql = first && second ? sqlite3_mprintf(select_points, first, second) : NULL;
  sqlite3_free(first);
  sqlite3_free(second);
  return sql;
}

static bool no_point(const config *c, error *err) {
  char place[PLACE_SIZE];
  where_place(c, place, sizeof place);
  if (c->filter_count)
    return error_set(err,
                     "--filter: leaves no point to measure; --dry-run without it "
                     "shows what there is");
  if (c->where) return error_set(err, "%s: leaves no point to measure", place);
  return error_set(err, "%s: exclude: leaves no point to measure", c->path);
}

static bool select_into(const config *c, sqlite3 *db, plan *out, error *err) {
  sqlite3_stmt *statement = NULL;
  char place[PLACE_SIZE];
  if (!check_expressions(c, db, err)) return false;
  char *sql = select_sql(c, db);
  bool ok = sql || error_set(err, "%s: out of memory", c->path);
  if (ok && sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
    ok = error_set(err, "%s: cannot plan: %s", c->path, sqlite3_errmsg(db));
  int step = SQLITE_DONE;
  while (ok && (step = sqlite3_step(statement)) == SQLITE_ROW)
    ok = take_point(out, statement) || error_set(err, "%s: out of memory", c->path);
  where_place(c, place, sizeof place);
  if (ok && step != SQLITE_DONE)
    ok = error_set(err, "%s%s: %s; it is an SQL expression over the axes", place,
                   c->filter_count ? " or --filter" : "", sqlite3_errmsg(db));
  if (ok && !out->count) ok = no_point(c, err);
  sqlite3_finalize(statement);
  sqlite3_free(sql);
  return ok;
}

/* Where kernels differ. */
static bool take_efforts(const config *c, plan *out, error *err) {
  if (!c->override_count) return true;
  out->effort = calloc(out->count, sizeof *out->effort);
  if (!out->effort) return error_set(err, "%s: out of memory", c->path);
  for (size_t i = 0; i < out->count; i++)
    out->effort[i] = product_effort(c, out->point[i].kernel);
  return true;
}

bool plan_make(const config *c, plan *out, error *err) {
  sqlite3 *db = NULL;
  sqlite3_stmt *statement = NULL;
  *out = (plan){0};
  bool ok = check_kernels(c, err) && check_size(c, err);
  if (ok &&
      (sqlite3_open(":memory:", &db) || !match_prepare(db) ||
       sqlite3_exec(db, create_table, 0, 0, 0) || sqlite3_exec(db, "BEGIN", 0, 0, 0) ||
       sqlite3_prepare_v2(db, insert_point, -1, &statement, NULL) ||
       !insert_all(c, statement)))
    ok = error_set(err, "%s: cannot plan: %s", c->path, sqlite3_errmsg(db));
  sqlite3_finalize(statement);
  ok = ok && select_into(c, db, out, err) && take_efforts(c, out, err);
  sqlite3_close(db);
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
  free(p->effort);
  *p = (plan){0};
}
