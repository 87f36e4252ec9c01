/* linkv ab: two builds of the kernel library, raced point by point. */
#include "ab.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "cache_options.h"
#include "commands.h"
#include "compare_print.h"
#include "linkv/registry.h"
#include "machine.h"

enum { BASE, HEAD, SIDES };

/* Seconds a point has by default. */
#define POINT_BUDGET_S 120.0

typedef struct ab_arguments {
  const char *build[SIDES], *commit[SIDES], *db, *label;
  char *command;   /* as it was given */
  double budget_s; /* 0: the default */
  bool quiet;
  cli_list set, filters;
  cache_options cache;
  compare_options how;
} ab_arguments;

static bool is_number(const row *r, int field, size_t number) {
  const value *v = &r->field[field];
  return v->known ? v->integer == (int64_t)number : number == 0;
}

static bool is_text(const row *r, int field, const char *text) {
  return r->field[field].known && !strcmp(r->field[field].text, text);
}

/* Whether a row is a point's, tiles apart or those of `side`. */
static bool is_row_of(const row *r, const ab_point *p, int side, bool tiles) {
  const point *q = &p->side[side];
  return is_text(r, ROW_kernel, p->name) &&
         is_text(r, ROW_stage, lkv_stage_name(q->stage)) &&
         is_text(r, ROW_regime, q->regime) && is_number(r, ROW_seed, q->seed) &&
         is_number(r, ROW_batch, q->problem.batch) &&
         is_number(r, ROW_seq_len, q->problem.seq_len) &&
         is_number(r, ROW_heads, q->problem.heads) &&
         is_number(r, ROW_head_dim, q->problem.head_dim) &&
         is_number(r, ROW_threads, q->threads) &&
         (!tiles || (is_number(r, ROW_tile_q, q->problem.tile_q) &&
                     is_number(r, ROW_tile_k, q->problem.tile_k)));
}

/* Default tiles may have changed from build to build: head's rows go by base's. */
static void take_tiles(rows *head, const ab *a) {
  for (size_t i = 0; i < head->count; i++)
    for (size_t k = 0; k < a->count; k++) {
      const ab_point *p = &a->point[k];
      if (!p->side[BASE].kernel || !is_row_of(&head->row[i], p, HEAD, true)) continue;
      const lkv_problem *base = &p->side[BASE].problem;
      if (base->tile_q) row_set_integer(&head->row[i], ROW_tile_q, (int64_t)base->tile_q);
      if (base->tile_k) row_set_integer(&head->row[i], ROW_tile_k, (int64_t)base->tile_k);
      break;
    }
}

/* Both builds were fine until they raced: nobody knows which is to blame. */
static void take_failure(compare_point *to, const race_result *race) {
  to->unjudged = true;
  snprintf(to->reason, sizeof to->reason, "%.32s while raced%s%.180s", race->status,
           *race->reason ? ": " : "", race->reason);
}

/* What the races decided. */
static void take_verdicts(comparison *c, const ab *a) {
  static const compare_verdict verdicts[] = {[SEQUENTIAL_GO_ON] = COMPARE_UNSURE,
                                             [SEQUENTIAL_SAME] = COMPARE_SAME,
                                             [SEQUENTIAL_LOWER] = COMPARE_FASTER,
                                             [SEQUENTIAL_HIGHER] = COMPARE_SLOWER,
                                             [SEQUENTIAL_UNSURE] = COMPARE_UNSURE};
  for (size_t i = 0; i < c->count; i++)
    for (size_t k = 0; k < a->count; k++) {
      compare_point *to = &c->point[i];
      const ab_point *p = &a->point[k];
      if (!to->base || !to->head || !p->raced || !is_row_of(to->base, p, BASE, true))
        continue;
      if (to->verdict == COMPARE_UNTIMED) {
        take_failure(to, &p->race);
        break;
      }
      to->verdict = verdicts[p->race.verdict];
      to->ratio = p->race.ratio;
      to->floor = p->race.floor;
      to->p_value = NAN;
      break;
    }
  compare_count(c);
}

