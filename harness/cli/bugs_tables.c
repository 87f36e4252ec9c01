#include "bugs_tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bug_tally.h"
#include "linkv/registry.h"

/* Rules, then the laws as a whole. */
enum { CHECK_MAX = RULE_MAX + 1 };

static bool add_count(table *t, size_t count, bool bad, error *err) {
  char text[24];
  snprintf(text, sizeof text, "%zu", count);
  return table_add(t, text, bad ? TABLE_BAD : TABLE_PLAIN, err);
}

static bool finish(table *t, table_style style, bool ok, error *err) {
  ok = ok && table_print(t, stdout, style, err);
  if (ok) puts("");
  table_free(t);
  return ok;
}

/* One line a rule: bugs it sees, and where it alarms on what is right. */
typedef struct rule_sum {
  size_t caught, alarms, runs;
  size_t usable; /* bugs seen in regimes in which it never alarms on what is right */
} rule_sum;

/* Whether a rule is asked of correct kernels in a regime, and alarms on none. */
static bool is_quiet(const bugs_findings *f, size_t r, size_t g) {
  size_t runs = 0;
  for (size_t k = 0; k < f->bugs.kernels; k++) {
    if (bugs_is_planted(k)) continue;
    const bug_tally t = bug_tally_of(&f->bugs, k, r, g);
    if (t.alarms) return false;
    runs += t.runs;
  }
  return runs > 0;
}

static void sum_usable(const bugs_findings *f, size_t r, rule_sum *sum) {
  bool quiet[BUGS_REGIMES_MAX] = {false};
  for (size_t g = 0; g < regime_count(); g++) quiet[g] = is_quiet(f, r, g);
  for (size_t k = 0; k < f->bugs.kernels; k++) {
    bool seen = false;
    for (size_t g = 0; bugs_is_planted(k) && g < regime_count(); g++)
      seen = seen || (quiet[g] && bug_tally_of(&f->bugs, k, r, g).alarms > 0);
    sum->usable += seen;
  }
}

static rule_sum sum_of_rule(const bugs_findings *f, size_t r) {
  rule_sum sum = {0};
  for (size_t k = 0; k < f->bugs.kernels; k++) {
    if (!bugs_takes_part(f, k)) continue;
    const bug_tally t = bug_tally_of(&f->bugs, k, r, BUG_ALL_REGIMES);
    sum.caught += bugs_is_planted(k) && t.clear > 0;
    sum.alarms += bugs_is_planted(k) ? 0 : t.alarms;
    sum.runs += bugs_is_planted(k) ? 0 : t.runs;
  }
  sum_usable(f, r, &sum);
  return sum;
}

static bool was_tried(const law_outcome *o) {
  return o->state != LAW_PENDING && o->state != LAW_EXCUSED;
}

static rule_sum sum_of_laws(const bugs_findings *f) {
  rule_sum sum = {0};
  const char *name;
  for (size_t k = 0; k < f->bugs.kernels; k++) {
    if (!bugs_takes_part(f, k)) continue;
    const size_t broken = bugs_laws_broken(f, k, &name);
    sum.caught += bugs_is_planted(k) && broken > 0;
    sum.alarms += bugs_is_planted(k) ? 0 : broken;
    for (size_t l = 0; !bugs_is_planted(k) && l < law_count(); l++)
      for (size_t i = 0; f->laws.law[l] && i < law_trials(law_at(l)); i++)
        sum.runs += was_tried(law_survey_at(&f->laws, l, i, k));
  }
  sum.usable = sum.alarms ? 0 : sum.caught;
  return sum;
}

static bool add_rule(table *t, const char *name, const rule_sum *sum, bool ours,
                     const char *says, const char *source, error *err) {
  return table_add(t, name, TABLE_PLAIN, err) && add_count(t, sum->caught, false, err) &&
         add_count(t, sum->usable, false, err) &&
         add_count(t, sum->alarms, ours && sum->alarms, err) &&
         add_count(t, sum->runs, false, err) && table_add(t, says, TABLE_PLAIN, err) &&
         table_add(t, source, TABLE_PLAIN, err);
}

