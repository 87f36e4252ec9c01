/* Rows from points and repetitions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expression.h"
#include "median.h"
#include "schema.h"
#include "store.h"

enum { REPETITIONS_MAX = 64 };

/* Columns of `point` that a row takes over as they are, by the same name. */
static const int point_fields[] = {
    ROW_kernel,      ROW_algorithm, ROW_isa,     ROW_operand_type, ROW_accum_type,
    ROW_stage,       ROW_regime,    ROW_seed,    ROW_batch,        ROW_seq_len,
    ROW_heads,       ROW_head_dim,  ROW_tile_q,  ROW_tile_k,       ROW_threads,
    ROW_label,       ROW_commit,    ROW_machine, ROW_command,      ROW_recorded_at,
    ROW_kernel_build};
enum { POINT_FIELDS = sizeof point_fields / sizeof *point_fields };

/* Fields of the first repetition that has them. */
static const struct {
  int row, record;
} taken[] = {
#define FIELD(name, kind, unit, meaning) {ROW_##name, RECORD_##name},
#include "judged.def"
#undef FIELD
    {ROW_verdict, RECORD_verdict}, {ROW_output_hash, RECORD_output_hash}};

/* A row being put together. */
typedef struct gathering {
  bool begun;
  int64_t point;
  row row;
  int severity;
  bool repeats; /* no two output hashes differ */
  size_t timed, discarded, disturbed, crowded;
  double time_ns[REPETITIONS_MAX], share[REPETITIONS_MAX];
  row_sample sample[REPETITIONS_MAX];
} gathering;

static lkv_problem problem_of(const row *r) {
  const value *v = r->field;
  return (lkv_problem){.batch = (size_t)v[ROW_batch].integer,
                       .seq_len = (size_t)v[ROW_seq_len].integer,
                       .heads = (size_t)v[ROW_heads].integer,
                       .head_dim = (size_t)v[ROW_head_dim].integer,
                       .tile_q = (size_t)v[ROW_tile_q].integer,
                       .tile_k = (size_t)v[ROW_tile_k].integer};
}

/* Floating-point operations of the whole point: the projections of the block stage count
 * 2 D flops an element of each operand. */
static void flops_of(const row *r, double *headline, double *useful) {
  const lkv_problem p = problem_of(r);
  const double slices = (double)p.batch * (double)p.heads;
  const double dim = (double)p.heads * (double)p.head_dim;
  const bool block = !strcmp(r->field[ROW_stage].text, lkv_stage_name(LKV_STAGE_BLOCK));
  const double projections =
      block ? 2 * LKV_OPERANDS * (double)p.batch * (double)p.seq_len * dim * dim : 0;
  *headline = slices * lkv_headline_flops(&p) + projections;
  *useful = slices * lkv_useful_flops(&p) + projections;
}

static void keep_larger(row *r, int field, const value *v) {
  if (v->known && (!r->field[field].known || v->integer > r->field[field].integer))
    row_set_integer(r, field, v->integer);
}

/* `when` tells run and round. */
static bool gather_repetition(gathering *g, const record *r, row_sample when) {
  const value *v = r->field;
  row *into = &g->row;
  const int severity = status_severity(v[RECORD_status].text);
  if (!into->field[ROW_status].known || severity > g->severity) {
    g->severity = severity;
    if (!row_set_text(into, ROW_status, v[RECORD_status].text) ||
        !row_set_text(into, ROW_reason, v[RECORD_reason].text))
      return false;
  }
  const value *hash = &into->field[ROW_output_hash];
  if (hash->known && v[RECORD_output_hash].known &&
      strcmp(hash->text, v[RECORD_output_hash].text))
    g->repeats = false;
  for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
    value *to = &into->field[taken[i].row];
    const value *from = &v[taken[i].record];
    if (to->known || !from->known) continue;
    if (!value_copy(to, from, row_fields[taken[i].row].kind)) return false;
  }
  keep_larger(into, ROW_workspace_bytes, &v[RECORD_workspace_bytes]);
  keep_larger(into, ROW_peak_bytes, &v[RECORD_peak_bytes]);
  g->discarded += v[RECORD_discarded].known ? (size_t)v[RECORD_discarded].integer : 0;
  g->disturbed += v[RECORD_disturbed].known;
  if (v[RECORD_time_ns].known && g->timed < REPETITIONS_MAX) {
    g->time_ns[g->timed] = v[RECORD_time_ns].real;
    g->sample[g->timed] = (row_sample){
        .time_ns = v[RECORD_time_ns].real,
        .cpu_ns = v[RECORD_cpu_ns].known ? v[RECORD_cpu_ns].real : NAN,
        .iterations = v[RECORD_iterations].known ? v[RECORD_iterations].integer : 0,
        .run = when.run,
        .repetition = when.repetition};
    g->share[g->timed] = v[RECORD_peak_flops].known
                             ? 1e9 / v[RECORD_time_ns].real / v[RECORD_peak_flops].real
                             : NAN;
    g->crowded += v[RECORD_load].known &&
                  v[RECORD_load].real > (double)into->field[ROW_threads].integer;
    g->timed++;
  }
  return true;
}

