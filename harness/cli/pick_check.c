#include "pick_check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ascending.h"
#include "clock.h"
#include "format.h"
#include "held_out.h"
#include "linkv/dispatch.h"
#include "race.h"
#include "regret.h"
#include "select.h"
#include "table.h"

/* Of a race: it ends where a rival is known to be slower, or faster, or the same but for
 * a hundredth. */
#define ROUND_S  0.1
#define BUDGET_S 8.0
#define MARGIN   0.01
#define ERROR    0.05

#define GOAL_MEDIAN     0.02
#define GOAL_PERCENTILE 0.08

/* Half the interval of a ratio that tells no loss of the goal's size. */
#define TOO_WIDE (GOAL_PERCENTILE / 2)

/* What was found of a shape. */
typedef struct loss {
  const point *fastest;         /* NULL: no rival is faster than the choice */
  double choice_ns, fastest_ns; /* NaN without a race */
  interval ratio;               /* time of the choice over that of the fastest */
  double regret;                /* NaN: nothing to race, or not told by the races */
  bool failed;                  /* a race did not end well */
} loss;

static double half_width(const interval *i) {
  return (i->high - i->low) / 2;
}

static interval inverse(interval i) {
  return (interval){1 / i.estimate, 1 / i.high, 1 / i.low, i.coverage};
}

enum { NAME_SIZE = 128 };

/* The kernel, with its tiles where it has some. */
static const char *name_of(const point *p, char text[NAME_SIZE]) {
  const lkv_problem *q = &p->problem;
  snprintf(text, NAME_SIZE, q->tile_q || q->tile_k ? "%s %zu×%zu" : "%s", p->kernel->name,
           q->tile_q, q->tile_k);
  return text;
}

static void tell_failure(const cli_command *command, const held_out *h,
                         const point *rival, const race_result *r) {
  char choice[NAME_SIZE], other[NAME_SIZE];
  cli_fail(command, EXIT_FINE, "note: T=%zu d=%zu: %s against %s: %s: %s",
           h->choice.problem.seq_len, h->choice.problem.head_dim,
           name_of(&h->choice, choice), name_of(rival, other), r->status, r->reason);
}

/* Races the choice against each rival. `results` has room for as many. */
static bool race_rivals(const cli_command *command, const held_out *h,
                        const race_options *how, race_result *results, loss *out,
                        error *err) {
  regret_rival *rival = calloc(h->rivals + 1, sizeof *rival);
  bool told = true;
  if (!rival) return error_set(err, "out of memory for a check");
  *out = (loss){.choice_ns = NAN, .fastest_ns = NAN, .ratio = {1, 1, 1, 1}};
  for (size_t i = 0; i < h->rivals; i++) {
    race_result *r = &results[i];
    if (!race_run(&h->choice, &h->rival[i], how, r, err)) {
      free(rival);
      return false;
    }
    if (strcmp(r->status, "ok") != 0) {
      tell_failure(command, h, &h->rival[i], r);
      out->failed = true;
      continue;
    }
    rival[i] = (regret_rival){r->ratios, r->rounds};
    const interval ratio = inverse(r->ratio);
    if (r->verdict == SEQUENTIAL_UNSURE && !(half_width(&ratio) <= TOO_WIDE))
      told = false;
    if (isnan(out->choice_ns)) out->choice_ns = r->base_ns;
    if (!(ratio.estimate > out->ratio.estimate)) continue;
    out->fastest = &h->rival[i];
    out->choice_ns = r->base_ns;
    out->fastest_ns = r->head_ns;
    out->ratio = ratio;
  }
  out->regret = told && !out->failed && !h->alone ? regret_of(h->rivals, rival) : NAN;
  free(rival);
  return true;
}

/* NULL: there was nothing to lose to. */
static const char *lost_text(const held_out *h, const loss *l, char buffer[FORMAT_SIZE]) {
  if (h->alone) return NULL;
  if (l->failed) return "failed";
  return isnan(l->regret) ? "unsure" : format_fixed(100 * l->regret, 1, buffer);
}

static const char *fastest_name(const loss *l, char text[NAME_SIZE]) {
  if (l->fastest) return name_of(l->fastest, text);
  return isnan(l->regret) ? NULL : "the pick";
}

static bool add_loss(table *t, const held_out *h, const loss *l, error *err) {
  const lkv_problem *q = &h->choice.problem;
  char shape[128], choice[NAME_SIZE], fastest[NAME_SIZE], threads[FORMAT_SIZE],
      rivals[FORMAT_SIZE], choice_time[FORMAT_SIZE], time[FORMAT_SIZE], lost[FORMAT_SIZE],
      spread[FORMAT_SIZE];
  snprintf(shape, sizeof shape, "%zu×%zu×%zu×%zu", q->batch, q->seq_len, q->heads,
           q->head_dim);
  snprintf(threads, sizeof threads, "%zu", h->choice.threads);
  snprintf(rivals, sizeof rivals, "%zu", h->rivals);
  const char *cells[] = {
      lkv_stage_name(h->choice.stage),
      lkv_dtype_name(h->choice.kernel->operand_type),
      shape,
      threads,
      name_of(&h->choice, choice),
      format_time_ns(l->choice_ns, choice_time),
      rivals,
      fastest_name(l, fastest),
      l->fastest ? format_time_ns(l->fastest_ns, time) : NULL,
      lost_text(h, l, lost),
      l->fastest ? format_fixed(100 * half_width(&l->ratio), 1, spread) : NULL};
  bool ok = true;
  for (size_t i = 0; i < sizeof cells / sizeof *cells && ok; i++)
    ok = table_add(t, cells[i], TABLE_PLAIN, err);
  return ok;
}

