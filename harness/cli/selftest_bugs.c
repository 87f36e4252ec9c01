#include "selftest_bugs.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "beside.h"
#include "bug_tally.h"
#include "judged_json.h"
#include "law_survey.h"
#include "linkv/registry.h"
#include "table.h"
#include "verify_laws.h"
#include "verify_regimes.h"

/* A bound that no correct kernel comes near would catch nothing. */
#define LEAST_R 0.02

const char *const bugs_formats[] = {"table", "json", "csv", "md", NULL};
enum { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV, FORMAT_MD };

/* Rules, then the laws as a whole. */
enum { CHECK_MAX = RULE_MAX + 1, REGIMES_MAX = 64, LAW_TRIALS = 8 };

typedef struct findings {
  bug_survey bugs;
  law_survey laws;
  bool *chosen; /* what the surveys' choices point into */
} findings;

/* What all of ours come to. */
typedef struct summary {
  size_t bugs, caught, kernels, runs, elements, false_alarms;
  double r_max, r_decided; /* of correct kernels; the latter in rows that are decided */
} summary;

/* Laws that a kernel breaks; `name` gets the first. */
static size_t laws_broken(const findings *f, size_t k, const char **name) {
  size_t broken = 0;
  *name = NULL;
  for (size_t l = 0; l < law_count(); l++) {
    bool is = false;
    for (size_t i = 0; f->laws.law[l] && i < law_trials(law_at(l)); i++)
      is = is || law_survey_at(&f->laws, l, i, k)->state == LAW_BROKEN;
    if (is && !broken++) *name = law_at(l)->name;
  }
  return broken;
}

static bool takes_part(const findings *f, size_t k) {
  return f->bugs.kernel[k] && bug_totals_of(&f->bugs, k).runs > 0;
}

static bool is_bug(size_t k) {
  return bug_planted(lkv_kernel_at(k));
}

static bool caught_by_ours(const findings *f, size_t k) {
  const char *name;
  bool caught = laws_broken(f, k, &name) > 0;
  for (size_t r = 0; r < rule_count(); r++)
    caught = caught || (rule_at(r)->ours &&
                        bug_tally_of(&f->bugs, k, r, BUG_ALL_REGIMES).clear > 0);
  return caught;
}

/* Runs of a correct kernel at which one of ours alarms, and laws it breaks. */
static size_t alarms_of_ours(const findings *f, size_t k) {
  const char *name;
  size_t alarms = laws_broken(f, k, &name);
  for (size_t i = 0; i < f->bugs.cases; i++) {
    unsigned ours = 0;
    for (size_t r = 0; r < rule_count(); r++)
      if (rule_at(r)->ours) ours |= bug_survey_at(&f->bugs, i, k)->alarms & 1U << r;
    alarms += ours != 0;
  }
  return alarms;
}

static summary sum_up(const findings *f) {
  summary s = {.r_max = NAN, .r_decided = NAN};
  for (size_t k = 0; k < f->bugs.kernels; k++) {
    if (!takes_part(f, k)) continue;
    const bug_totals t = bug_totals_of(&f->bugs, k);
    if (is_bug(k)) {
      s.bugs++;
      s.caught += caught_by_ours(f, k);
      continue;
    }
    s.kernels++;
    s.runs += t.runs;
    s.elements += t.elements;
    s.false_alarms += alarms_of_ours(f, k);
    s.r_max = fmax(s.r_max, t.r_max);
    s.r_decided = fmax(s.r_decided, t.r_decided);
  }
  return s;
}

/* ---- tables ---- */

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
static bool is_quiet(const findings *f, size_t r, size_t g) {
  size_t runs = 0;
  for (size_t k = 0; k < f->bugs.kernels; k++) {
    if (is_bug(k)) continue;
    const bug_tally t = bug_tally_of(&f->bugs, k, r, g);
    if (t.alarms) return false;
    runs += t.runs;
  }
  return runs > 0;
}

static void sum_usable(const findings *f, size_t r, rule_sum *sum) {
  bool quiet[REGIMES_MAX] = {false};
  for (size_t g = 0; g < regime_count(); g++) quiet[g] = is_quiet(f, r, g);
  for (size_t k = 0; k < f->bugs.kernels; k++) {
    bool seen = false;
    for (size_t g = 0; is_bug(k) && g < regime_count(); g++)
      seen = seen || (quiet[g] && bug_tally_of(&f->bugs, k, r, g).alarms > 0);
    sum->usable += seen;
  }
}

static rule_sum sum_of_rule(const findings *f, size_t r) {
  rule_sum sum = {0};
  for (size_t k = 0; k < f->bugs.kernels; k++) {
    if (!takes_part(f, k)) continue;
    const bug_tally t = bug_tally_of(&f->bugs, k, r, BUG_ALL_REGIMES);
    sum.caught += is_bug(k) && t.clear > 0;
    sum.alarms += is_bug(k) ? 0 : t.alarms;
    sum.runs += is_bug(k) ? 0 : t.runs;
  }
  sum_usable(f, r, &sum);
  return sum;
}