/* Median share of peak per flop: each repetition against the peak of its own process. */
static double median_share(gathering *g) {
  for (size_t i = 0; i < g->timed; i++)
    if (!isfinite(g->share[i])) return NAN;
  return median_of(g->timed, g->share).median;
}

/* "TIME TIME ...", digits enough to read back the same. */
static bool put_times(gathering *g) {
  char text[26 * REPETITIONS_MAX] = "";
  size_t used = 0;
  for (size_t i = 0; i < g->timed; i++)
    used += (size_t)snprintf(text + used, sizeof text - used, "%s%.17g", i ? " " : "",
                             g->sample[i].time_ns);
  return row_set_text(&g->row, ROW_times_ns, text);
}

static bool finish_row(gathering *g) {
  row *r = &g->row;
  if (!g->repeats && g->severity < status_severity("untrusted") &&
      (!row_set_text(r, ROW_status, "untrusted") ||
       !row_set_text(r, ROW_reason,
                     "the output differs between repetitions: the kernel does not repeat "
                     "itself")))
    return false;
  row_set_integer(r, ROW_repetitions, (int64_t)g->timed);
  row_set_integer(r, ROW_discarded, (int64_t)g->discarded);
  row_set_integer(r, ROW_disturbed, (int64_t)g->disturbed);
  row_set_integer(r, ROW_crowded, (int64_t)g->crowded);
  if (!g->timed) return true;
  r->sample = calloc(g->timed, sizeof *r->sample);
  if (!r->sample) return false;
  memcpy(r->sample, g->sample, g->timed * sizeof *r->sample);
  r->samples = g->timed;
  if (!put_times(g)) return false;

  double headline, useful;
  flops_of(r, &headline, &useful);
  const double share = median_share(g) / (double)r->field[ROW_threads].integer;
  const median_interval time = median_of(g->timed, g->time_ns);
  row_set_real(r, ROW_time_ns, time.median);
  if (g->timed > 1) {
    row_set_real(r, ROW_time_ns_low, time.low);
    row_set_real(r, ROW_time_ns_high, time.high);
    row_set_real(r, ROW_half_width, 100 * median_half_width(&time));
  }
  row_set_real(r, ROW_gflops, headline / time.median);
  row_set_real(r, ROW_share_of_peak, headline * share);
  row_set_real(r, ROW_share_of_peak_useful, useful * share);
  return true;
}

static bool push_row(rows *out, gathering *g) {
  if (!finish_row(g)) return false;
  /* Grown by doubling: full exactly when the count is a power of two. */
  if ((out->count & (out->count - 1)) == 0) {
    const size_t room = out->count ? 2 * out->count : 1;
    row *grown = realloc(out->row, room * sizeof *grown);
    if (!grown) return false;
    out->row = grown;
  }
  out->row[out->count++] = g->row;
  g->row = (row){0};
  return true;
}

static bool begin_row(gathering *g, sqlite3_stmt *statement, int64_t id) {
  *g = (gathering){.begun = true, .point = id, .repeats = true};
  for (int i = 0; i < POINT_FIELDS; i++)
    if (!schema_column(statement, 1 + i, row_fields[point_fields[i]].kind,
                       &g->row.field[point_fields[i]]))
      return false;
  return true;
}

