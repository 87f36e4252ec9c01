/* Points, records and databases of the store's tests. */
#ifndef STORE_SAMPLE_H
#define STORE_SAMPLE_H

#include <sqlite3.h>

#include "../scratch.h"
#include "store.h"

static const lkv_kernel sample_kernel = {.abi = LKV_KERNEL_ABI,
                                         .name = "scalar_sample",
                                         .algorithm = "sample",
                                         .isa = LKV_ISA_SCALAR,
                                         .operand_type = LKV_FLOAT32,
                                         .output_type = LKV_FLOAT32,
                                         .accum_type = LKV_FLOAT64};

static inline point sample_point(size_t seq_len) {
  point p = {.kernel = &sample_kernel,
             .stage = LKV_STAGE_ATTENTION,
             .regime = "gaussian",
             .seed = 1,
             .problem = {.batch = 2,
                         .seq_len = seq_len,
                         .heads = 3,
                         .head_dim = 16,
                         .tile_k = 8,
                         .eps = 1e-6},
             .threads = 2};
  return p;
}

static inline point_info sample_info(const point *p) {
  point_info info = {.point = p,
                     .label = "default",
                     .commit = "0123456789ab",
                     .machine = "00112233445566aa",
                     .kernel_build = "8899aabbccddeeff",
                     .command = "linkv time --kernel scalar_sample"};
  point_make_key(&info, 0.05);
  return info;
}

/* A status, and where time_ns > 0 a time and a hash. */
static inline record sample_record(const char *status, double time_ns) {
  record r = {0};
  assert_true(value_set_text(&r.field[RECORD_status], status));
  if (time_ns > 0) {
    value_set_real(&r.field[RECORD_time_ns], time_ns);
    value_set_real(&r.field[RECORD_peak_flops], 1e10);
    assert_true(value_set_text(&r.field[RECORD_output_hash], "00000000000000aa"));
  }
  return r;
}

/* A run in a database, which is made where it is missing. */
static inline store *sample_store_at(const char *path, int64_t *run) {
  store *s;
  error err;
  const run_info info = {.label = "default"};
  EXPECT_OK(store_open(path, &s, &err), &err);
  EXPECT_OK(store_begin_run(s, &info, run, &err), &err);
  return s;
}

/* A run in a new database of this process. */
static inline store *sample_store(int64_t *run) {
  return sample_store_at(":memory:", run);
}

/* Adds a record, which is freed, as that repetition of a point of that length. */
static inline bool sample_add(store *s, int64_t run, size_t seq_len, unsigned repetition,
                              record r) {
  const point p = sample_point(seq_len);
  const point_info info = sample_info(&p);
  bool added = false;
  error err;
  EXPECT_OK(store_add(s, run, &info, repetition, &r, &added, &err), &err);
  record_free(&r);
  return added;
}

static inline void sample_sql(const char *path, const char *sql) {
  sqlite3 *db;
  char *why = NULL;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) fail_msg("%s: %s", sql, why);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* The one number a query gives. */
static inline int64_t sample_number(const char *path, const char *sql) {
  sqlite3 *db;
  sqlite3_stmt *statement;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
  const int64_t number = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
  return number;
}

#endif
