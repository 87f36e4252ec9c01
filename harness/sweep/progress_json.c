#include "progress_json.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

/* Prints an object, with what all have, and releases it. What cannot be told for want of
 * memory is left out: the sweep goes on. */
static void put(json_t *object, const progress *p) {
  if (object && !json_object_set_new(object, "done", json_integer((json_int_t)p->done)) &&
      !json_object_set_new(object, "total", json_integer((json_int_t)p->total)) &&
      !json_object_set_new(object, "failed", json_integer((json_int_t)p->failed)) &&
      !json_object_set_new(object, "skipped", json_integer((json_int_t)p->skipped)) &&
      !json_object_set_new(object, "left_s",
                           p->left_s < 0 ? json_null() : json_real(p->left_s))) {
    json_dumpf(object, stderr, JSON_COMPACT | JSON_ENSURE_ASCII);
    fputc('\n', stderr);
    fflush(stderr);
  }
  json_decref(object);
}

static json_t *size_or_null(size_t size) {
  return size ? json_integer((json_int_t)size) : json_null();
}

/* A reason may hold bytes that are not UTF-8: such a text is left out. */
static json_t *text_or_null(const value *v) {
  json_t *text = v->known ? json_string(v->text) : NULL;
  return text ? text : json_null();
}

void progress_json_start(const progress *p) {
  put(json_pack("{s:s, s:I}", "event", "start", "points", (json_int_t)p->points), p);
}

void progress_json_repetition(const progress *p, double half_width, const record *r) {
  const point *at = p->now;
  const lkv_problem *q = &at->problem;
  const value *time = &r->field[RECORD_time_ns];
  const value *discarded = &r->field[RECORD_discarded];
  put(json_pack(
          "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:I, s:i, s:o, s:o, "
          "s:o, s:o, s:I, s:o}",
          "event", "repetition", "kernel", at->kernel->name, "stage",
          lkv_stage_name(at->stage), "regime", at->regime, "seed", (json_int_t)at->seed,
          "batch", (json_int_t)q->batch, "seq_len", (json_int_t)q->seq_len, "heads",
          (json_int_t)q->heads, "head_dim", (json_int_t)q->head_dim, "tile_q",
          size_or_null(q->tile_q), "tile_k", size_or_null(q->tile_k), "threads",
          (json_int_t)at->threads, "repetition", (int)p->repetition, "status",
          text_or_null(&r->field[RECORD_status]), "reason",
          text_or_null(&r->field[RECORD_reason]), "time_ns",
          time->known ? json_real(time->real) : json_null(), "half_width",
          isfinite(half_width) ? json_real(100 * half_width) : json_null(), "discarded",
          (json_int_t)(discarded->known ? discarded->integer : 0), "disturbed",
          text_or_null(&r->field[RECORD_disturbed])),
      p);
}

void progress_json_end(const progress *p, bool interrupted) {
  put(json_pack("{s:s, s:b}", "event", "end", "interrupted", interrupted), p);
}
