#include "compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_time.h"
#include "geometric.h"
#include "holm.h"
#include "noise_floor.h"
#include "row_order.h"

const char *const compare_fault_names[] = {"slower", "wrong",   "failed", "error",
                                           "memory", "missing", NULL};
const char *const compare_verdict_names[COMPARE_VERDICTS] = {
    "not timed", "same", "faster", "slower", "unsure"};

static const int axes[] = {ROW_stage,   ROW_regime,   ROW_batch,   ROW_heads,
                           ROW_seq_len, ROW_head_dim, ROW_threads, ROW_kernel,
                           ROW_tile_q,  ROW_tile_k,   ROW_seed};
enum { AXES = sizeof axes / sizeof *axes };

compare_rule compare_rule_default(void) {
  return (compare_rule){
      .margin = 0.03, .level = 0.02, .error_growth = 2, .memory_growth = 1.1};
}

static int by_point(const void *x, const void *y) {
  const row *a = *(const row *const *)x, *b = *(const row *const *)y;
  return row_compare(a, b, axes, AXES);
}

/* The rows by point, malloc'd; fails on two of one point. */
static const row **sorted(const rows *all, const char *side, error *err) {
  const row **by = calloc(all->count + 1, sizeof *by);
  if (!by) {
    error_set(err, "out of memory for %zu rows", all->count);
    return NULL;
  }
  for (size_t i = 0; i < all->count; i++) by[i] = &all->row[i];
  qsort((void *)by, all->count, sizeof *by, by_point);
  for (size_t i = 0; i + 1 < all->count; i++) {
    if (by_point(&by[i], &by[i + 1]) != 0) continue;
    char name[COMPARE_NAME_SIZE];
    compare_name(&(compare_point){.base = by[i]}, name);
    error_set(err,
              "%s has %s twice; choose one label and machine, with --db and a label or "
              "with --where",
              side, name);
    free((void *)by);
    return NULL;
  }
  return by;
}

static bool is(const row *r, const char *status) {
  return r->field[ROW_status].known && !strcmp(r->field[ROW_status].text, status);
}

static bool are_ok(const compare_point *p) {
  return p->base && p->head && is(p->base, "ok") && is(p->head, "ok");
}

