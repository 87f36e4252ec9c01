#include "verify_regimes.h"

#include <fnmatch.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bounds_set.h"
#include "clock.h"
#include "inputs.h"
#include "invocation.h"
#include "linkv/registry.h"
#include "ratio_text.h"
#include "table.h"
#include "verdict.h"

/* One token, odd and even sizes on either side of a tile, several heads and batches. */
static const lkv_problem shapes[] = {
    {.batch = 1, .seq_len = 1, .heads = 1, .head_dim = 1, .eps = 1e-6},
    {.batch = 1, .seq_len = 2, .heads = 3, .head_dim = 7, .eps = 1e-6},
    {.batch = 2, .seq_len = 17, .heads = 1, .head_dim = 8, .eps = 1e-6},
    {.batch = 1, .seq_len = 33, .heads = 3, .head_dim = 15, .eps = 1e-6},
    {.batch = 3, .seq_len = 31, .heads = 1, .head_dim = 16, .eps = 1e-6},
    {.batch = 1, .seq_len = 53, .heads = 1, .head_dim = 65, .eps = 1e-6},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* What is known of one kernel in one regime. */
typedef struct tally {
  size_t runs, wrong, rows, rows_of_outputs, compared, decided;
  double r_stat_max, r_det_max;       /* NaN while nothing was compared */
  double r_stat_decided, r_stat_open; /* as in verdict.h */
  char first[640];                    /* why, of the first WRONG run */
} tally;

static const tally no_tally = {
    .r_stat_max = NAN, .r_det_max = NAN, .r_stat_decided = NAN, .r_stat_open = NAN};

/* What a regime does to the operator itself. */
typedef struct health {
  size_t denominators, unresolved_k, unresolved_v, verdicts;
  double entropy, largest_weight; /* sums over verdicts */
} health;

typedef struct survey {
  const regime_options *options;
  size_t regimes, kernels;
  tally *tally;    /* (regimes, kernels) */
  health *health;  /* (regimes), by float32 kernels */
  double oracle_s; /* spent on the oracle and its bounds */
} survey;

bool verify_chosen(const cli_list *globs, const char *name) {
  for (size_t i = 0; i < globs->count; i++)
    if (!fnmatch(globs->item[i], name, 0)) return true;
  return !globs->count;
}

static tally *tally_at(const survey *s, size_t r, size_t k) {
  return &s->tally[r * s->kernels + k];
}

static void take_health(health *h, const verdict *v) {
  if (!v->rows_finite) return;
  h->denominators += v->denominators;
  h->unresolved_k += v->unresolved_k;
  h->unresolved_v += v->unresolved_v;
  h->entropy += v->entropy;
  h->largest_weight += v->largest_weight;
  h->verdicts++;
}

static void take_verdict(tally *t, const verdict *v, const lkv_problem *p,
                         uint64_t seed) {
  char why[512];
  const size_t compared = v->rows - v->count[JUDGED_NOT_COMPARED];
  t->runs++;
  t->rows += v->rows;
  t->rows_of_outputs += v->rows_of_output;
  t->compared += compared;
  t->decided += compared - v->count[JUDGED_ILL_CONDITIONED] - v->count[JUDGED_UNTRUSTED];
  t->r_stat_max = fmax(t->r_stat_max, v->r_stat_max);
  t->r_det_max = fmax(t->r_det_max, v->r_det_max);
  t->r_stat_decided = fmax(t->r_stat_decided, v->r_stat_decided);
  t->r_stat_open = fmax(t->r_stat_open, v->r_stat_open);
  if (v->kind == VERDICT_WRONG && t->wrong++ == 0)
    snprintf(t->first, sizeof t->first, "B=%zu T=%zu H=%zu d=%zu seed %llu: %s", p->batch,
             p->seq_len, p->heads, p->head_dim, (unsigned long long)seed,
             verdict_reason(v, why, sizeof why));
}

static bool judge_kernel(survey *s, size_t r, size_t k, const lin_case *c,
                         const bounds *b, uint64_t seed, error *err) {
  const lkv_kernel *kernel = lkv_kernel_at(k);
  invocation v = {0};
  verdict found;
  double *y = NULL;
  const bool ok =
      invocation_make(&v, kernel, c, 0, 0, s->options->threads, err) &&
      invocation_run(&v, err) &&
      ((y = invocation_output(&v)) != NULL || error_set(err, "out of memory")) &&
      verdict_of(&c->problem, kernel->output_type, b, y, NULL, &found, err);
  if (ok) {
    take_verdict(tally_at(s, r, k), &found, &c->problem, seed);
    if (kernel->operand_type == LKV_FLOAT32) take_health(&s->health[r], &found);
  }
  free(y);
  invocation_free(&v);
  return ok;
}

/* All kernels on one case. */
static bool judge_case(survey *s, size_t r, const lin_case *c, uint64_t seed,
                       error *err) {
  bounds_set set = {.given = c, .rows = s->options->rows};
  const char *why;
  bool ok = true;
  for (size_t k = 0; ok && k < s->kernels; k++) {
    const lkv_kernel *kernel = lkv_kernel_at(k);
    if (!verify_chosen(&s->options->kernels, kernel->name) ||
        lkv_check(kernel, &c->problem, &why) != LKV_OK)
      continue;
    const double start = clock_now();
    const bounds *b = bounds_set_get(&set, precision_of(kernel), err);
    s->oracle_s += clock_now() - start;
    ok = b && judge_kernel(s, r, k, c, b, seed, err);
  }
  bounds_set_free(&set);
  return ok;
}

/* The shape asked for, or the edge shapes one after the other. */
static size_t shape_count(const regime_options *o) {
  return o->seq_len ? 1 : SHAPES;
}

static lkv_problem shape_at(const regime_options *o, size_t i) {
  if (!o->seq_len) return shapes[i];
  return (lkv_problem){.batch = 1,
                       .seq_len = o->seq_len,
                       .heads = 1,
                       .head_dim = o->head_dim,
                       .eps = CASE_DEFAULT_EPS};
}

static bool judge_regime(survey *s, size_t r, error *err) {
  bool ok = true;
  for (size_t i = 0; ok && i < shape_count(s->options); i++)
    for (uint64_t seed = 1; ok && seed <= s->options->seeds; seed++) {
      const lkv_problem shape = shape_at(s->options, i);
      lin_case c = {0};
      ok = inputs_make(regime_at(r), seed, LKV_STAGE_ATTENTION, &shape, &c, err) &&
           judge_case(s, r, &c, seed, err);
      case_free(&c);
    }
  return ok;
}

static bool survey_make(survey *s, const regime_options *options, error *err) {
  *s = (survey){
      .options = options, .regimes = regime_count(), .kernels = lkv_kernel_count()};
  s->tally = calloc(s->regimes * s->kernels, sizeof *s->tally);
  s->health = calloc(s->regimes, sizeof *s->health);
  if (!s->tally || !s->health) return error_set(err, "out of memory for verdicts");
  for (size_t i = 0; i < s->regimes * s->kernels; i++) s->tally[i] = no_tally;
  return true;
}

static bool any_kernel(const survey *s) {
  for (size_t k = 0; k < s->kernels; k++)
    if (verify_chosen(&s->options->kernels, lkv_kernel_at(k)->name)) return true;
  return false;
}

static bool judge_regimes(survey *s, error *err) {
  bool ok = true, any = false;
  if (!any_kernel(s))
    return error_set(err, "--kernel '%s' matches no kernel; 'linkv kernels' lists them",
                     s->options->kernels.item[0]);
  for (size_t r = 0; ok && r < s->regimes; r++)
    if (verify_chosen(&s->options->regimes, regime_at(r)->name)) {
      ok = judge_regime(s, r, err);
      any = true;
    }
  return ok && (any || error_set(err,
                                 "--regime '%s' matches no regime; --list-regimes "
                                 "lists them",
                                 s->options->regimes.item[0]));
}

static bool add_number(table *t, const char *format, double number, error *err) {
  char text[48];
  snprintf(text, sizeof text, format, number);
  return table_add(t, isnan(number) ? NULL : text, TABLE_PLAIN, err);
}

static bool add_ratio(table *t, double r, error *err) {
  char text[32];
  return table_add(t, isnan(r) ? NULL : ratio_text(r, text, sizeof text), TABLE_PLAIN,
                   err);
}

static double share(size_t part, size_t whole) {
  return whole ? (double)part / (double)whole : NAN;
}

/* Sum over the kernels of a regime, or over the regimes of a kernel. */
static tally sum_of(const survey *s, size_t first, size_t step, size_t count) {
  tally sum = no_tally;
  for (size_t i = 0; i < count; i++) {
    const tally *t = &s->tally[first + i * step];
    sum.runs += t->runs;
    sum.wrong += t->wrong;
    sum.rows += t->rows;
    sum.rows_of_outputs += t->rows_of_outputs;
    sum.compared += t->compared;
    sum.decided += t->decided;
    sum.r_stat_max = fmax(sum.r_stat_max, t->r_stat_max);
    sum.r_det_max = fmax(sum.r_det_max, t->r_det_max);
    sum.r_stat_decided = fmax(sum.r_stat_decided, t->r_stat_decided);
    sum.r_stat_open = fmax(sum.r_stat_open, t->r_stat_open);
    if (*t->first && !*sum.first) memcpy(sum.first, t->first, sizeof sum.first);
  }
  return sum;
}

static bool add_tally(table *t, const char *name, const tally *sum, error *err) {
  return table_add(t, name, TABLE_PLAIN, err) &&
         add_number(t, "%.0f", (double)sum->runs, err) &&
         add_number(t, "%.0f", (double)sum->wrong, err) &&
         add_ratio(t, sum->r_stat_decided, err) && add_ratio(t, sum->r_stat_open, err) &&
         add_ratio(t, sum->r_det_max, err) &&
         add_number(t, "%.4g %%", 100 * share(sum->decided, sum->compared), err);
}

#define TALLY_COLUMNS                                                     \
  {"runs", TABLE_RIGHT}, {"wrong", TABLE_RIGHT}, {"r stat", TABLE_RIGHT}, \
      {"of unknowns", TABLE_RIGHT}, {"r det", TABLE_RIGHT}, {             \
    "decided", TABLE_RIGHT                                                \
  }

static bool print_regimes(const survey *s, table_style style, error *err) {
  static const table_column columns[] = {
      {"regime", TABLE_LEFT},        TALLY_COLUMNS,
      {"unresolved K", TABLE_RIGHT}, {"unresolved V", TABLE_RIGHT},
      {"entropy", TABLE_RIGHT},      {"largest weight", TABLE_RIGHT}};
  table t;
  bool ok = true;
  table_make(&t, columns, sizeof columns / sizeof *columns);
  for (size_t r = 0; ok && r < s->regimes; r++) {
    const tally sum = sum_of(s, r * s->kernels, 1, s->kernels);
    const health *h = &s->health[r];
    const double verdicts = h->verdicts ? (double)h->verdicts : NAN;
    if (!sum.runs) continue;
    ok = add_tally(&t, regime_at(r)->name, &sum, err) &&
         add_number(&t, "%.2g %%", 100 * share(h->unresolved_k, h->denominators), err) &&
         add_number(&t, "%.2g %%", 100 * share(h->unresolved_v, h->denominators), err) &&
         add_number(&t, "%.3g", h->entropy / verdicts, err) &&
         add_number(&t, "%.3g", h->largest_weight / verdicts, err);
  }
  ok = ok && table_print(&t, stdout, style, err);
  table_free(&t);
  return ok;
}

static bool print_kernels(const survey *s, table_style style, error *err) {
  static const table_column columns[] = {
      {"kernel", TABLE_LEFT}, TALLY_COLUMNS, {"", TABLE_LEFT}};
  table t;
  bool ok = true;
  table_make(&t, columns, sizeof columns / sizeof *columns);
  for (size_t k = 0; ok && k < s->kernels; k++) {
    const tally sum = sum_of(s, k, s->kernels, s->regimes);
    if (!verify_chosen(&s->options->kernels, lkv_kernel_at(k)->name)) continue;
    ok = add_tally(&t, lkv_kernel_at(k)->name, &sum, err) &&
         table_add(&t, sum.runs ? sum.first : "does not run here",
                   sum.wrong ? TABLE_BAD : TABLE_PLAIN, err);
  }
  puts("");
  ok = ok && table_print(&t, stdout, style, err);
  table_free(&t);
  if (!ok) return false;
  const tally all = sum_of(s, 0, 1, s->regimes * s->kernels);
  if (all.rows < all.rows_of_outputs)
    printf("\nrows: %zu of %zu were judged, a sample\n", all.rows, all.rows_of_outputs);
  printf("\noracle and bounds: %.3g s\n", s->oracle_s);
  return ok;
}

static json_t *real(double x) {
  return isfinite(x) ? json_real(x) : json_null();
}

static bool print_json(const survey *s, error *err) {
  json_t *list = json_array();
  bool ok = list != NULL;
  for (size_t i = 0; ok && i < s->regimes * s->kernels; i++) {
    const tally *t = &s->tally[i];
    if (!t->runs) continue;
    ok = json_array_append_new(
             list,
             json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:s?}",
                       "regime", regime_at(i / s->kernels)->name, "kernel",
                       lkv_kernel_at(i % s->kernels)->name, "runs", (json_int_t)t->runs,
                       "wrong", (json_int_t)t->wrong, "rows", (json_int_t)t->rows,
                       "rows_of_outputs", (json_int_t)t->rows_of_outputs, "r_stat_max",
                       real(t->r_stat_max), "r_stat_decided", real(t->r_stat_decided),
                       "r_stat_open", real(t->r_stat_open), "r_det_max",
                       real(t->r_det_max), "decided_share",
                       real(share(t->decided, t->compared)), "first_wrong",
                       *t->first ? t->first : NULL)) == 0;
  }
  ok = ok && json_dumpf(list, stdout, JSON_INDENT(2)) == 0;
  putchar('\n');
  json_decref(list);
  return ok || error_set(err, "cannot print the verdicts");
}