static bool was_tried(const law_outcome *o) {
  return o->state != LAW_PENDING && o->state != LAW_EXCUSED;
}

static rule_sum sum_of_laws(const findings *f) {
  rule_sum sum = {0};
  const char *name;
  for (size_t k = 0; k < f->bugs.kernels; k++) {
    if (!takes_part(f, k)) continue;
    const size_t broken = laws_broken(f, k, &name);
    sum.caught += is_bug(k) && broken > 0;
    sum.alarms += is_bug(k) ? 0 : broken;
    for (size_t l = 0; !is_bug(k) && l < law_count(); l++)
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

static bool print_rules(const findings *f, table_style style, error *err) {
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

static bool add_checks(table *t, const findings *f, size_t k, error *err) {
  const char *name;
  bool ok = table_add(t, lkv_kernel_at(k)->name, TABLE_PLAIN, err);
  for (size_t r = 0; ok && r < rule_count(); r++) {
    const bool ours = rule_at(r)->ours;
    const bug_tally sum = bug_tally_of(&f->bugs, k, r, BUG_ALL_REGIMES);
    const size_t count = is_bug(k) ? sum.clear : sum.alarms;
    ok = sum.runs ? add_count(t, count, ours && !is_bug(k) && count, err)
                  : table_add(t, NULL, TABLE_PLAIN, err);
    if (ok && ours && !rule_at(r + 1)->ours) {
      const size_t broken = laws_broken(f, k, &name);
      ok = add_count(t, broken, !is_bug(k) && broken, err);
    }
  }
  return ok;
}

static bool print_bugs(const findings *f, table_style style, error *err) {
  table_column columns[CHECK_MAX + 2];
  table t;
  bool ok = true;
  size_t n = rule_columns(columns, "planted bug, cases it is told in");
  columns[n++] = (table_column){"", TABLE_LEFT};
  table_make(&t, columns, n);
  for (size_t k = 0; ok && k < f->bugs.kernels; k++) {
    if (!is_bug(k) || !takes_part(f, k)) continue;
    const bool caught = caught_by_ours(f, k);
    char what[256];
    snprintf(what, sizeof what, "%s%s",
             caught ? "" : "SURVIVES: ", lkv_kernel_at(k)->summary);
    ok = add_checks(&t, f, k, err) &&
         table_add(&t, what, caught ? TABLE_PLAIN : TABLE_BAD, err);
  }
  return finish(&t, style, ok, err);
}

/* Cases of each regime in which `stat` tells a bug. */
static bool print_regimes(const findings *f, table_style style, error *err) {
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
    if (!is_bug(k) || !takes_part(f, k)) continue;
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

static bool print_kernels(const findings *f, table_style style, error *err) {
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
    if (is_bug(k) || !takes_part(f, k)) continue;
    const bug_totals sum = bug_totals_of(&f->bugs, k);
    const size_t first = bug_first_alarm(&f->bugs, k);
    const double share = 100 * (double)sum.decided / (double)sum.compared;
    if (first != SIZE_MAX)
      bug_survey_case(&f->bugs, first, where, sizeof where);
    else if (laws_broken(f, k, &law))
      snprintf(where, sizeof where, "law %s", law);
    ok = add_checks(&t, f, k, err) && add_count(&t, sum.runs, false, err) &&
         add_real(&t, "%.3f", sum.r_max, err) &&
         add_real(&t, "%.3f", sum.r_decided, err) &&
         add_real(&t, "%.4g %%", share, err) && table_add(&t, where, TABLE_BAD, err);
  }
  return finish(&t, style, ok, err);
}

static void print_summary(const summary *s) {
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
      s->r_decided, LEAST_R);
}

static bool print_tables(const findings *f, const summary *s, table_style style,
                         error *err) {
  if (!print_rules(f, style, err) || !print_bugs(f, style, err) ||
      !print_regimes(f, style, err) || !print_kernels(f, style, err))
    return false;
  print_summary(s);
  return true;
}

/* ---- every (kernel, regime, rule) ---- */

typedef bool (*put_cell)(void *to, size_t kernel, size_t regime, size_t rule,
                         const bug_tally *t);

static bool each_cell(const findings *f, put_cell put, void *to) {
  for (size_t k = 0; k < f->bugs.kernels; k++) {
    if (!takes_part(f, k)) continue;
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
  return printf("%s,%d,%s,%s,%zu,%zu,%zu\n", lkv_kernel_at(k)->name, is_bug(k),
                regime_at(g)->name, rule_at(r)->name, t->runs, t->alarms, t->clear) > 0;
}

static bool print_csv(const findings *f, error *err) {
  puts("kernel,planted,regime,rule,runs,alarms,clear");
  return each_cell(f, put_csv, NULL) || error_set(err, "cannot print the matrix");
}

static bool put_json(void *to, size_t k, size_t g, size_t r, const bug_tally *t) {
  return json_array_append_new(
             to, json_pack("{s:s, s:b, s:s, s:s, s:I, s:I, s:I}", "kernel",
                           lkv_kernel_at(k)->name, "planted", is_bug(k), "regime",
                           regime_at(g)->name, "rule", rule_at(r)->name, "runs",
                           (json_int_t)t->runs, "alarms", (json_int_t)t->alarms, "clear",
                           (json_int_t)t->clear)) == 0;
}

static bool put_kernels(const findings *f, json_t *list) {
  bool ok = true;
  for (size_t k = 0; ok && k < f->bugs.kernels; k++) {
    const char *law;
    if (!takes_part(f, k)) continue;
    const bug_totals t = bug_totals_of(&f->bugs, k);
    const size_t broken = laws_broken(f, k, &law);
    ok = json_array_append_new(
             list,
             json_pack("{s:s, s:b, s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:I, s:s?, s:b}",
                       "kernel", lkv_kernel_at(k)->name, "planted", is_bug(k), "summary",
                       lkv_kernel_at(k)->summary, "runs", (json_int_t)t.runs, "elements",
                       (json_int_t)t.elements, "rows_compared", (json_int_t)t.compared,
                       "rows_decided", (json_int_t)t.decided, "r_stat_max",
                       judged_real(t.r_max), "r_stat_decided", judged_real(t.r_decided),
                       "laws_broken", (json_int_t)broken, "first_law", law, "alarm",
                       is_bug(k) ? caught_by_ours(f, k) : alarms_of_ours(f, k) > 0)) == 0;
  }
  return ok;
}

static bool print_json(const findings *f, const summary *s, error *err) {
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

/* ---- */

static bool print_findings(const findings *f, const summary *s, int format, error *err) {
  const table_style style = format == FORMAT_MD          ? TABLE_MARKDOWN
                            : table_wants_colour(stdout) ? TABLE_COLOUR
                                                         : TABLE_TEXT;
  if (format == FORMAT_JSON) return print_json(f, s, err);
  if (format == FORMAT_CSV) return print_csv(f, err);
  return print_tables(f, s, style, err);
}

static bool choose(const bugs_options *options, findings *f, error *err) {
  const size_t regimes = regime_count(), kernels = lkv_kernel_count();
  assert(regimes <= REGIMES_MAX && rule_count() <= RULE_MAX);
  bool *in = calloc(regimes + kernels + law_count(), sizeof *in), any = false;
  bool *kernel = in + regimes, *law = kernel + kernels, any_bug = false;
  if (!in) return error_set(err, "out of memory");
  f->chosen = in;
  for (size_t r = 0; r < regimes; r++)
    any = (in[r] = verify_chosen(&options->regimes, regime_at(r)->name)) || any;
  for (size_t k = 0; k < kernels; k++) {
    kernel[k] = verify_chosen(&options->kernels, lkv_kernel_at(k)->name);
    any_bug = any_bug || (kernel[k] && is_bug(k));
  }
  for (size_t l = 0; l < law_count(); l++) law[l] = law_at(l)->kind == LAW_BITS;
  f->bugs = (bug_survey){.regime = in,
                         .kernel = kernel,
                         .seeds = options->seeds,
                         .processes = verify_processes()};
  f->laws = (law_survey){.law = law,
                         .kernel = kernel,
                         .processes = f->bugs.processes,
                         .at_most = LAW_TRIALS};
  if (!any)
    return error_set(err,
                     "--regime '%s' matches no regime; 'linkv verify --list-regimes' "
                     "lists them",
                     options->regimes.item[0]);
  return any_bug || error_set(err,
                              "--kernel '%s' matches no planted bug; leave it, or "
                              "name some: 'mutant_*'",
                              options->kernels.item[0]);
}

static bool load_mutants(const cli_command *command, const char *named) {
  char found[4096], why[1024];
  if (!named && !beside_mutants(found, sizeof found)) {
    cli_fail(command, EXIT_USAGE,
             "the planted bugs, mutants.so, are not beside linkv; in its sources 'cmake "
             "--build --preset release --target mutants' builds them, or name them by "
             "--mutants FILE.so");
    return false;
  }
  if (lkv_plugin_load(named ? named : found, why, sizeof why)) return true;
  cli_fail(command, EXIT_USAGE, "--mutants: %s", why);
  return false;
}

static int code_of(const summary *s) {
  if (!s->runs) return EXIT_LITTLE;
  const bool good = s->caught == s->bugs && !s->false_alarms && s->r_decided >= LEAST_R &&
                    s->r_max <= 1;
  return good ? EXIT_FINE : EXIT_WRONG;
}

int selftest_bugs(const cli_command *command, const bugs_options *options) {
  error err;
  findings f = {0};
  int code = EXIT_USAGE;
  if (!load_mutants(command, options->mutants) ||
      !cli_load_plugins(command, &options->plugins))
    return EXIT_USAGE;
  bool ok = choose(options, &f, &err) && bug_survey_run(&f.bugs, &err) &&
            law_survey_run(&f.laws, &err);
  if (ok) {
    const summary s = sum_up(&f);
    ok = print_findings(&f, &s, options->format, &err);
    code = cli_finish(command, code_of(&s));
  }
  if (!ok) code = cli_fail(command, EXIT_USAGE, "%s", err.text);
  bug_survey_free(&f.bugs);
  law_survey_free(&f.laws);
  free(f.chosen);
  return code;
}