/* One repetition of the join; false when out of memory. */
static bool take_repetition(rows *out, gathering *g, sqlite3_stmt *statement) {
  record r = {0};
  bool ok = true;
  const int64_t id = sqlite3_column_int64(statement, 0);
  if (!g->begun || id != g->point)
    ok = (!g->begun || push_row(out, g)) && begin_row(g, statement, id);
  for (int f = 0; ok && f < RECORD_FIELDS; f++)
    ok = schema_column(statement, 1 + POINT_FIELDS + f, record_fields[f].kind,
                       &r.field[f]);
  const int after = 1 + POINT_FIELDS + RECORD_FIELDS;
  const row_sample when = {.run = sqlite3_column_int64(statement, after),
                           .repetition = sqlite3_column_int64(statement, after + 1)};
  ok = ok && gather_repetition(g, &r, when);
  record_free(&r);
  return ok;
}

#define FIELD(name, kind, unit, meaning) ", r." #name
static const char select_all[] =
    "SELECT p.id, kernel, algorithm, isa, operand_type, accum_type, stage, regime, seed, "
    "batch, seq_len, heads, head_dim, tile_q, tile_k, threads, label, \"commit\", "
    "machine, command, "
    "(SELECT min(recorded_at) FROM repetition WHERE point = p.id), kernel_build"
#include "record.def"
    ", r.run, r.repetition FROM point p JOIN repetition r ON r.point = p.id "
    "WHERE ? OR p.id IN (SELECT max(id) FROM point WHERE id IN (SELECT point FROM "
    "repetition) GROUP BY kernel, stage, regime, seed, batch, seq_len, heads, head_dim, "
    "tile_q, tile_k, threads, label, machine) "
    "ORDER BY stage, regime, batch, heads, head_dim, seq_len, threads, kernel, tile_q, "
    "tile_k, seed, label, p.id, r.repetition";
#undef FIELD

static bool read_all(store *s, store_builds builds, rows *out, error *err) {
  sqlite3_stmt *statement = NULL;
  gathering g = {0};
  bool ok = schema_prepare(s, select_all, &statement, err);
  if (ok) sqlite3_bind_int(statement, 1, builds == STORE_EVERY_BUILD);
  int step = SQLITE_DONE;
  while (ok && (step = sqlite3_step(statement)) == SQLITE_ROW)
    ok = take_repetition(out, &g, statement) ||
         error_set(err, "%s: out of memory for rows", s->path);
  if (ok && step != SQLITE_DONE) ok = schema_error(s, "cannot read rows", err);
  if (ok && g.begun)
    ok = push_row(out, &g) || error_set(err, "%s: out of memory for rows", s->path);
  row_free(&g.row);
  sqlite3_finalize(statement);
  return ok;
}

#define TEXT                             " TEXT"
#define INTEGER                          " INTEGER"
#define REAL                             " REAL"
#define FIELD(name, kind, unit, meaning) ", \"" #name "\"" kind
static const char create_result[] =
    "CREATE TEMP TABLE result (number INTEGER PRIMARY KEY"
#include "fields.def"
    ")";
#undef FIELD
#define FIELD(name, kind, unit, meaning) ", ?"
static const char insert_result[] =
    "INSERT INTO temp.result VALUES (?"
#include "fields.def"
    ")";
#undef FIELD

static bool fill_result(store *s, const rows *all, error *err) {
  sqlite3_stmt *statement;
  if (sqlite3_exec(s->db, "DROP TABLE IF EXISTS temp.result", NULL, NULL, NULL) ||
      sqlite3_exec(s->db, create_result, NULL, NULL, NULL))
    return schema_error(s, "cannot filter", err);
  if (!schema_prepare(s, insert_result, &statement, err)) return false;
  bool ok = true;
  for (size_t i = 0; ok && i < all->count; i++) {
    sqlite3_bind_int64(statement, 1, (int64_t)i);
    for (int f = 0; f < ROW_FIELDS; f++)
      schema_bind(statement, 2 + f, row_fields[f].kind, &all->row[i].field[f]);
    ok = sqlite3_step(statement) == SQLITE_DONE || schema_error(s, "cannot filter", err);
    sqlite3_reset(statement);
  }
  sqlite3_finalize(statement);
  return ok;
}