static bool print_rules(const bugs_findings *f, table_style style, error *err) {
  static const table_column columns[] = {{"rule", TABLE_LEFT},
                                         {"bugs caught", TABLE_RIGHT},
                                         {"in quiet regimes", TABLE_RIGHT},
                                         {"false alarms", TABLE_RIGHT},
                                         {"of runs", TABLE_RIGHT},
                                         {"passes", TABLE_LEFT},
                                         {"from", TABLE_LEFT}};
  table t;
  bool ok = true;
  table_make(&t, columns, sizeof columns / sizeof *columns);
  for (size_t r = 0; ok && r < rule_count(); r++) {
    const rule *a = rule_at(r);
    const rule_sum sum = sum_of_rule(f, r);
    ok = add_rule(&t, a->name, &sum, a->ours, a->says, a->source, err);
    if (!ok || !a->ours || rule_at(r + 1)->ours) continue;
    const rule_sum laws = sum_of_laws(f);
    ok = add_rule(&t, "laws", &laws, true, "the bits the operator's laws ask for",
                  "docs/selftest.md", err);
  }
  return finish(&t, style, ok, err);
}

/* Columns: a name, ours with the laws after them, the others, and what it is. */
static size_t rule_columns(table_column columns[CHECK_MAX + 2], const char *title) {
  size_t n = 0;
  columns[n++] = (table_column){title, TABLE_LEFT};
  for (size_t r = 0; r < rule_count(); r++) {
    columns[n++] = (table_column){rule_at(r)->name, TABLE_RIGHT};
    if (rule_at(r)->ours && !rule_at(r + 1)->ours)
      columns[n++] = (table_column){"laws", TABLE_RIGHT};
  }
  return n;
}

static bool add_checks(table *t, const bugs_findings *f, size_t k, error *err) {
  const char *name;
  bool ok = table_add(t, lkv_kernel_at(k)->name, TABLE_PLAIN, err);
  for (size_t r = 0; ok && r < rule_count(); r++) {
    const bool ours = rule_at(r)->ours;
    const bug_tally sum = bug_tally_of(&f->bugs, k, r, BUG_ALL_REGIMES);
    const size_t count = bugs_is_planted(k) ? sum.clear : sum.alarms;
    ok = sum.runs ? add_count(t, count, ours && !bugs_is_planted(k) && count, err)
                  : table_add(t, NULL, TABLE_PLAIN, err);
    if (ok && ours && !rule_at(r + 1)->ours) {
      const size_t broken = bugs_laws_broken(f, k, &name);
      ok = add_count(t, broken, !bugs_is_planted(k) && broken, err);
    }
  }
  return ok;
}

static bool print_bugs(const bugs_findings *f, table_style style, error *err) {
  table_column columns[CHECK_MAX + 2];
  table t;
  bool ok = true;
  size_t n = rule_columns(columns, "planted bug, cases it is told in");
  columns[n++] = (table_column){"", TABLE_LEFT};
  table_make(&t, columns, n);
  for (size_t k = 0; ok && k < f->bugs.kernels; k++) {
    if (!bugs_is_planted(k) || !bugs_takes_part(f, k)) continue;
    const bool caught = bugs_caught(f, k);
    char what[256];
    snprintf(what, sizeof what, "%s%s",
             caught ? "" : "SURVIVES: ", lkv_kernel_at(k)->summary);
    ok = add_checks(&t, f, k, err) &&
         table_add(&t, what, caught ? TABLE_PLAIN : TABLE_BAD, err);
  }
  return finish(&t, style, ok, err);
}

