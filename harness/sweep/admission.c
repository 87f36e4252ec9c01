#include "admission.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bytes_text.h"
#include "linkv/driver.h"
#include "memory.h"
#include "memory_need.h"

/* Of the memory that is free when the sweep begins. */
#define USUAL_SHARE 0.9

uint64_t admission_usual_limit(void) {
  size_t available;
  error why;
  return memory_available(&available, &why) ? (uint64_t)(USUAL_SHARE * (double)available)
                                            : 0;
}

static bool same_but_longer(const point *a, const point *b) {
  const lkv_problem *p = &a->problem, *q = &b->problem;
  return a->kernel == b->kernel && a->stage == b->stage && a->seed == b->seed &&
         a->threads == b->threads && !strcmp(a->regime, b->regime) &&
         p->batch == q->batch && p->heads == q->heads && p->head_dim == q->head_dim &&
         p->tile_q == q->tile_q && p->tile_k == q->tile_k && p->seq_len > q->seq_len;
}

/* A shorter point that ran out, or NULL. */
static const item *ran_out(const sweep *w, const item *it) {
  for (size_t i = 0; i < w->ran_out_count; i++) {
    const item *other = &w->items[w->ran_out[i]];
    if (item_ran_out(other) && same_but_longer(it->info.point, other->info.point))
      return other;
  }
  return NULL;
}

static bool needs_too_much(const sweep *w, const point *p,
                           char reason[ADMISSION_REASON_SIZE]) {
  const memory_need need = memory_need_of(p);
  const double bytes = need.tensors_bytes + need.workspace_bytes;
  if (!w->memory_limit || bytes <= (double)w->memory_limit) return false;
  char needed[BYTES_TEXT_SIZE], limit[BYTES_TEXT_SIZE];
  snprintf(reason, ADMISSION_REASON_SIZE, "needs %s, limit %s",
           bytes_text((size_t)fmin(bytes, 0x1p62), needed),
           bytes_text(w->memory_limit, limit));
  return true;
}

bool admission_refuses(const sweep *w, const item *it,
                       char reason[ADMISSION_REASON_SIZE]) {
  const char *why;
  const point *p = it->info.point;
  if (lkv_check(p->kernel, &p->problem, &why) != LKV_OK) return false;
  if (needs_too_much(w, p, reason)) return true;
  const item *other = ran_out(w, it);
  if (!other) return false;
  snprintf(reason, ADMISSION_REASON_SIZE,
           "seq_len %zu of the same ended as %s, and this is longer",
           other->info.point->problem.seq_len,
           other->severity == status_severity("timeout") ? "timeout" : "out_of_memory");
  return true;
}

bool admission_record(const char *reason, record *out) {
  *out = (record){0};
  return value_set_text(&out->field[RECORD_status], "skipped") &&
         value_set_text(&out->field[RECORD_reason], reason);
}
