#include "schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store.h"

/* "lkv1" */
#define APPLICATION_ID 0x6c6b7631
#define SCHEMA_VERSION 4
#define STRINGIFY_(x)  #x
#define STRINGIFY(x)   STRINGIFY_(x)

/* Seconds to wait for a database that another program has locked. */
#define LOCK_WAIT_S   30.0
#define LOCK_WAIT_MAX 86400.0

#define TEXT                             " TEXT"
#define INTEGER                          " INTEGER"
#define REAL                             " REAL"
#define FIELD(name, kind, unit, meaning) "  \"" #name "\"" kind ","
static const char schema_sql[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE machine (id TEXT PRIMARY KEY, facts TEXT) WITHOUT ROWID;"
    "CREATE TABLE run ("
    "  id INTEGER PRIMARY KEY, label TEXT NOT NULL, command TEXT, config TEXT,"
    "  order_seed INTEGER, machine TEXT REFERENCES machine(id), \"commit\" TEXT,"
    "  started_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')));"
    "CREATE TABLE point ("
    "  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
    "  kernel TEXT NOT NULL, algorithm TEXT, isa TEXT, operand_type TEXT, accum_type TEXT,"
    "  stage TEXT NOT NULL, regime TEXT NOT NULL, seed INTEGER NOT NULL,"
    "  batch INTEGER NOT NULL, seq_len INTEGER NOT NULL, heads INTEGER NOT NULL,"
    "  head_dim INTEGER NOT NULL, tile_q INTEGER, tile_k INTEGER,"
    "  threads INTEGER NOT NULL, label TEXT NOT NULL DEFAULT 'default', \"commit\" TEXT,"
    "  machine TEXT, command TEXT, kernel_build TEXT);"
    "CREATE TABLE repetition ("
    "  point INTEGER NOT NULL REFERENCES point(id),"
    "  repetition INTEGER NOT NULL CHECK (repetition BETWEEN 1 AND 64),"
    "  run INTEGER REFERENCES run(id),"
    "  recorded_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),"
#include "record.def"
    "  CHECK (status IS NOT NULL AND status IN ('ok', 'wrong', 'untrusted',"
    "    'ill_conditioned', 'skipped', 'timeout', 'crashed', 'out_of_memory')),"
    "  PRIMARY KEY (point, repetition)) WITHOUT ROWID;"
    "CREATE TABLE noise ("
    "  id INTEGER PRIMARY KEY, machine TEXT NOT NULL REFERENCES machine(id),"
    "  kernel TEXT NOT NULL, stage TEXT NOT NULL, batch INTEGER NOT NULL,"
    "  seq_len INTEGER NOT NULL, heads INTEGER NOT NULL, head_dim INTEGER NOT NULL,"
    "  threads INTEGER NOT NULL, call_ns REAL NOT NULL CHECK (call_ns > 0),"
    "  seconds REAL NOT NULL, level REAL NOT NULL, rounds INTEGER NOT NULL,"
    "  floor REAL NOT NULL CHECK (floor >= 0),"
    "  recorded_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')));"
    "PRAGMA application_id = " STRINGIFY(APPLICATION_ID) ";"
    "PRAGMA user_version = " STRINGIFY(SCHEMA_VERSION) ";"
    "COMMIT;";
#undef FIELD
#undef TEXT
#undef INTEGER
#undef REAL

/* What a person can do about an error of SQLite's; "" where there is nothing to say. */
static const char *remedy_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "; another program holds it: end that, or name another file";
    case SQLITE_FULL:
      return "; free some space";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return "; the file and its folder must be writable";
    case SQLITE_CORRUPT:
      return "; it is damaged: sqlite3's .recover saves what can be read";
    case SQLITE_NOTADB:
      return "; it is not a database: name another file";
    default:
      return "";
  }
}