/* Cases of each regime in which `stat` tells a bug. */
static bool print_regimes(const bugs_findings *f, table_style style, error *err) {
  enum { STAT = 1 };
  table_column *columns = calloc(regime_count() + 1, sizeof *columns);
  table t;
  bool ok = true;
  if (!columns) return error_set(err, "out of memory");
  columns[0] = (table_column){"by stat, in", TABLE_LEFT};
  size_t n = 1;
  for (size_t r = 0; r < regime_count(); r++)
    if (f->bugs.regime[r]) columns[n++] = (table_column){regime_at(r)->name, TABLE_RIGHT};
  table_make(&t, columns, n);
  for (size_t k = 0; ok && k < f->bugs.kernels; k++) {
    if (!bugs_is_planted(k) || !bugs_takes_part(f, k)) continue;
    ok = table_add(&t, lkv_kernel_at(k)->name, TABLE_PLAIN, err);
    for (size_t r = 0; ok && r < regime_count(); r++)
      if (f->bugs.regime[r])
        ok = add_count(&t, bug_tally_of(&f->bugs, k, STAT, r).clear, false, err);
  }
  ok = finish(&t, style, ok, err);
  free(columns);
  return ok;
}

/* NaN is left out. */
static bool add_real(table *t, const char *format, double number, error *err) {
  char text[32];
  snprintf(text, sizeof text, format, number);
  return table_add(t, isnan(number) ? NULL : text, TABLE_PLAIN, err);
}

static bool print_kernels(const bugs_findings *f, table_style style, error *err) {
  table_column columns[CHECK_MAX + 7];
  table t;
  bool ok = true;
  size_t n = rule_columns(columns, "correct kernel, alarms");
  columns[n++] = (table_column){"runs", TABLE_RIGHT};
  columns[n++] = (table_column){"largest r", TABLE_RIGHT};
  columns[n++] = (table_column){"in decided rows", TABLE_RIGHT};
  columns[n++] = (table_column){"decided", TABLE_RIGHT};
  columns[n++] = (table_column){"", TABLE_LEFT};
  table_make(&t, columns, n);
  for (size_t k = 0; ok && k < f->bugs.kernels; k++) {
    char where[128] = "";
    const char *law;
    if (bugs_is_planted(k) || !bugs_takes_part(f, k)) continue;
    const bug_totals sum = bug_totals_of(&f->bugs, k);
    const size_t first = bug_first_alarm(&f->bugs, k);
    const double share = 100 * (double)sum.decided / (double)sum.compared;
    if (first != SIZE_MAX)
      bug_survey_case(&f->bugs, first, where, sizeof where);
    else if (bugs_laws_broken(f, k, &law))
      snprintf(where, sizeof where, "law %s", law);
    ok = add_checks(&t, f, k, err) && add_count(&t, sum.runs, false, err) &&
         add_real(&t, "%.3f", sum.r_max, err) &&
         add_real(&t, "%.3f", sum.r_decided, err) &&
         add_real(&t, "%.4g %%", share, err) && table_add(&t, where, TABLE_BAD, err);
  }
  return finish(&t, style, ok, err);
}

static void print_summary(const bugs_summary *s) {
  puts(
      "caught: in some case the rule alarms on the bug, is asked of a correct kernel "
      "too, and alarms on none\n");
  printf(
      "%zu of %zu planted bugs caught; %zu false alarms in %zu runs (%zu elements) of "
      "%zu "
      "correct kernels; largest r %.3f, at most 1 is wanted, and %.3f in rows that are "
      "decided, at least "
      "%.2f\n",
      s->caught, s->bugs, s->false_alarms, s->runs, s->elements, s->kernels, s->r_max,
      s->r_decided, BUGS_LEAST_R);
}

bool bugs_print_tables(const bugs_findings *f, const bugs_summary *s, table_style style,
                       error *err) {
  if (!print_rules(f, style, err) || !print_bugs(f, style, err) ||
      !print_regimes(f, style, err) || !print_kernels(f, style, err))
    return false;
  print_summary(s);
  return true;
}
