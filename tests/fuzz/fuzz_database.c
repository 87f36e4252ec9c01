/* Fuzzes what reads a database from anywhere: a file's bytes as they are; and, after the
 * word ROWS, a sound file with rows as another program may have put them there: any type
 * of value in any column. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "estimate.h"
#include "fuzz.h"
#include "store.h"

static char folder[64], path[80], journal[96];

/* A database without a row, as store_open makes it. */
static uint8_t *sound;
static size_t sound_size;

static void require(bool holds) {
  if (!holds) abort();
}

static void remove_all(void) {
  unlink(journal);
  unlink(path);
  rmdir(folder);
}

/* In memory where there is such a folder: every input is written to it. */
static void make_folder(void) {
  if (*folder) return;
  snprintf(folder, sizeof folder, "%s/linkv-fuzz-XXXXXX",
           access("/dev/shm", W_OK) ? "." : "/dev/shm");
  require(mkdtemp(folder) != NULL);
  snprintf(path, sizeof path, "%s/fuzz.db", folder);
  snprintf(journal, sizeof journal, "%s-journal", path);
  atexit(remove_all);
}

static void require_line(const error *err) {
  require(err->text[0] && !strchr(err->text, '\n'));
}

static void require_row(const row *r) {
  for (int f = 0; f < ROW_FIELDS; f++)
    require(!r->field[f].known || row_fields[f].kind != VALUE_TEXT || r->field[f].text);
  require(r->field[ROW_status].known && status_severity(r->field[ROW_status].text) >= 0);
}

static void put_file(const uint8_t *data, size_t size) {
  FILE *out = fopen(path, "wb");
  require(out != NULL);
  require(fwrite(data, 1, size, out) == size);
  require(fclose(out) == 0);
}

static void make_sound(void) {
  error err;
  store *s;
  struct stat info;
  unlink(path);
  require(store_open(path, &s, &err));
  store_close(s);
  FILE *in = fopen(path, "rb");
  require(in && !fstat(fileno(in), &info));
  sound_size = (size_t)info.st_size;
  sound = malloc(sound_size);
  require(sound && fread(sound, 1, sound_size, in) == sound_size);
  fclose(in);
}

static void read_rows(store_builds builds, const char *where) {
  estimate seen = {0};
  error err = {""};
  rows all;
  if (!store_read_rows(path, builds, where, &all, &err)) {
    require_line(&err);
    require(!all.row && !all.count);
    return;
  }
  for (size_t i = 0; i < all.count; i++) require_row(&all.row[i]);
  estimate_see_rows(&seen, &all);
  estimate_free(&seen);
  rows_free(&all);
}

static void read_all(void) {
  error err = {""};
  double bandwidth;
  read_rows(STORE_EVERY_BUILD, NULL);
  read_rows(STORE_LATEST_BUILD, "seq_len > 1 AND kernel != ''");
  if (!store_read_bandwidth(path, "m", &bandwidth, &err)) require_line(&err);
}

/* What a sweep does with a database it finds. */
static void go_on(void) {
  error err = {""};
  store *s;
  uint64_t repetitions;
  int severity;
  if (!store_open(path, &s, &err)) {
    require_line(&err);
    return;
  }
  if (store_progress(s, "key", &repetitions, &severity, &err))
    require(severity >= 0);
  else
    require_line(&err);
  if (!store_forget_failures(s, "key", &err)) require_line(&err);
  store_close(s);
}

typedef struct reader {
  const uint8_t *at;
  size_t left;
} reader;

static uint8_t next_byte(reader *r) {
  if (r->left == 0) return 0;
  r->left--;
  return *r->at++;
}

/* A value of any type, the telling ones among them. */
static void bind_next(sqlite3_stmt *statement, int index, reader *r) {
  static const char *const words[] = {
      "ok", "wrong", "crashed", "attention", "block", "gaussian",  "key", "scalar_row",
      "",   "1e999", "64",      "a\nb",      "\xff",  "untrusted", "-1",  "m"};
  static const int64_t integers[] = {0, 1, -1, 64, 65, INT64_MAX, INT64_MIN, 1 << 20};
  static const double reals[] = {0.5, -1, 1e308, 5e-324, 1e18, 12};
  const uint8_t what = next_byte(r), which = next_byte(r);
  switch (what % 6) {
    case 0:
      sqlite3_bind_null(statement, index);
      break;
    case 1:
      sqlite3_bind_int64(statement, index, integers[which % 8]);
      break;
    case 2:
      sqlite3_bind_double(statement, index, reals[which % 6]);
      break;
    case 3:
      sqlite3_bind_blob(statement, index, &words[which % 16][0], 1, SQLITE_STATIC);
      break;
    case 4:
      sqlite3_bind_int64(statement, index, which);
      break;
    default:
      sqlite3_bind_text(statement, index, words[which % 16], -1, SQLITE_STATIC);
  }
}

/* A row into a table, from the input; what its constraints refuse is no row. */
static void put_row(sqlite3 *db, const char *table, reader *r) {
  sqlite3_stmt *statement = NULL;
  char *sql = sqlite3_mprintf("SELECT count(*) FROM pragma_table_info(%Q)", table);
  require(sql && sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK);
  require(sqlite3_step(statement) == SQLITE_ROW);
  const int count = sqlite3_column_int(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_free(sql);
  sqlite3_str *text = sqlite3_str_new(db);
  sqlite3_str_appendf(text, "INSERT OR IGNORE INTO %s VALUES (?", table);
  for (int c = 1; c < count; c++) sqlite3_str_appendall(text, ", ?");
  sqlite3_str_appendall(text, ")");
  sql = sqlite3_str_finish(text);
  require(sql && sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK);
  for (int c = 1; c <= count; c++) bind_next(statement, c, r);
  sqlite3_step(statement);
  sqlite3_finalize(statement);
  sqlite3_free(sql);
}

static void put_rows(const uint8_t *data, size_t size) {
  static const char *const tables[] = {"point", "repetition", "machine", "run"};
  reader r = {data, size};
  sqlite3 *db;
  if (!sound) make_sound();
  put_file(sound, sound_size);
  require(sqlite3_open(path, &db) == SQLITE_OK);
  require(!sqlite3_exec(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN",
                        NULL, NULL, NULL));
  for (int n = 0; r.left && n < 16; n++) put_row(db, tables[next_byte(&r) % 4], &r);
  require(!sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
  sqlite3_close(db);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  make_folder();
  unlink(journal);
  if (size >= 4 && !memcmp(data, "ROWS", 4))
    put_rows(data + 4, size - 4);
  else
    put_file(data, size);
  read_all();
  go_on();
  return 0;
}