bool schema_error(const struct store *s, const char *doing, error *err) {
  const int code = sqlite3_extended_errcode(s->db), cause = sqlite3_system_errno(s->db);
  const bool io = (code & 0xff) == SQLITE_IOERR && cause;
  return error_set(err, "%s: %s: %s%s%s%s", s->path, doing, sqlite3_errmsg(s->db),
                   io ? ": " : "", io ? strerror(cause) : "", remedy_of(code));
}

bool schema_prepare(const struct store *s, const char *sql, sqlite3_stmt **out,
                    error *err) {
  const char *rest = NULL;
  if (sqlite3_prepare_v2(s->db, sql, -1, out, &rest) != SQLITE_OK)
    return schema_error(s, "cannot read", err);
  if (!*out || rest[strspn(rest, " \t\r\n")]) {
    sqlite3_finalize(*out);
    *out = NULL;
    return error_set(err, "%s: bad SQL: one statement is wanted", s->path);
  }
  return true;
}

bool schema_finish(const struct store *s, sqlite3_stmt *statement, const char *doing,
                   error *err) {
  const int step = sqlite3_step(statement);
  const bool ok =
      step == SQLITE_DONE || step == SQLITE_ROW || schema_error(s, doing, err);
  sqlite3_finalize(statement);
  return ok;
}

void schema_bind(sqlite3_stmt *statement, int index, value_kind kind, const value *v) {
  if (!v->known) {
    sqlite3_bind_null(statement, index);
    return;
  }
  switch (kind) {
    case VALUE_TEXT:
      sqlite3_bind_text(statement, index, v->text, -1, SQLITE_TRANSIENT);
      break;
    case VALUE_INTEGER:
      sqlite3_bind_int64(statement, index, v->integer);
      break;
    case VALUE_REAL:
      sqlite3_bind_double(statement, index, v->real);
      break;
  }
}

bool schema_column(sqlite3_stmt *statement, int index, value_kind kind, value *out) {
  if (sqlite3_column_type(statement, index) == SQLITE_NULL) return true;
  switch (kind) {
    case VALUE_TEXT:
      return value_set_text(out, (const char *)sqlite3_column_text(statement, index));
    case VALUE_INTEGER:
      value_set_integer(out, sqlite3_column_int64(statement, index));
      break;
    case VALUE_REAL:
      value_set_real(out, sqlite3_column_double(statement, index));
      break;
  }
  return true;
}

static bool read_pragma(const store *s, const char *sql, int64_t *out, error *err) {
  sqlite3_stmt *statement;
  if (!schema_prepare(s, sql, &statement, err)) return false;
  bool ok = sqlite3_step(statement) == SQLITE_ROW || schema_error(s, "cannot read", err);
  if (ok) *out = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  return ok;
}

static bool check_version(const store *s, int64_t tables, error *err) {
  int64_t application = 0, version = 0;
  if (!read_pragma(s, "PRAGMA application_id", &application, err) ||
      !read_pragma(s, "PRAGMA user_version", &version, err))
    return false;
  if (!application && !version && !tables)
    return error_set(err, "%s: an empty database; 'linkv sweep' fills one", s->path);
  if (application != APPLICATION_ID)
    return error_set(err, "%s: a database, but not linkv's; name another file", s->path);
  if (version != SCHEMA_VERSION)
    return error_set(err, "%s: schema %lld, this linkv reads %d; name another file",
                     s->path, (long long)version, SCHEMA_VERSION);
  return true;
}

static bool count_tables(const store *s, int64_t *tables, error *err) {
  if (read_pragma(s, "SELECT count(*) FROM sqlite_schema", tables, err)) return true;
  return sqlite3_errcode(s->db) == SQLITE_NOTADB
             ? error_set(err, "%s: not a database; name another file", s->path)
             : false;
}