static void blame(compare_point *p, compare_fault fault, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a fault, and a clause to the reason; fault 0 is a remark. */
static void blame(compare_point *p, compare_fault fault, const char *format, ...) {
  va_list words;
  const size_t used = strlen(p->reason), room = sizeof p->reason - used;
  p->faults |= (unsigned)fault;
  const int written = snprintf(p->reason + used, room, "%s", used ? "; " : "");
  if (written < 0 || (size_t)written >= room) return;
  va_start(words, format);
  vsnprintf(p->reason + used + written, room - (size_t)written, format, words);
  va_end(words);
}

static const char *status_of(const row *r) {
  return r->field[ROW_status].known ? r->field[ROW_status].text : "without a status";
}

/* Bytes of the whole characters of UTF-8 that are in the first `most`. */
static int whole_characters(const char *text, size_t most) {
  size_t bytes = strnlen(text, most + 1);
  if (bytes > most)
    for (bytes = most; bytes && ((unsigned char)text[bytes] & 0xC0) == 0x80;) bytes--;
  return (int)bytes;
}

/* What became of head, and why where that is known. */
static void blame_status(compare_point *p, compare_fault fault) {
  const value *why = &p->head->field[ROW_reason];
  if (why->known && *why->text)
    blame(p, fault, "%s: %.*s", status_of(p->head),
          whole_characters(why->text, sizeof p->reason - 32), why->text);
  else
    blame(p, fault, "%s", status_of(p->head));
}

static void compare_status(compare_point *p) {
  const bool bad = is(p->head, "wrong") || is(p->head, "untrusted");
  const bool was_bad = is(p->base, "wrong") || is(p->base, "untrusted");
  if (bad && !was_bad)
    blame_status(p, COMPARE_IS_WRONG);
  else if (is(p->base, "ok") && !is(p->head, "ok"))
    blame_status(p, COMPARE_HAS_FAILED);
  else if (!is(p->head, "ok"))
    blame(p, 0, "%s as before", status_of(p->head));
  else if (!is(p->base, "ok"))
    blame(p, 0, "base was %s", status_of(p->base));
}

static double number(const row *r, int field) {
  const value *v = &r->field[field];
  if (!v->known) return NAN;
  return row_fields[field].kind == VALUE_REAL ? v->real : (double)v->integer;
}

/* What is known of base must be known of head, and not above `most` of it. */
static void compare_growth(compare_point *p, int field, compare_fault fault,
                           double factor, double slack) {
  const double base = number(p->base, field), head = number(p->head, field);
  if (isnan(base)) return;
  if (isnan(head))
    blame(p, fault, "%s is not known any more", row_fields[field].name);
  else if (!(head <= factor * base + slack))
    blame(p, fault, "%s grew from %.9g to %.9g", row_fields[field].name, base, head);
}

static void compare_drift(compare_point *p, const compare_rule *rule) {
  static const int errors[] = {ROW_max_rel_err, ROW_rms_rel_err, ROW_r_stat_max};
  if (!are_ok(p)) return;
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
    compare_growth(p, errors[i], COMPARE_ERROR, rule->error_growth, 0);
  compare_growth(p, ROW_workspace_bytes, COMPARE_MEMORY, rule->memory_growth, 0);
  compare_growth(p, ROW_peak_bytes, COMPARE_MEMORY, rule->memory_growth,
                 COMPARE_PEAK_SLACK);
}

static bool is_timed(const row *r, bool shares) {
  bool timed = is(r, "ok") && r->samples > 0;
  for (size_t i = 0; i < r->samples; i++)
    timed = timed && r->sample[i].time_ns > 0 && isfinite(r->sample[i].time_ns);
  return timed &&
         (!shares || (number(r, ROW_share_of_peak) > 0 && number(r, ROW_time_ns) > 0));
}

/* Which side, and what it lacks. */
static void blame_untimed(compare_point *p, bool shares) {
  const bool base = !is_timed(p->base, shares), head = !is_timed(p->head, shares);
  const bool times = is_timed(p->base, false) && is_timed(p->head, false);
  blame(p, 0, "%s %s",
        base && head ? "both"
        : base       ? "base"
                     : "head",
        times ? "without a share of peak" : "not timed");
}

static bool take_floor(const compare_point *p, const compare_rule *rule, double *out,
                       error *err) {
  const value *machine = &p->base->field[ROW_machine];
  double known;
  *out = rule->floor;
  if (!rule->noise || !machine->known) return true;
  if (!noise_floor_near(rule->noise, machine->text,
                        (size_t)p->base->field[ROW_threads].integer,
                        number(p->base, ROW_time_ns), &known, err))
    return false;
  if (known > *out) *out = known;
  return true;
}

static bool compare_both(compare_point *p, const compare_rule *rule, error *err) {
  compare_status(p);
  compare_drift(p, rule);
  p->verdict = COMPARE_UNTIMED;
  p->p_value = 1;
  if (!is_timed(p->base, rule->shares) || !is_timed(p->head, rule->shares)) {
    p->unjudged = are_ok(p);
    if (p->unjudged) blame_untimed(p, rule->shares);
    return true;
  }
  p->verdict = COMPARE_UNSURE;
  compare_rule own = *rule;
  if (!take_floor(p, rule, &own.floor, err)) return false;
  p->floor = own.floor;
  return compare_time(p, &own) || error_set(err, "out of memory for a comparison");
}

/* Of a count of repetitions. */
static bool are_most(const row *r, int field) {
  const value *count = &r->field[field];
  return count->known && 2 * (size_t)count->integer > r->samples;
}

static void doubt_for(compare_point *p, int field, const char *what) {
  const bool base = are_most(p->base, field), head = are_most(p->head, field);
  if (!base && !head) return;
  p->verdict = COMPARE_UNSURE;
  blame(p, 0, "%s %s", what, base && head ? "both" : base ? "base" : "head");
}

/* What others ran beside most repetitions, or took of their time, is part of it. Between
 * two runs they may have come or gone; rounds of one run met the same. */
static void doubt(compare_point *p) {
  if (p->paired || p->verdict == COMPARE_UNTIMED) return;
  doubt_for(p, ROW_crowded, "other processes ran beside");
  doubt_for(p, ROW_disturbed, "disturbed:");
}

/* Holm's correction, over the points that are timed. */
static bool judge_all(comparison *c, const compare_rule *rule) {
  double *p = calloc(c->count + 1, sizeof *p);
  size_t timed = 0, at = 0;
  for (size_t i = 0; p && i < c->count; i++)
    if (c->point[i].verdict != COMPARE_UNTIMED) p[timed++] = c->point[i].p_value;
  const bool ok = p && (!timed || holm_adjust(timed, p, p));
  for (size_t i = 0; ok && i < c->count; i++) {
    compare_point *each = &c->point[i];
    if (each->verdict == COMPARE_UNTIMED) continue;
    each->p_value = p[at++];
    each->verdict = compare_judge(&each->ratio, each->p_value, rule);
    doubt(each);
  }
  free(p);
  return ok;
}

static void count_point(comparison *c, compare_point *p) {
  p->faults &= ~(unsigned)COMPARE_IS_SLOWER;
  if (p->verdict == COMPARE_SLOWER) p->faults |= COMPARE_IS_SLOWER;
  c->both += p->base && p->head;
  c->base_only += !p->head;
  c->head_only += !p->base;
  if (p->base && p->head) c->by_verdict[p->verdict]++;
  c->unjudged += p->unjudged;
  for (int f = 0; f < COMPARE_FAULTS; f++) c->by_fault[f] += p->faults >> f & 1u;
}

void compare_count(comparison *c) {
  double *ratio = calloc(c->count + 1, sizeof *ratio);
  c->both = c->base_only = c->head_only = c->timed = c->unjudged = 0;
  memset(c->by_verdict, 0, sizeof c->by_verdict);
  memset(c->by_fault, 0, sizeof c->by_fault);
  for (size_t i = 0; i < c->count; i++) {
    count_point(c, &c->point[i]);
    if (c->point[i].verdict == COMPARE_UNTIMED) continue;
    if (ratio) ratio[c->timed] = c->point[i].ratio.estimate;
    c->timed++;
  }
  c->mean = (interval){NAN, NAN, NAN, 0};
  if (ratio && c->timed) c->mean = geometric_mean(c->timed, ratio, 0.95);
  free(ratio);
}

/* Merges two sorted lists of rows into points. */
static bool merge(const row *const *base, size_t bases, const row *const *head,
                  size_t heads, const compare_rule *rule, comparison *out, error *err) {
  size_t b = 0, h = 0;
  bool ok = true;
  while (ok && (b < bases || h < heads)) {
    const int order = b == bases ? 1 : h == heads ? -1 : by_point(&base[b], &head[h]);
    compare_point *p = &out->point[out->count++];
    *p = (compare_point){.p_value = 1};
    if (order <= 0) p->base = base[b++];
    if (order >= 0) p->head = head[h++];
    if (order == 0) ok = compare_both(p, rule, err);
    if (order < 0) blame(p, COMPARE_MISSING, "head does not have it");
    if (order > 0) blame(p, 0, "base does not have it");
  }
  return ok;
}

bool compare_make(const rows *base, const rows *head, const compare_rule *rule,
                  comparison *out, error *err) {
  *out = (comparison){.point = calloc(base->count + head->count + 1, sizeof *out->point)};
  const row **from = sorted(base, "base", err), **to = NULL;
  if (from) to = sorted(head, "head", err);
  bool ok = from && to;
  if (ok) {
    ok = out->point || error_set(err, "out of memory for a comparison");
    ok = ok && merge(from, base->count, to, head->count, rule, out, err) &&
         (judge_all(out, rule) || error_set(err, "out of memory for a comparison"));
    if (ok) compare_count(out);
  }
  free((void *)from);
  free((void *)to);
  if (!ok) compare_free(out);
  return ok;
}

bool compare_fails(const comparison *c, unsigned faults) {
  for (int f = 0; f < COMPARE_FAULTS; f++)
    if ((faults >> f & 1u) && c->by_fault[f]) return true;
  return false;
}

void compare_name(const compare_point *p, char name[COMPARE_NAME_SIZE]) {
  static const struct {
    const char *name;
    int field;
  } sizes[] = {{"/seed:", ROW_seed}, {"/B:", ROW_batch},    {"/T:", ROW_seq_len},
               {"/H:", ROW_heads},   {"/d:", ROW_head_dim}, {"/q:", ROW_tile_q},
               {"/k:", ROW_tile_k},  {"/p:", ROW_threads}};
  const row *either = p->base ? p->base : p->head;
  *name = 0;
  if (!either) return;
  const value *v = either->field;
  const int texts[] = {ROW_kernel, ROW_stage, ROW_regime};
  size_t used = 0;
  for (size_t i = 0; i < 3; i++)
    used += (size_t)snprintf(name + used, COMPARE_NAME_SIZE - used, "%s%.63s",
                             i ? "/" : "", v[texts[i]].known ? v[texts[i]].text : "");
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes && used < COMPARE_NAME_SIZE; i++)
    if (v[sizes[i].field].known)
      used += (size_t)snprintf(name + used, COMPARE_NAME_SIZE - used, "%s%" PRId64,
                               sizes[i].name, v[sizes[i].field].integer);
}

void compare_free(comparison *c) {
  free(c->point);
  *c = (comparison){0};
}
