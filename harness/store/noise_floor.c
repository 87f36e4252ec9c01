#include "noise_floor.h"

#include <math.h>

#include "schema.h"

bool noise_floor_add(store *s, const char *machine, const noise_test *test, error *err) {
  sqlite3_stmt *statement;
  const lkv_problem *q = &test->point.problem;
  if (!schema_prepare(s,
                      "INSERT INTO noise (machine, kernel, stage, batch, seq_len, heads, "
                      "head_dim, threads, call_ns, seconds, level, rounds, floor) VALUES "
                      "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      &statement, err))
    return false;
  const size_t sizes[] = {q->batch, q->seq_len, q->heads, q->head_dim,
                          test->point.threads};
  const double reals[] = {test->call_ns, test->seconds, test->level};
  int at = 1;
  sqlite3_bind_text(statement, at++, machine, -1, SQLITE_STATIC);
  sqlite3_bind_text(statement, at++, test->point.kernel->name, -1, SQLITE_STATIC);
  sqlite3_bind_text(statement, at++, lkv_stage_name(test->point.stage), -1,
                    SQLITE_STATIC);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    sqlite3_bind_int64(statement, at++, (int64_t)sizes[i]);
  for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
    sqlite3_bind_double(statement, at++, reals[i]);
  sqlite3_bind_int64(statement, at++, (int64_t)test->rounds);
  sqlite3_bind_double(statement, at, test->floor);
  return schema_finish(s, statement, "cannot add a test of noise", err);
}

static const char select_newest[] =
    "SELECT call_ns, floor FROM noise WHERE id IN (SELECT max(id) FROM noise WHERE "
    "machine = ? AND threads = ? GROUP BY kernel, stage, batch, seq_len, heads, "
    "head_dim) ORDER BY id";

bool noise_floor_near(store *s, const char *machine, size_t threads, double call_ns,
                      double *floor, error *err) {
  sqlite3_stmt *statement;
  double least = log(NOISE_FLOOR_REACH);
  *floor = NAN;
  if (!schema_prepare(s, select_newest, &statement, err)) return false;
  sqlite3_bind_text(statement, 1, machine, -1, SQLITE_STATIC);
  sqlite3_bind_int64(statement, 2, (int64_t)threads);
  int step;
  while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
    const double away = fabs(log(sqlite3_column_double(statement, 0) / call_ns));
    if (!(away <= least)) continue;
    least = away;
    *floor = sqlite3_column_double(statement, 1);
  }
  const bool ok = step == SQLITE_DONE || schema_error(s, "cannot read noise", err);
  sqlite3_finalize(statement);
  return ok;
}
