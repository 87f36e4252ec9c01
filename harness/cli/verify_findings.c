#include "verify_findings.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "judged_json.h"
#include "ratio_text.h"

verdict_kind finding_kind(const finding *f) {
  return stages_conclude(&f->stages, f->verdict.kind);
}

/* NULL for the oracle's own line. */
static const char *verdict_text(const finding *f) {
  return *f->reason ? "not run" : f->judged ? verdict_name(finding_kind(f)) : NULL;
}

/* max |error| over max |reference| of the whole output. */
static double of_largest(const metrics *m) {
  return m->max_abs == 0 ? 0 : m->max_abs / m->max_oracle;
}

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static bool add_error(table *t, const finding *f, double measured, error *err) {
  char text[32];
  snprintf(text, sizeof text, "%.1e", measured);
  return table_add(t, *f->reason || isnan(measured) ? NULL : text, TABLE_PLAIN, err);
}

static bool add_ratio(table *t, const finding *f, error *err) {
  char text[32];
  const double r = f->judged ? f->verdict.r_stat_max : NAN;
  return table_add(t, isnan(r) ? NULL : ratio_text(r, text, sizeof text), TABLE_PLAIN,
                   err);
}

static bool add_decided(table *t, const finding *f, error *err) {
  char text[32];
  const double share = f->judged ? f->verdict.decided_share : NAN;
  snprintf(text, sizeof text, "%.3g %%", 100 * share);
  return table_add(t, isnan(share) ? NULL : text, TABLE_PLAIN, err);
}

static table_tone tone_of(const finding *f) {
  if (!f->judged || finding_kind(f) == VERDICT_OK) return TABLE_PLAIN;
  return finding_kind(f) == VERDICT_WRONG ? TABLE_BAD : TABLE_DOUBTFUL;
}

/* What a person must know beyond the figures. */
static void remark(const finding *f, char *text, size_t size) {
  const metrics *m = &f->metrics;
  *text = 0;
  if (f->judged && *stages_reason(&f->stages, &f->verdict, text, size)) return;
  if (m->oracle_nonfinite)
    snprintf(text, size,
             "%zu of %zu elements not compared: the reference is not finite%s",
             m->oracle_nonfinite, m->oracle_nonfinite + m->compared,
             m->swallowed ? ", the output is in some of them" : "");
}

bool findings_print(const findings *all, table_style style, error *err) {
  static const table_column columns[] = {
      {"case", TABLE_LEFT},       {"kernel", TABLE_LEFT},   {"max abs", TABLE_RIGHT},
      {"of max|Y|", TABLE_RIGHT}, {"max rel", TABLE_RIGHT}, {"rms rel", TABLE_RIGHT},
      {"max ulp", TABLE_RIGHT},   {"r", TABLE_RIGHT},       {"decided", TABLE_RIGHT},
      {"verdict", TABLE_LEFT},    {"", TABLE_LEFT}};
  table t;
  bool ok = true;
  table_make(&t, columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; ok && i < all->count; i++) {
    const finding *f = &all->item[i];
    const metrics *m = &f->metrics;
    char worst[512] = "";
    if (!*f->reason) remark(f, worst, sizeof worst);
    ok = table_add(&t, base_name(f->input), TABLE_PLAIN, err) &&
         table_add(&t, f->kernel, TABLE_PLAIN, err) &&
         add_error(&t, f, m->max_abs, err) && add_error(&t, f, of_largest(m), err) &&
         add_error(&t, f, m->max_rel, err) && add_error(&t, f, m->rms_rel, err) &&
         add_error(&t, f, m->max_ulp, err) && add_ratio(&t, f, err) &&
         add_decided(&t, f, err) && table_add(&t, verdict_text(f), tone_of(f), err) &&
         table_add(&t, *f->reason ? f->reason : worst, TABLE_PLAIN, err);
  }
  ok = ok && table_print(&t, stdout, style, err);
  table_free(&t);
  return ok;
}

/* What is known of one finding; NULL when out of memory. */
static json_t *finding_json(const finding *f) {
  const metrics *m = *f->reason ? NULL : &f->metrics;
  char why[512];
  snprintf(why, sizeof why, "%s", f->reason);
  if (f->judged) stages_reason(&f->stages, &f->verdict, why, sizeof why);
  json_t *found = json_pack("{s:s, s:s, s:s?, s:s?}", "case", f->input, "kernel",
                            f->kernel, "verdict", NULL, "reason", *why ? why : NULL);
  json_t *judged = judged_json(m, f->judged ? &f->verdict : NULL, &f->stages);
  json_t *rest = json_pack("{s:s?, s:o, s:I, s:I}", "verdict", verdict_text(f),
                           "max_err_of_largest", judged_real(m ? of_largest(m) : NAN),
                           "not_compared", (json_int_t)f->metrics.oracle_nonfinite,
                           "swallowed", (json_int_t)f->metrics.swallowed);
  const bool ok = found && judged && rest && !json_object_update(found, judged) &&
                  !json_object_update(found, rest);
  json_decref(judged);
  json_decref(rest);
  if (ok) return found;
  json_decref(found);
  return NULL;
}

bool findings_print_json(const findings *all, error *err) {
  json_t *list = json_array();
  bool ok = list != NULL;
  for (size_t i = 0; ok && i < all->count; i++)
    ok = json_array_append_new(list, finding_json(&all->item[i])) == 0;
  ok = ok && json_dumpf(list, stdout, JSON_INDENT(2)) == 0;
  putchar('\n');
  json_decref(list);
  return ok || error_set(err, "cannot print the findings");
}
