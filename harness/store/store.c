#include "store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fnv.h"
#include "schema.h"

static void bind_text(sqlite3_stmt *statement, int index, const char *text) {
  if (text) sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
}

static void bind_size(sqlite3_stmt *statement, int index, size_t size) {
  sqlite3_bind_int64(statement, index, (int64_t)size);
}

/* 0 is NULL: the kernel does not tile that dimension. */
static void bind_tile(sqlite3_stmt *statement, int index, size_t tile) {
  if (tile) bind_size(statement, index, tile);
}

bool store_set_machine(store *s, const char *machine, const char *facts, error *err) {
  sqlite3_stmt *statement;
  if (!schema_prepare(s,
                      "INSERT INTO machine (id, facts) VALUES (?, ?) ON CONFLICT (id) "
                      "DO UPDATE SET facts = json_patch(coalesce(facts, '{}'), "
                      "excluded.facts) WHERE excluded.facts IS NOT NULL",
                      &statement, err))
    return false;
  bind_text(statement, 1, machine);
  bind_text(statement, 2, facts);
  return schema_finish(s, statement, "cannot add the machine", err);
}

bool store_has_ceilings(store *s, const char *machine, bool *has, error *err) {
  sqlite3_stmt *statement;
  if (!schema_prepare(s,
                      "SELECT 1 FROM machine WHERE id = ? AND "
                      "julianday('now') - julianday(facts ->> '$.ceilings.measured_at') "
                      "BETWEEN -0.01 AND 1 AND "
                      "facts ->> '$.ceilings.governor' IS facts ->> '$.governor'",
                      &statement, err))
    return false;
  bind_text(statement, 1, machine);
  const int step = sqlite3_step(statement);
  *has = step == SQLITE_ROW;
  const bool ok =
      *has || step == SQLITE_DONE || schema_error(s, "cannot read the machine", err);
  sqlite3_finalize(statement);
  return ok;
}

bool store_begin_run(store *s, const run_info *info, int64_t *run, error *err) {
  sqlite3_stmt *statement;
  if (info->machine && !store_set_machine(s, info->machine, info->machine_facts, err))
    return false;
  if (!schema_prepare(s,
                      "INSERT INTO run (label, command, config, order_seed, machine, "
                      "\"commit\") VALUES (?, ?, ?, ?, ?, ?)",
                      &statement, err))
    return false;
  bind_text(statement, 1, info->label);
  bind_text(statement, 2, info->command);
  bind_text(statement, 3, info->config);
  sqlite3_bind_int64(statement, 4, (int64_t)info->order_seed);
  bind_text(statement, 5, info->machine);
  bind_text(statement, 6, info->commit);
  if (!schema_finish(s, statement, "cannot add the run", err)) return false;
  *run = sqlite3_last_insert_rowid(s->db);
  return true;
}

void point_make_key(point_info *info, double min_time_s) {
  char axes[512];
  const point *p = info->point;
  const lkv_problem *q = &p->problem;
  snprintf(
      axes, sizeof axes,
      "schema=%d seed=%" PRIu64
      " B=%zu T=%zu H=%zu d=%zu eps=%a tile_q=%zu tile_k=%zu threads=%zu min_time=%a",
      STORE_HARNESS_SCHEMA, p->seed, q->batch, q->seq_len, q->heads, q->head_dim, q->eps,
      q->tile_q, q->tile_k, p->threads, min_time_s);
  const char *const texts[] = {
      axes,      p->kernel->name, info->kernel_build, lkv_stage_name(p->stage),
      p->regime, info->machine,   info->label};
  uint64_t hash = FNV_START;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    hash = fnv_text(hash, texts[i]);
  snprintf(info->key, sizeof info->key, "%016" PRIx64, hash);
}

/* The distinct hashes are counted once for each repetition: they are few. */
static const char select_progress[] =
    "SELECT r.repetition, r.status, (SELECT count(DISTINCT output_hash) FROM repetition "
    "WHERE point = p.id) FROM repetition r JOIN point p ON p.id = r.point "
    "WHERE p.key = ?";

bool store_progress(store *s, const char *key, uint64_t *repetitions, int *severity,
                    error *err) {
  sqlite3_stmt *statement;
  *repetitions = 0;
  *severity = 0;
  if (!schema_prepare(s, select_progress, &statement, err)) return false;
  bind_text(statement, 1, key);
  int step;
  while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
    *repetitions |= UINT64_C(1) << (sqlite3_column_int(statement, 0) - 1);
    const int found = status_severity((const char *)sqlite3_column_text(statement, 1));
    if (found > *severity) *severity = found;
    const int untrusted = status_severity("untrusted");
    if (sqlite3_column_int(statement, 2) > 1 && *severity < untrusted)
      *severity = untrusted;
  }
  const bool ok = step == SQLITE_DONE || schema_error(s, "cannot read", err);
  sqlite3_finalize(statement);
  return ok;
}

