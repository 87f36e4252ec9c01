#include "shape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fnv.h"
#include "inputs.h"
#include "reference.h"

/* The file: a line that names the shape, X where there is one, the seven operands or
 * weights, the oracle's output, and a hash of all that. */
enum { NAME_SIZE = 256 };

static void name_shape(const point *p, char name[NAME_SIZE]) {
  const lkv_problem *q = &p->problem;
  memset(name, 0, NAME_SIZE);
  snprintf(name, NAME_SIZE, "linkv shape %s %s %" PRIu64 " %zu %zu %zu %zu %a",
           lkv_stage_name(p->stage), p->regime, p->seed, q->batch, q->seq_len, q->heads,
           q->head_dim, q->eps);
}

bool shape_make(const point *p, bool judge, shape *out, error *err) {
  *out = (shape){0};
  bool ok = inputs_make(regime_find(p->regime), p->seed, p->stage, &p->problem,
                        &out->inputs, err);
  if (ok && judge) ok = (out->oracle = reference_output(&out->inputs, err)) != NULL;
  if (!ok) shape_free(out);
  return ok;
}

void shape_free(shape *s) {
  case_free(&s->inputs);
  free(s->oracle);
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

bool shape_write(int fd, const point *p, const shape *s, error *err) {
  cursor c = {.fd = fd, .hash = FNV_START};
  char name[NAME_SIZE];
  name_shape(p, name);
  bool ok = put(&c, name, sizeof name);
  if (ok && s->inputs.x.data) ok = put(&c, s->inputs.x.data, bytes_of(&s->inputs.x));
  for (int o = 0; ok && o < LKV_OPERANDS; o++)
    ok = put(&c, s->inputs.operand[o].data, bytes_of(&s->inputs.operand[o]));
  const size_t elements =
      p->problem.batch * p->problem.seq_len * p->problem.heads * p->problem.head_dim;
  ok = ok && put(&c, s->oracle, elements * sizeof *s->oracle);
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
  out->oracle = ok ? calloc(q->batch * q->seq_len * dim, sizeof *out->oracle) : NULL;
  return out->oracle || (ok && error_set(err, "out of memory for a shape"));
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
    const size_t elements =
        p->problem.batch * p->problem.seq_len * p->problem.heads * p->problem.head_dim;
    ok = ok && get(&c, out->oracle, elements * sizeof *out->oracle);
    const uint64_t found = c.hash;
    ok = (ok && get(&c, &hash, sizeof hash) && hash == found) ||
         error_set(err, "the shape handed over is not whole");
  } else {
    ok = false;
  }
  if (!ok) shape_free(out);
  return ok;
}
