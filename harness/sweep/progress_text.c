#include "progress_text.h"

#include <stdio.h>

void progress_point_text(const point *p, char *out, size_t size) {
  const lkv_problem *q = &p->problem;
  char batch[32] = "", tiles[64] = "", threads[32] = "";
  if (q->batch > 1) snprintf(batch, sizeof batch, " B=%zu", q->batch);
  if (q->tile_q && q->tile_k)
    snprintf(tiles, sizeof tiles, " tiles %zux%zu", q->tile_q, q->tile_k);
  else if (q->tile_q || q->tile_k)
    snprintf(tiles, sizeof tiles, " tile %zu", q->tile_q + q->tile_k);
  if (p->threads > 1) snprintf(threads, sizeof threads, " %zu threads", p->threads);
  snprintf(out, size, "%s %s %s%s T=%zu H=%zu d=%zu%s%s", p->kernel->name,
           lkv_stage_name(p->stage), p->regime, batch, q->seq_len, q->heads, q->head_dim,
           tiles, threads);
}

static void put_time(double ns, char *out, size_t size) {
  if (ns < 1e3)
    snprintf(out, size, "%.0f ns", ns);
  else if (ns < 1e6)
    snprintf(out, size, "%.3g us", 1e-3 * ns);
  else if (ns < 1e9)
    snprintf(out, size, "%.3g ms", 1e-6 * ns);
  else
    snprintf(out, size, "%.3g s", 1e-9 * ns);
}

void progress_verdict_text(const point *p, const record *r, char *out, size_t size) {
  const value *time = &r->field[RECORD_time_ns], *reason = &r->field[RECORD_reason];
  char what[192], found[32] = "";
  progress_point_text(p, what, sizeof what);
  if (time->known) put_time(time->real, found, sizeof found);
  snprintf(out, size, "%s %s%s%s%s%s", r->field[RECORD_status].text, what,
           time->known || reason->known ? ": " : "", found,
           time->known && reason->known ? ", " : "", reason->known ? reason->text : "");
  for (char *c = out; *c; c++)
    if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
}