/* Marks the rows for which `where` holds. */
static bool choose(store *s, const char *where, const rows *all, bool *keep, error *err) {
  sqlite3_stmt *statement = NULL;
  char place[160], fields[ROW_FIELDS_TEXT_SIZE];
  snprintf(place, sizeof place, "--where '%.*s'", (int)sizeof place - 16, where);
  bool ok = fill_result(s, all, err) &&
            expression_prepare(s->db, "SELECT number FROM temp.result WHERE", where,
                               place, row_fields_text(fields), &statement, err);
  int step = SQLITE_DONE;
  while (ok && (step = sqlite3_step(statement)) == SQLITE_ROW) {
    const int64_t number = sqlite3_column_int64(statement, 0);
    if (number >= 0 && (size_t)number < all->count) keep[number] = true;
  }
  if (ok && step != SQLITE_DONE)
    ok = error_set(err, "%s: %s", place, sqlite3_errmsg(s->db));
  sqlite3_finalize(statement);
  return ok;
}

/* Keeps the rows for which `where` holds, in order. */
static bool filter(store *s, const char *where, rows *all, error *err) {
  bool *keep = calloc(all->count + 1, sizeof *keep);
  if (!keep) return error_set(err, "%s: out of memory", s->path);
  const bool ok = choose(s, where, all, keep, err);
  size_t kept = 0;
  for (size_t i = 0; ok && i < all->count; i++) {
    if (keep[i])
      all->row[kept++] = all->row[i];
    else
      row_free(&all->row[i]);
  }
  if (ok) all->count = kept;
  free(keep);
  return ok;
}

bool store_rows(store *s, store_builds builds, const char *where, rows *out, error *err) {
  *out = (rows){0};
  const bool ok = read_all(s, builds, out, err) && (!where || filter(s, where, out, err));
  if (!ok) rows_free(out);
  return ok;
}

bool store_read_rows(const char *path, store_builds builds, const char *where, rows *out,
                     error *err) {
  store *s;
  *out = (rows){0};
  const bool ok =
      store_open_reader(path, &s, err) && store_rows(s, builds, where, out, err);
  store_close(s);
  return ok;
}

static bool read_bandwidth(store *s, const char *machine, double *out, error *err) {
  sqlite3_stmt *statement;
  if (!schema_prepare(s,
                      "SELECT json_extract(facts, '$.ceilings.bandwidth_gbytes') "
                      "FROM machine WHERE id = ?",
                      &statement, err))
    return false;
  sqlite3_bind_text(statement, 1, machine, -1, SQLITE_STATIC);
  const int step = sqlite3_step(statement);
  if (step == SQLITE_ROW) *out = 1e9 * sqlite3_column_double(statement, 0);
  const bool ok = step == SQLITE_ROW || step == SQLITE_DONE ||
                  schema_error(s, "cannot read the machine", err);
  sqlite3_finalize(statement);
  return ok;
}

bool store_read_bandwidth(const char *path, const char *machine, double *out,
                          error *err) {
  store *s;
  *out = 0;
  const bool ok =
      store_open_reader(path, &s, err) && read_bandwidth(s, machine, out, err);
  store_close(s);
  return ok;
}

static bool read_machine(store *s, const char *machine, value *facts, value *started_at,
                         error *err) {
  sqlite3_stmt *statement;
  if (!schema_prepare(s,
                      "SELECT facts, (SELECT max(started_at) FROM run WHERE machine = "
                      "machine.id) FROM machine WHERE id = ?",
                      &statement, err))
    return false;
  sqlite3_bind_text(statement, 1, machine, -1, SQLITE_STATIC);
  const int step = sqlite3_step(statement);
  bool ok = step == SQLITE_ROW || step == SQLITE_DONE ||
            schema_error(s, "cannot read the machine", err);
  if (step == SQLITE_ROW)
    ok = (schema_column(statement, 0, VALUE_TEXT, facts) &&
          schema_column(statement, 1, VALUE_TEXT, started_at)) ||
         error_set(err, "%s: out of memory", s->path);
  sqlite3_finalize(statement);
  return ok;
}

bool store_read_machine(const char *path, const char *machine, char **facts,
                        char **started_at, error *err) {
  store *s;
  value found[2] = {{0}};
  const bool ok = store_open_reader(path, &s, err) &&
                  read_machine(s, machine, &found[0], &found[1], err);
  store_close(s);
  *facts = found[0].text;
  *started_at = found[1].text;
  return ok;
}
