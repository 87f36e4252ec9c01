#include "progress_text.h"

#include <math.h>
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

/* Of a time: how precise its point is, and what disturbed it. */
static void put_noise(double half_width, const record *r, char *out, size_t size) {
  char precise[32] = "", discarded[32] = "";
  const value *again = &r->field[RECORD_discarded];
  if (isfinite(half_width))
    snprintf(precise, sizeof precise, ", +-%.1f %%", 100 * half_width);
  if (again->known && again->integer > 0)
    snprintf(discarded, sizeof discarded, ", %d discarded", (int)again->integer);
  snprintf(out, size, "%s%s%s", precise, discarded,
           r->field[RECORD_disturbed].known ? ", disturbed" : "");
}

void progress_verdict_text(const point *p, double half_width, const record *r, char *out,
                           size_t size) {
  const value *time = &r->field[RECORD_time_ns], *reason = &r->field[RECORD_reason];
  char what[192], found[32] = "", noise[96] = "";
  progress_point_text(p, what, sizeof what);
  if (time->known) {
    put_time(time->real, found, sizeof found);
    put_noise(half_width, r, noise, sizeof noise);
  }
  snprintf(out, size, "%s %s%s%s%s%s%s", r->field[RECORD_status].text, what,
           time->known || reason->known ? ": " : "", found, noise,
           time->known && reason->known ? ", " : "", reason->known ? reason->text : "");
  for (char *c = out; *c; c++)
    if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
}
