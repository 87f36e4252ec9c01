#include "bugs_export.h"

#include <jansson.h>
#include <stdio.h>

#include "bug_tally.h"
#include "judged_json.h"
#include "linkv/registry.h"

typedef bool (*put_cell)(void *to, size_t kernel, size_t regime, size_t rule,
                         const bug_tally *t);

static bool each_cell(const bugs_findings *f, put_cell put, void *to) {
  for (size_t k = 0; k < f->bugs.kernels; k++) {
    if (!bugs_takes_part(f, k)) continue;
    for (size_t g = 0; g < regime_count(); g++)
      for (size_t r = 0; r < rule_count(); r++) {
        const bug_tally t = bug_tally_of(&f->bugs, k, r, g);
        if (t.runs && !put(to, k, g, r, &t)) return false;
      }
  }
  return true;
}

static bool put_csv(void *to, size_t k, size_t g, size_t r, const bug_tally *t) {
  (void)to;
  return printf("%s,%d,%s,%s,%zu,%zu,%zu\n", lkv_kernel_at(k)->name, bugs_is_planted(k),
                regime_at(g)->name, rule_at(r)->name, t->runs, t->alarms, t->clear) > 0;
}

bool bugs_print_csv(const bugs_findings *f, error *err) {
  puts("kernel,planted,regime,rule,runs,alarms,clear");
  return each_cell(f, put_csv, NULL) || error_set(err, "cannot print the matrix");
}

static bool put_json(void *to, size_t k, size_t g, size_t r, const bug_tally *t) {
  return json_array_append_new(
             to, json_pack("{s:s, s:b, s:s, s:s, s:I, s:I, s:I}", "kernel",
                           lkv_kernel_at(k)->name, "planted", bugs_is_planted(k),
                           "regime", regime_at(g)->name, "rule", rule_at(r)->name, "runs",
                           (json_int_t)t->runs, "alarms", (json_int_t)t->alarms, "clear",
                           (json_int_t)t->clear)) == 0;
}

static bool put_kernels(const bugs_findings *f, json_t *list) {
  bool ok = true;
  for (size_t k = 0; ok && k < f->bugs.kernels; k++) {
    const char *law;
    if (!bugs_takes_part(f, k)) continue;
    const bug_totals t = bug_totals_of(&f->bugs, k);
    const size_t broken = bugs_laws_broken(f, k, &law);
    ok = json_array_append_new(
             list,
             json_pack("{s:s, s:b, s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:I, s:s?, s:b}",
                       "kernel", lkv_kernel_at(k)->name, "planted", bugs_is_planted(k),
                       "summary", lkv_kernel_at(k)->summary, "runs", (json_int_t)t.runs,
                       "elements", (json_int_t)t.elements, "rows_compared",
                       (json_int_t)t.compared, "rows_decided", (json_int_t)t.decided,
                       "r_stat_max", judged_real(t.r_max), "r_stat_decided",
                       judged_real(t.r_decided), "laws_broken", (json_int_t)broken,
                       "first_law", law, "alarm",
                       bugs_is_planted(k) ? bugs_caught(f, k) : bugs_alarms(f, k) > 0)) ==
         0;
  }
  return ok;
}

bool bugs_print_json(const bugs_findings *f, const bugs_summary *s, error *err) {
  json_t *cells = json_array(), *kernels = json_array();
  bool ok = cells && kernels && each_cell(f, put_json, cells) && put_kernels(f, kernels);
  json_t *all = json_pack(
      "{s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "bugs", (json_int_t)s->bugs,
      "caught", (json_int_t)s->caught, "correct_runs", (json_int_t)s->runs,
      "correct_elements", (json_int_t)s->elements, "false_alarms",
      (json_int_t)s->false_alarms, "r_stat_max", judged_real(s->r_max), "r_stat_decided",
      judged_real(s->r_decided), "kernels", kernels, "cells", cells);
  ok = ok && all && json_dumpf(all, stdout, JSON_INDENT(1)) == 0;
  putchar('\n');
  json_decref(all);
  return ok || error_set(err, "cannot print the matrix");
}
