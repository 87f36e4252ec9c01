#include "shape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fnv.h"
#include "inputs.h"
#include "reference.h"

/* The file: a line that names the shape and the precision, X where there is one, the
 * seven operands or weights, y and its bounds, the rows and fits of the bounds, and a
 * hash of all that. */
enum { NAME_SIZE = 256 };

static void name_shape(const point *p, char name[NAME_SIZE]) {
  const lkv_problem *q = &p->problem;
  memset(name, 0, NAME_SIZE);
  const lkv_kernel *k = p->kernel;
  snprintf(name, NAME_SIZE, "linkv shape %s %s %" PRIu64 " %zu %zu %zu %zu %a %s %s %s",
           lkv_stage_name(p->stage), p->regime, p->seed, q->batch, q->seq_len, q->heads,
           q->head_dim, q->eps, lkv_dtype_name(k->operand_type),
           lkv_dtype_name(k->output_type), lkv_dtype_name(k->factor_type));
}

bool shape_make(const point *p, bool judge, shape *out, error *err) {
  *out = (shape){0};
  bool ok = inputs_make(regime_find(p->regime), p->seed, p->stage, &p->problem,
                        &out->inputs, err);
  if (ok && judge)
    ok = reference_bounds(&out->inputs, precision_of(p->kernel), &out->bounds, err);
  if (!ok) shape_free(out);
  return ok;
}

void shape_free(shape *s) {
  case_free(&s->inputs);
  bounds_free(&s->bounds);
  *s = (shape){0};
}

/* A position in the file, and the hash of what was passed. */
typedef struct cursor {
  int fd;
  off_t at;
  uint64_t hash;
} cursor;

static bool put(cursor *c, const void *data, size_t bytes) {
  const char *from = data;
  c->hash = fnv_words(c->hash, data, bytes);
  while (bytes) {
    const ssize_t n = pwrite(c->fd, from, bytes, c->at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    from += n;
    c->at += n;
    bytes -= (size_t)n;
  }
  return true;
}

static bool get(cursor *c, void *data, size_t bytes) {
  char *to = data;
  size_t left = bytes;
  while (left) {
    const ssize_t n = pread(c->fd, to, left, c->at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    to += n;
    c->at += n;
    left -= (size_t)n;
  }
  c->hash = fnv_words(c->hash, data, bytes);
  return true;
}

static size_t bytes_of(const tensor *t) {
  return t->count * tensor_type_size(t->type);
}

static bool put_bounds(cursor *c, const bounds *b) {
  const size_t bytes = b->rows * b->head_dim * sizeof *b->y;
  const uint64_t fits = b->fit_count;
  return put(c, b->y, bytes) && put(c, b->det, bytes) && put(c, b->stat, bytes) &&
         put(c, b->row, b->rows * sizeof *b->row) && put(c, &fits, sizeof fits) &&
         put(c, b->fit, b->fit_count * sizeof *b->fit);
}

/* The fits: as many as the file says, if that many are in it. */
static bool get_fits(cursor *c, bounds *b) {
  uint64_t fits = 0;
  struct stat info;
  if (!get(c, &fits, sizeof fits) || fstat(c->fd, &info)) return false;
  if (fits > (uint64_t)info.st_size / sizeof *b->fit) return false;
  b->fit_count = fits;
  b->fit = calloc(fits + 1, sizeof *b->fit);
  return b->fit && get(c, b->fit, fits * sizeof *b->fit);
}

static bool get_bounds(cursor *c, bounds *b) {
  const size_t bytes = b->rows * b->head_dim * sizeof *b->y;
  return get(c, b->y, bytes) && get(c, b->det, bytes) && get(c, b->stat, bytes) &&
         get(c, b->row, b->rows * sizeof *b->row) && get_fits(c, b);
}

bool shape_write(int fd, const point *p, const shape *s, error *err) {
  cursor c = {.fd = fd, .hash = FNV_START};
  char name[NAME_SIZE];
  name_shape(p, name);
  bool ok = put(&c, name, sizeof name);
  if (ok && s->inputs.x.data) ok = put(&c, s->inputs.x.data, bytes_of(&s->inputs.x));
  for (int o = 0; ok && o < LKV_OPERANDS; o++)
    ok = put(&c, s->inputs.operand[o].data, bytes_of(&s->inputs.operand[o]));
  ok = ok && put_bounds(&c, &s->bounds);
  const uint64_t hash = c.hash;
  ok = ok && put(&c, &hash, sizeof hash);
  return ok || error_set(err, "cannot write a shape: %s", strerror(errno));
}

/* Tensors of the shape's sizes, to read into. */
static bool make_room(const point *p, shape *out, error *err) {
  const lkv_problem *q = &p->problem;
  const size_t dim = q->heads * q->head_dim;
  const size_t x_shape[] = {q->batch, q->seq_len, dim}, w_shape[] = {dim, dim};
  const size_t o_shape[] = {q->batch, q->seq_len, q->heads, q->head_dim};
  const bool block = p->stage == LKV_STAGE_BLOCK;
  out->inputs = (lin_case){.stage = p->stage, .problem = *q, .rank = block ? 3 : 4};
  out->inputs.problem.tile_q = out->inputs.problem.tile_k = 0;
  bool ok = !block || tensor_make(&out->inputs.x, TENSOR_FLOAT32, 3, x_shape, err);
  for (int o = 0; ok && o < LKV_OPERANDS; o++)
    ok = block ? tensor_make(&out->inputs.operand[o], TENSOR_FLOAT32, 2, w_shape, err)
               : tensor_make(&out->inputs.operand[o], TENSOR_FLOAT32, 4, o_shape, err);
  const oracle_shape rows = {q->batch, q->seq_len, q->heads, q->head_dim};
  return ok && bounds_room(&rows, &out->bounds, err);
}

bool shape_read(int fd, const point *p, shape *out, error *err) {
  cursor c = {.fd = fd, .hash = FNV_START};
  char wanted[NAME_SIZE], name[NAME_SIZE];
  uint64_t hash = 0;
  *out = (shape){0};
  name_shape(p, wanted);
  bool ok = (get(&c, name, sizeof name) && !memcmp(name, wanted, sizeof name)) ||
            error_set(err, "the shape handed over is not the point's");
  if (ok && make_room(p, out, err)) {
    if (out->inputs.x.data) ok = get(&c, out->inputs.x.data, bytes_of(&out->inputs.x));
    for (int o = 0; ok && o < LKV_OPERANDS; o++)
      ok = get(&c, out->inputs.operand[o].data, bytes_of(&out->inputs.operand[o]));
    ok = ok && get_bounds(&c, &out->bounds);
    const uint64_t found = c.hash;
    ok = (ok && get(&c, &hash, sizeof hash) && hash == found) ||
         error_set(err, "the shape handed over is not whole");
  } else {
    ok = false;
  }
  if (!ok) shape_free(out);
  return ok;
}