int verify_list_regimes(const cli_command *command) {
  static const table_column columns[] = {{"regime", TABLE_LEFT}, {"inputs", TABLE_LEFT}};
  error err;
  table t;
  bool ok = true;
  table_make(&t, columns, sizeof columns / sizeof *columns);
  for (size_t r = 0; ok && r < regime_count(); r++)
    ok = table_add(&t, regime_at(r)->name, TABLE_PLAIN, &err) &&
         table_add(&t, regime_at(r)->description, TABLE_PLAIN, &err);
  ok = ok && table_print(&t, stdout,
                         table_wants_colour(stdout) ? TABLE_COLOUR : TABLE_TEXT, &err);
  table_free(&t);
  return ok ? cli_finish(command, EXIT_FINE)
            : cli_fail(command, EXIT_USAGE, "%s", err.text);
}

int verify_regimes(const cli_command *command, const regime_options *options) {
  survey s;
  error err;
  const table_style style = table_wants_colour(stdout) ? TABLE_COLOUR : TABLE_TEXT;
  bool ok = survey_make(&s, options, &err) && judge_regimes(&s, &err);
  const tally all = ok ? sum_of(&s, 0, 1, s.regimes * s.kernels) : no_tally;
  if (ok)
    ok = options->json ? print_json(&s, &err)
                       : print_regimes(&s, style, &err) && print_kernels(&s, style, &err);
  free(s.tally);
  free(s.health);
  if (!ok) return cli_fail(command, EXIT_USAGE, "%s", err.text);
  return cli_finish(command, all.wrong ? EXIT_WRONG : all.runs ? EXIT_FINE : EXIT_LITTLE);
}
