#include "oracle_cache.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bounds_file.h"
#include "cache_folder.h"
#include "fnv.h"
#include "oracle_build.h"

#define SUFFIX ".bounds"

enum { TITLE_SIZE = 256 };

/* What a file is of, and by what oracle. */
typedef struct identity {
  char name[64];
  char title[TITLE_SIZE];
} identity;

static uint64_t hash_tensor(uint64_t hash, const tensor *t) {
  hash = fnv_bytes(hash, &t->type, sizeof t->type);
  return t->data ? fnv_words(hash, t->data, t->count * tensor_type_size(t->type)) : hash;
}

static identity identity_of(const lin_case *c, precision of, sample_rule rule) {
  const lkv_problem *p = &c->problem;
  identity id = {0};
  uint64_t hash = hash_tensor(FNV_START, &c->x);
  for (int o = 0; o < LKV_OPERANDS; o++) hash = hash_tensor(hash, &c->operand[o]);
  char axes[160];
  snprintf(axes, sizeof axes, "%s %s %s %s B=%zu T=%zu H=%zu d=%zu eps=%a rows=%d",
           lkv_stage_name(c->stage), lkv_dtype_name(of.operand_type),
           lkv_dtype_name(of.output_type), lkv_dtype_name(of.factor_type), p->batch,
           p->seq_len, p->heads, p->head_dim, p->eps, (int)rule);
  hash = fnv_text(hash, axes);
  snprintf(id.name, sizeof id.name, "%016" PRIx64 SUFFIX, hash);
  snprintf(id.title, sizeof id.title, "linkv bounds\n%s\n%016" PRIx64 "\n%s\n", axes,
           hash, oracle_build);
  return id;
}

/* Reads the rest of a file; false, saying why, where it is not to be used. */
static bool read_bounds(int fd, const identity *id, bounds *b, const char **why) {
  char title[TITLE_SIZE];
  struct stat info;
  file_cursor c = file_cursor_at_start(fd);
  *why = "not whole; it is made again";
  if (!file_get(&c, title, sizeof title)) return false;
  *why = ORACLE_CACHE_OUTDATED;
  if (memcmp(title, id->title, sizeof title) != 0) return false;
  *why = "not whole; it is made again";
  return bounds_get(&c, b) && file_check(&c) && !fstat(fd, &info) && info.st_size == c.at;
}

static bool make_room(const lin_case *c, sample_rule rule, bounds *out, error *err) {
  const lkv_problem *p = &c->problem;
  const oracle_shape shape = {p->batch, p->seq_len, p->heads, p->head_dim};
  return bounds_room(&shape, rule, out, err);
}

static bool find(oracle_cache *cache, const identity *id, const lin_case *c,
                 sample_rule rule, bounds *out) {
  bool missing;
  error why;
  const char *word;
  const int fd = cache_open(cache->folder, id->name, &missing, &why);
  if (fd < 0) {
    if (!missing) cache->note = why;
    return false;
  }
  const bool room = make_room(c, rule, out, &why);
  const bool found = room && read_bounds(fd, id, out, &word);
  if (!found) {
    if (room) error_set(&why, "%s/%s: %s", cache->folder, id->name, word);
    cache->note = why;
    bounds_free(out);
  }
  close(fd);
  return found;
}

/* What cannot be kept is a note. */
static void keep(oracle_cache *cache, const identity *id, const bounds *b) {
  cache_file f;
  error why;
  bool ok = cache_create(cache->folder, &f, &why);
  if (ok) {
    file_cursor c = file_cursor_at_start(f.fd);
    ok = file_put(&c, id->title, sizeof id->title) && bounds_put(&c, b) && file_seal(&c);
    if (!ok) {
      error_set(&why, "%s: %s", f.path, errno ? strerror(errno) : "a write failed");
      cache_discard(&f);
    }
  }
  ok = ok && cache_commit(&f, cache->folder, id->name, &why);
  if (ok)
    cache_trim(cache->folder, SUFFIX, cache->limit);
  else
    cache->note = why;
}

/* Rows that are judged, times what one costs. */
static double work_of(const lkv_problem *p, sample_rule rule) {
  const oracle_shape shape = {p->batch, p->seq_len, p->heads, p->head_dim};
  const double T = (double)p->seq_len, d = (double)p->head_dim;
  size_t *token, rows;
  error note;
  if (!sample_choose(&shape, rule, &token, &rows, &note)) return 0;
  free(token);
  return (double)p->batch * (double)p->heads * (double)rows * T * d * d;
}

static bool worth_keeping(const oracle_cache *cache, const lkv_problem *p,
                          sample_rule rule) {
  return cache && cache->folder && work_of(p, rule) >= cache->least_work;
}

bool oracle_cache_bounds(oracle_cache *cache, const lin_case *c, precision of,
                         sample_rule rule, bounds *out, error *err) {
  if (cache) {
    *cache->note.text = 0;
    cache->used = false;
  }
  if (!worth_keeping(cache, &c->problem, rule))
    return reference_bounds(c, of, rule, out, err);
  const identity id = identity_of(c, of, rule);
  cache->used = find(cache, &id, c, rule, out);
  if (cache->used) return true;
  if (!reference_bounds(c, of, rule, out, err)) return false;
  keep(cache, &id, out);
  return true;
}