/* Rows of the two labels, of which the others are freed. */
static bool read_sides(store *s, const ab_options *options, rows side[SIDES],
                       error *err) {
  rows all;
  if (!store_rows(s, STORE_LATEST_BUILD, NULL, &all, err)) return false;
  bool ok = true;
  for (int k = 0; k < SIDES; k++) {
    side[k].row = calloc(all.count + 1, sizeof *side[k].row);
    ok = ok && side[k].row;
  }
  for (size_t i = 0; i < all.count; i++) {
    const int of = is_text(&all.row[i], ROW_label, options->label[BASE])   ? BASE
                   : is_text(&all.row[i], ROW_label, options->label[HEAD]) ? HEAD
                                                                           : SIDES;
    if (ok && of < SIDES)
      side[of].row[side[of].count++] = all.row[i];
    else
      row_free(&all.row[i]);
  }
  free(all.row);
  return ok || error_set(err, "out of memory for rows");
}

static bool head_is_wrong(const rows *head) {
  for (size_t i = 0; i < head->count; i++)
    if (is_text(&head->row[i], ROW_status, "wrong") ||
        is_text(&head->row[i], ROW_status, "untrusted"))
      return true;
  return false;
}

static int show(const ab_arguments *a, const ab *points, rows side[SIDES]) {
  comparison c;
  error err;
  take_tiles(&side[HEAD], points);
  if (!compare_make(&side[BASE], &side[HEAD], &a->how.rule, &c, &err))
    return cli_fail(&cli_ab, EXIT_USAGE, "%s", err.text);
  take_verdicts(&c, points);
  int code = head_is_wrong(&side[HEAD]) ? EXIT_WRONG : compare_exit(&c, a->how.faults);
  if (!compare_print(&c, &a->how, &err))
    code = cli_fail(&cli_ab, EXIT_USAGE, "%s", err.text);
  else if (!c.both)
    cli_fail(&cli_ab, code, "the two libraries have no kernel of the config in common");
  compare_free(&c);
  return cli_finish(&cli_ab, code);
}

/* Rounds of two sessions under one label would be taken for one's. */
static bool labels_are_new(store *s, const ab_options *options, error *err) {
  rows side[SIDES] = {{0}};
  bool ok = read_sides(s, options, side, err);
  for (int k = 0; k < SIDES; k++) {
    if (ok && side[k].count)
      ok = error_set(err, "the database has label '%s' already; choose another --label",
                     options->label[k]);
    rows_free(&side[k]);
  }
  return ok;
}

static int run_points(const ab_arguments *a, ab *points, const ab_options *options,
                      store *s) {
  rows side[SIDES] = {{0}};
  error err;
  int code;
  if (!labels_are_new(s, options, &err) || !ab_run(points, options, !a->quiet, s, &err) ||
      !read_sides(s, options, side, &err))
    code = cli_fail(&cli_ab, EXIT_USAGE, "%s", err.text);
  else
    code = show(a, points, side);
  for (int k = 0; k < SIDES; k++) rows_free(&side[k]);
  return code;
}

static int run_plan(ab_arguments *a, const config *c, const plan *p) {
  const oracle_cache cache = cache_options_take(&a->cache);
  char label[SIDES][128];
  ab_options options = {.build = {a->build[BASE], a->build[HEAD]},
                        .label = {label[BASE], label[HEAD]},
                        .commit = {a->commit[BASE], a->commit[HEAD]},
                        .race = race_options_default(),
                        .cache = cache.folder,
                        .cache_limit = cache.limit,
                        .command = a->command,
                        .config_text = c->text};
  ab points = {0};
  store *s = NULL;
  error err;
  int code;
  snprintf(label[BASE], sizeof label[BASE], "%s%sbase", a->label ? a->label : "",
           a->label ? " " : "");
  snprintf(label[HEAD], sizeof label[HEAD], "%s%shead", a->label ? a->label : "",
           a->label ? " " : "");
  if (!ab_make(p, &points, &err) || !store_open(a->db ? a->db : ":memory:", &s, &err)) {
    code = cli_fail(&cli_ab, EXIT_USAGE, "%s", err.text);
  } else if (!points.count) {
    code = cli_fail(&cli_ab, EXIT_LITTLE, "neither library has a kernel of the config");
  } else {
    options.budget_s =
        a->budget_s > 0 ? a->budget_s : POINT_BUDGET_S * (double)points.count;
    options.race.round_s = c->min_time_s;
    options.race.timeout_s = c->timeout_s;
    options.race.error = a->how.rule.level / (double)points.count;
    options.race.margin = a->how.rule.margin;
    options.race.floor = a->how.rule.floor;
    options.race.noise = s;
    options.race.machine = machine_id();
    code = run_points(a, &points, &options, s);
  }
  store_close(s);
  ab_free(&points);
  return code;
}