/* A file that was cut short or written over is not written to. */
static bool check_whole(const store *s, error *err) {
  sqlite3_stmt *statement;
  if (!schema_prepare(s, "PRAGMA quick_check(1)", &statement, err)) return false;
  const int step = sqlite3_step(statement);
  const char *found = (const char *)sqlite3_column_text(statement, 0);
  bool ok = step == SQLITE_ROW || schema_error(s, "cannot read", err);
  if (ok && (!found || strcmp(found, "ok") != 0))
    ok = error_set(err,
                   "%s: damaged: %s; sqlite3's .recover saves what can be read; name "
                   "another file",
                   s->path, found ? found : "cannot be read");
  sqlite3_finalize(statement);
  return ok;
}

/* How long to wait for a lock: the environment's LINKV_LOCK_WAIT, in seconds. */
static int lock_wait_ms(void) {
  const char *given = getenv("LINKV_LOCK_WAIT");
  char *end;
  const double s = given && *given ? strtod(given, &end) : LOCK_WAIT_S;
  const bool usable = !given || !*given || (!*end && s >= 0 && s <= LOCK_WAIT_MAX);
  return (int)(1e3 * (usable ? s : LOCK_WAIT_S));
}

/* Sets up a connection that writes, and makes the tables of a database that is empty; two
 * processes may try at once. A database of another program is left as it is. */
static bool begin_writing(const store *s, error *err) {
  int64_t tables = 0;
  if (sqlite3_db_readonly(s->db, "main"))
    return error_set(err, "%s: not writable; change its mode or name another file",
                     s->path);
  if (!count_tables(s, &tables, err)) return false;
  if (tables > 0 && (!check_version(s, tables, err) || !check_whole(s, err)))
    return false;
  /* SQLite's own journal mode, one file that is whole after each commit: it can be
   * copied, and read on a read-only disk. EXTRA makes a commit last through a power cut:
   * file, journal and folder are synced, the folder once more when the journal is gone.
   */
  if (sqlite3_exec(s->db, "PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON", NULL,
                   NULL, NULL) != SQLITE_OK)
    return schema_error(s, "cannot write", err);
  if (tables > 0) return true;
  if (sqlite3_exec(s->db, schema_sql, NULL, NULL, NULL) == SQLITE_OK) return true;
  schema_error(s, "cannot make the tables", err);
  sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
  return count_tables(s, &tables, err) && tables > 0;
}

static bool open_with(const char *path, int flags, store **out, error *err) {
  struct stat info;
  store *s = calloc(1, sizeof *s);
  *out = NULL;
  if (!*path) {
    free(s);
    return error_set(err, "a database's path is empty; name a file");
  }
  /* SQLite would take "file:..." for a URI. */
  const char *folder = strncmp(path, "file:", 5) == 0 ? "./" : "";
  if (!s || asprintf(&s->path, "%s%s", folder, path) < 0) {
    free(s);
    return error_set(err, "%s: out of memory", path);
  }
  if (stat(s->path, &info) == 0 && !S_ISREG(info.st_mode)) {
    error_set(err, "%s: not a regular file; name a database file", path);
    goto failed;
  }
  if (sqlite3_open_v2(s->path, &s->db, flags, NULL) != SQLITE_OK) {
    schema_error(s, "cannot open the database", err);
    goto failed;
  }
  sqlite3_busy_timeout(s->db, lock_wait_ms());
  int64_t tables = 0;
  if (flags & SQLITE_OPEN_READWRITE && !begin_writing(s, err)) goto failed;
  if (!count_tables(s, &tables, err) || !check_version(s, tables, err)) goto failed;
  *out = s;
  return true;
failed:
  store_close(s);
  return false;
}

bool store_open(const char *path, store **out, error *err) {
  return open_with(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, out, err);
}

bool store_open_reader(const char *path, store **out, error *err) {
  struct stat info;
  if (stat(path, &info)) {
    *out = NULL;
    return error_set(err, "%s: no such database; 'linkv sweep' makes one", path);
  }
  return open_with(path, SQLITE_OPEN_READONLY, out, err);
}

void store_close(store *s) {
  if (!s) return;
  sqlite3_close(s->db);
  free(s->path);
  free(s);
}
