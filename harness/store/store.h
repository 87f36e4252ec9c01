/* The results database: one SQLite file.
 *
 *   machine     what the results were measured on
 *   run         one invocation of a command that measures
 *   point       what is measured: axes, and identity of kernel and machine; its key is
 *               unique
 *   repetition  what one worker found: (point, repetition) is unique
 *   noise       what the machine makes of two equal kernels (noise_floor.h)
 *
 * Every repetition is one committed transaction, so that a process killed at any moment
 * loses at most the repetition it was in, and none is ever there twice. Readers and
 * writers may share a database. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "error.h"
#include "point.h"
#include "record.h"
#include "row.h"

/* Changes whenever rows measured before and after are not comparable; part of every key.
 */
#define STORE_HARNESS_SCHEMA 2

typedef struct store store;

/* Opens `path` for reading and writing, making it where it is missing. ":memory:" is a
 * database of this process. Errors name the file: not writable, not a database, not
 * linkv's, written by another version. */
bool store_open(const char *path, store **out, error *err);

/* Opens an existing database for reading. */
bool store_open_reader(const char *path, store **out, error *err);

/* NULL is allowed. */
void store_close(store *s);

/* What all repetitions of one invocation share; texts other than `label` may be NULL
 * where not known. */
typedef struct run_info {
  const char *label;
  const char *command;
  const char *config;        /* the config file's text */
  uint64_t order_seed;       /* of the interleaving */
  const char *machine;       /* identity */
  const char *machine_facts; /* JSON */
  const char *commit;
} run_info;

/* Adds the machine, or to its facts, a JSON object; NULL where they are not known. Facts
 * of other names stay. */
bool store_set_machine(store *s, const char *machine, const char *facts, error *err);

/* Whether its measured ceilings are among them and still hold: measured within a day,
 * under the governor that its facts have. */
bool store_has_ceilings(store *s, const char *machine, bool *has, error *err);

/* Sets the machine, too. */
bool store_begin_run(store *s, const run_info *info, int64_t *run, error *err);

/* A point as it is stored. */
typedef struct point_info {
  const point *point;
  char key[POINT_KEY_SIZE];
  const char *label;
  const char *commit; /* NULL where not known */
  const char *machine;
  const char *kernel_build;
  const char *command;
} point_info;

/* Fills `key`: a hash of everything that could change the row: axes, kernel build,
 * machine, label, harness schema and `min_time_s`, the time a repetition is measured for.
 */
void point_make_key(point_info *info, double min_time_s);

/* What is known of a point: which of the first 64 repetitions are there (bit r - 1), and
 * the severity of its row's status (see store_rows); 0 and 0 where the point is new. */
bool store_progress(store *s, const char *key, uint64_t *repetitions, int *severity,
                    error *err);

/* The times of a point, ns, in the order of its repetitions: of times[64] the first
 * *count. */
bool store_times(store *s, const char *key, double *times, size_t *count, error *err);

/* Adds a repetition, 1 <= repetition <= 64, and its point where that is new; committed on
 * return. Where that repetition is there already (another sweep was faster) it is kept as
 * it was, and *added is false. */
bool store_add(store *s, int64_t run, const point_info *info, unsigned repetition,
               const record *r, bool *added, error *err);

/* Which points become rows. */
typedef enum store_builds {
  STORE_LATEST_BUILD, /* of points that share axes, label and machine, the newest alone:
                       * an older build of a kernel, or another min_time, is history */
  STORE_EVERY_BUILD,
} store_builds;

/* The rows, one a point, repetitions put together: the median and its interval (unknown
 * for fewer than two); the worst status with its reason, "untrusted" where output hashes
 * differ. `where` is an SQL expression over the names of fields.def, NULL for all.
 * Ordered by stage, regime, batch, heads, head_dim, seq_len, threads, kernel, tile_q,
 * tile_k, seed, label. */
bool store_rows(store *s, store_builds builds, const char *where, rows *out, error *err);

/* Read bandwidth of a machine's main memory, bytes/s, as the last run on it measured it;
 * 0 where none did. */
bool store_read_bandwidth(const char *path, const char *machine, double *out, error *err);

/* What is known of a machine: its facts, a JSON object, and when the last run on it
 * began, as "2026-01-31T12:00:00.000Z"; malloc'd, NULL where not known. */
bool store_read_machine(const char *path, const char *machine, char **facts,
                        char **started_at, error *err);

/* store_open_reader, store_rows, store_close. */
bool store_read_rows(const char *path, store_builds builds, const char *where, rows *out,
                     error *err);

/* Removes the repetitions of a point that found it crashed, out of time or memory, not to
 * be trusted, or to be skipped, so that they are measured again. */
bool store_forget_failures(store *s, const char *key, error *err);

#endif