/* How far it is, on a terminal. */
static void tell_progress(size_t done, size_t count, double seconds) {
  if (!isatty(STDERR_FILENO)) return;
  fprintf(stderr, "%zu of %zu shapes", done, count);
  if (done < count)
    fprintf(stderr, ", about %.0f s left",
            seconds / (double)done * (double)(count - done));
  fputc('\n', stderr);
}

/* Fills the table and the regrets that are known; how many. */
static bool race_all(const cli_command *command, const held_outs *all,
                     const cli_list *plugins, table *t, double *regret, size_t *known,
                     error *err) {
  race_options how = race_options_default();
  const double start = clock_now();
  size_t most = 1;
  for (size_t i = 0; i < all->count; i++)
    if (all->shape[i].rivals > most) most = all->shape[i].rivals;
  race_result *results = calloc(most, sizeof *results);
  bool ok = results || error_set(err, "out of memory for a check");
  how.plugins = plugins->item;
  how.plugin_count = plugins->count;
  how.round_s = ROUND_S;
  how.budget_s = BUDGET_S;
  how.margin = MARGIN;
  how.error = ERROR;
  *known = 0;
  for (size_t i = 0; ok && i < all->count; i++) {
    loss l;
    ok = race_rivals(command, &all->shape[i], &how, results, &l, err) &&
         add_loss(t, &all->shape[i], &l, err);
    if (ok && !isnan(l.regret)) regret[(*known)++] = l.regret;
    if (ok) tell_progress(i + 1, all->count, clock_now() - start);
  }
  free(results);
  return ok;
}

/* What the figures leave out, and what they count without a race. */
static void tell_counts(const cli_command *command, const held_outs *all, size_t known) {
  size_t alone = 0, unraced = 0;
  for (size_t i = 0; i < all->count; i++) {
    alone += all->shape[i].alone;
    unraced += !all->shape[i].alone && !all->shape[i].rivals;
  }
  if (alone)
    cli_fail(command, EXIT_FINE,
             "note: at %zu of %zu shapes nothing but the pick qualified: they do not "
             "count; sweep more kernels",
             alone, all->count);
  if (unraced)
    cli_fail(command, EXIT_FINE,
             "note: at %zu of %zu shapes all others were more than twice as slow where "
             "they were measured: they count as no loss, without a race",
             unraced, all->count);
  if (known + alone < all->count)
    cli_fail(command, EXIT_FINE,
             "note: at %zu of %zu shapes a race failed or was too noisy: they do not "
             "count; free cores tell more",
             all->count - alone - known, all->count);
}

/* Sorts them. */
static void print_losses(size_t count, double *regret) {
  sort_ascending(count, regret);
  printf(
      "over %zu shapes that were not in the sweep the picks lose %.1f %% (median; goal "
      "%.0f), %.1f %% (95th percentile; goal %.0f)\n",
      count, 100 * median_of_sorted(count, regret), 100 * GOAL_MEDIAN,
      100 * select_quantile(count, regret, 0.95), 100 * GOAL_PERCENTILE);
}

static int check(const cli_command *command, const held_outs *all,
                 const cli_list *plugins) {
  static const table_column columns[] = {
      {"stage", TABLE_LEFT},    {"type", TABLE_LEFT},    {"B×T×H×d", TABLE_RIGHT},
      {"threads", TABLE_RIGHT}, {"pick", TABLE_LEFT},    {"time", TABLE_RIGHT},
      {"rivals", TABLE_RIGHT},  {"fastest", TABLE_LEFT}, {"time", TABLE_RIGHT},
      {"lost %", TABLE_RIGHT},  {"±%", TABLE_RIGHT}};
  double *regret = calloc(all->count, sizeof *regret);
  size_t known = 0;
  table t;
  error err = {"out of memory for a check"};
  table_make(&t, columns, sizeof columns / sizeof *columns);
  const bool ok = regret && race_all(command, all, plugins, &t, regret, &known, &err) &&
                  table_print(&t, stdout, TABLE_TEXT, &err);
  table_free(&t);
  int code = ok ? EXIT_FINE : cli_fail(command, EXIT_USAGE, "%s", err.text);
  if (ok) tell_counts(command, all, known);
  if (ok && !known)
    code = EXIT_LITTLE;
  else if (ok)
    print_losses(known, regret);
  free(regret);
  return code;
}

int pick_check(const cli_command *command, const picks *p, const lkv_wisdom *w,
               const cli_list *plugins) {
  char why[512];
  held_outs all = {0};
  error err;
  int code = EXIT_USAGE;
  if (!lkv_use_wisdom(w, why, sizeof why)) return cli_fail(command, code, "%s", why);
  if (!held_out_make(p, &all, &err))
    cli_fail(command, code, "%s", err.text);
  else if (!all.count)
    code = cli_fail(command, EXIT_LITTLE,
                    "--check: no two measured shapes differ in seq_len alone and have "
                    "one between them; sweep several lengths");
  else
    code = check(command, &all, plugins);
  held_out_free(&all);
  return code;
}