bool store_times(store *s, const char *key, double *times, size_t *count, error *err) {
  sqlite3_stmt *statement;
  *count = 0;
  if (!schema_prepare(s,
                      "SELECT r.time_ns FROM repetition r JOIN point p ON p.id = r.point "
                      "WHERE p.key = ? AND r.time_ns NOT NULL ORDER BY r.repetition",
                      &statement, err))
    return false;
  bind_text(statement, 1, key);
  int step;
  while ((step = sqlite3_step(statement)) == SQLITE_ROW)
    times[(*count)++] = sqlite3_column_double(statement, 0);
  const bool ok = step == SQLITE_DONE || schema_error(s, "cannot read times", err);
  sqlite3_finalize(statement);
  return ok;
}

static bool add_point(store *s, const point_info *info, error *err) {
  sqlite3_stmt *statement;
  const point *p = info->point;
  const lkv_problem *q = &p->problem;
  if (!schema_prepare(
          s,
          "INSERT INTO point (key, kernel, algorithm, isa, operand_type, accum_type, "
          "stage, regime, seed, batch, seq_len, heads, head_dim, tile_q, tile_k, "
          "threads, "
          "label, \"commit\", machine, command, kernel_build) VALUES "
          "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
          "ON CONFLICT (key) DO NOTHING",
          &statement, err))
    return false;
  int at = 1;
  bind_text(statement, at++, info->key);
  bind_text(statement, at++, p->kernel->name);
  bind_text(statement, at++, p->kernel->algorithm);
  bind_text(statement, at++, lkv_isa_name(p->kernel->isa));
  bind_text(statement, at++, lkv_dtype_name(p->kernel->operand_type));
  bind_text(statement, at++, lkv_dtype_name(p->kernel->accum_type));
  bind_text(statement, at++, lkv_stage_name(p->stage));
  bind_text(statement, at++, p->regime);
  sqlite3_bind_int64(statement, at++, (int64_t)p->seed);
  bind_size(statement, at++, q->batch);
  bind_size(statement, at++, q->seq_len);
  bind_size(statement, at++, q->heads);
  bind_size(statement, at++, q->head_dim);
  bind_tile(statement, at++, q->tile_q);
  bind_tile(statement, at++, q->tile_k);
  bind_size(statement, at++, p->threads);
  bind_text(statement, at++, info->label);
  bind_text(statement, at++, info->commit);
  bind_text(statement, at++, info->machine);
  bind_text(statement, at++, info->command);
  bind_text(statement, at++, info->kernel_build);
  return schema_finish(s, statement, "cannot add a point", err);
}

#define FIELD(name, kind, unit, meaning) ", " #name
static const char insert_repetition[] =
    "INSERT INTO repetition (point, repetition, run"
#include "record.def"
    ") VALUES ((SELECT id FROM point WHERE key = ?), ?, ?"
#undef FIELD
#define FIELD(name, kind, unit, meaning) ", ?"
#include "record.def"
    ") ON CONFLICT (point, repetition) DO NOTHING";
#undef FIELD

static bool add_repetition(store *s, int64_t run, const char *key, unsigned repetition,
                           const record *r, error *err) {
  sqlite3_stmt *statement;
  if (!schema_prepare(s, insert_repetition, &statement, err)) return false;
  bind_text(statement, 1, key);
  sqlite3_bind_int64(statement, 2, repetition);
  sqlite3_bind_int64(statement, 3, run);
  for (int f = 0; f < RECORD_FIELDS; f++)
    schema_bind(statement, 4 + f, record_fields[f].kind, &r->field[f]);
  return schema_finish(s, statement, "cannot add a repetition", err);
}

bool store_add(store *s, int64_t run, const point_info *info, unsigned repetition,
               const record *r, bool *added, error *err) {
  if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
    return schema_error(s, "cannot begin to write", err);
  if (!add_point(s, info, err) || !add_repetition(s, run, info->key, repetition, r, err))
    goto failed;
  *added = sqlite3_changes(s->db) > 0;
  if (sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK) return true;
  schema_error(s, "cannot commit", err);
failed:
  sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
  return false;
}

bool store_forget_failures(store *s, const char *key, error *err) {
  sqlite3_stmt *statement;
  if (!schema_prepare(s,
                      "DELETE FROM repetition WHERE point = (SELECT id FROM point WHERE "
                      "key = ?) AND status IN ('crashed', 'timeout', 'out_of_memory', "
                      "'untrusted', 'skipped')",
                      &statement, err))
    return false;
  bind_text(statement, 1, key);
  return schema_finish(s, statement, "cannot remove repetitions", err);
}