static bool change_config(const ab_arguments *a, config *c, error *err) {
  for (size_t i = 0; i < a->set.count; i++)
    if (!config_set(c, a->set.item[i], err)) return false;
  for (size_t i = 0; i < a->filters.count; i++)
    if (!config_filter_by(c, a->filters.item[i], err)) return false;
  return true;
}

/* The config may name a plug-in's kernels; a library's are those of linkv itself, whose
 * names are taken. */
static void name_kernels(const char *library) {
  char why[1024];
  (void)lkv_plugin_load(library, why, sizeof why);
}

static int read_and_run(ab_arguments *a, const char *path) {
  config c;
  plan p = {0};
  error err;
  int code;
  if (!a->build[BASE] || !a->build[HEAD])
    return cli_fail(&cli_ab, EXIT_USAGE,
                    "--base and --head are needed: a shared liblinkv or a plug-in each");
  if (!compare_options_take(&cli_ab, &a->how) || !cli_load_sides(&cli_ab, a->build))
    return EXIT_USAGE;
  name_kernels(a->build[BASE]);
  name_kernels(a->build[HEAD]);
  if (!config_read(path, &c, &err)) return cli_fail(&cli_ab, EXIT_USAGE, "%s", err.text);
  if (!change_config(a, &c, &err) || !plan_make(&c, &p, &err))
    code = cli_fail(&cli_ab, EXIT_USAGE, "%s", err.text);
  else
    code = run_plan(a, &c, &p);
  plan_free(&p);
  config_free(&c);
  return code;
}

static int run(int argc, char **argv) {
  ab_arguments a = {.command = arguments_command(argc, argv),
                    .cache = cache_options_default(),
                    .how = compare_options_default()};
  const cli_option options[] = {
      {"base", CLI_TEXT, &a.build[BASE], "A.so", "kernels before: liblinkv or a plug-in",
       NULL},
      {"head", CLI_TEXT, &a.build[HEAD], "B.so", "kernels after", NULL},
      {"base-commit", CLI_TEXT, &a.commit[BASE], "C",
       "commit that A.so was built from, kept in --db", NULL},
      {"head-commit", CLI_TEXT, &a.commit[HEAD], "C", "likewise of B.so", NULL},
      {"budget", CLI_SECONDS, &a.budget_s, "S",
       "seconds of all races, default 120 a point", NULL},
      COMPARE_OPTIONS(a.how),
      {"set", CLI_LIST, &a.set, "AXIS=VALUE,...", "as of 'linkv sweep'", NULL},
      {"filter", CLI_LIST, &a.filters, "EXPRESSION", "as of 'linkv sweep'", NULL},
      {"db", CLI_TEXT, &a.db, "FILE", "keep the results in this database", NULL},
      {"label", CLI_TEXT, &a.label, "L", "there, as 'L base' and 'L head'", NULL},
      {"quiet", CLI_FLAG, &a.quiet, NULL, "no line a point while it runs", NULL},
      CACHE_OPTIONS(a.cache),
      {0}};
  cli_list words = {0};
  const cli_parsed parsed = cli_parse(&cli_ab, options, argc, argv, &words);
  int code = parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  if (parsed == CLI_GO && words.count != 1)
    cli_fail(&cli_ab, EXIT_USAGE, "one CONFIG.yaml is needed");
  else if (parsed == CLI_GO)
    code = read_and_run(&a, words.item[0]);
  free(a.command);
  cli_list_free(&words);
  cli_list_free(&a.set);
  cli_list_free(&a.filters);
  cli_list_free(&a.how.reports);
  return code;
}

const cli_command cli_ab = {
    .name = "ab",
    .summary = "race two builds of the kernels, point by point, until it is decided",
    .usage = "--base A.so --head B.so CONFIG.yaml [--budget S] [options]",
    .details =
        "Both builds are loaded into one process and take turns of a millisecond, "
        "kernels of\n"
        "the same name against each other, after both were judged. What befalls the "
        "machine\n"
        "befalls both: the way to gate a change where others share it "
        "(docs/compare.md).\n\n"
        "  linkv ab --base old/liblinkv.so --head new/liblinkv.so configs/ab.yaml\n\n"
        "Exit status: 0 fine, 1 a point fails, 3 head is wrong, 4 nothing in common, 5 "
        "unsure.",
    .run = run,
};
