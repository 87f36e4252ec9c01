#include "pick_check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "format.h"
#include "linkv/dispatch.h"
#include "linkv/driver.h"
#include "linkv/registry.h"
#include "regret.h"
#include "select.h"
#include "simplicity.h"
#include "sweep.h"
#include "table.h"

/* Those of a point that is measured here. */
enum { REPETITIONS = 10 };
#define MIN_TIME_S      0.05
#define MUCH_SLOWER     2.0
#define GOAL_MEDIAN     0.02
#define GOAL_PERCENTILE 0.08

/* A shape in between, and which of the plan's points are its own. */
typedef struct held_out {
  point choice; /* what the wisdom chooses */
  size_t first, count;
} held_out;

typedef struct check {
  plan plan;
  held_out *shape;
  size_t shapes;
} check;

static size_t size_of(const row *r, int field) {
  return r->field[field].known ? (size_t)r->field[field].integer : 0;
}

/* Whether two shapes differ in seq_len alone. */
static bool neighbours(const row *a, const row *b) {
  static const int texts[] = {ROW_stage, ROW_operand_type};
  static const int sizes[] = {ROW_batch, ROW_heads, ROW_head_dim, ROW_threads};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (strcmp(a->field[texts[i]].text, b->field[texts[i]].text) != 0) return false;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (size_of(a, sizes[i]) != size_of(b, sizes[i])) return false;
  return true;
}

/* The row's point at another sequence length. */
static point point_at(const row *r, size_t seq_len) {
  const bool own = simplicity_default_tiles(r);
  const bool block = !strcmp(r->field[ROW_stage].text, lkv_stage_name(LKV_STAGE_BLOCK));
  point p = {.kernel = lkv_kernel_find(r->field[ROW_kernel].text),
             .stage = block ? LKV_STAGE_BLOCK : LKV_STAGE_ATTENTION,
             .seed = (uint64_t)r->field[ROW_seed].integer,
             .problem = {.batch = size_of(r, ROW_batch),
                         .seq_len = seq_len,
                         .heads = size_of(r, ROW_heads),
                         .head_dim = size_of(r, ROW_head_dim),
                         .tile_q = own ? 0 : size_of(r, ROW_tile_q),
                         .tile_k = own ? 0 : size_of(r, ROW_tile_k),
                         .eps = CASE_DEFAULT_EPS},
             .threads = size_of(r, ROW_threads)};
  snprintf(p.regime, sizeof p.regime, "%s", r->field[ROW_regime].text);
  if (p.kernel) p.problem = lkv_resolve_tiles(p.kernel, p.problem);
  return p;
}

static bool same_point(const point *a, const point *b) {
  return a->kernel == b->kernel && plan_same_shape(a, b) && a->threads == b->threads &&
         a->problem.tile_q == b->problem.tile_q && a->problem.tile_k == b->problem.tile_k;
}

/* Adds a point of the shape, once. */
static void add_point(check *c, held_out *h, const point *p) {
  if (!p->kernel) return;
  for (size_t i = h->first; i < h->first + h->count; i++)
    if (same_point(&c->plan.point[i], p)) return;
  c->plan.point[h->first + h->count++] = *p;
  c->plan.count = h->first + h->count;
}

static void add_contenders(check *c, held_out *h, const pick_shape *s, const row *like,
                           size_t seq_len) {
  for (size_t i = 0; i < s->count; i++) {
    const pick_candidate *of = &s->candidate[i];
    if (!(of->time_ns <= MUCH_SLOWER * s->candidate[0].time_ns)) continue;
    point p = point_at(of->row, seq_len);
    /* Inputs are the same for all. */
    snprintf(p.regime, sizeof p.regime, "%s", like->field[ROW_regime].text);
    p.seed = (uint64_t)like->field[ROW_seed].integer;
    add_point(c, h, &p);
  }
}

/* Plans the shape between two neighbours, where there is one. */
static void plan_between(check *c, const pick_shape *a, const pick_shape *b) {
  const row *like = a->chosen->row;
  const size_t low = size_of(like, ROW_seq_len),
               high = size_of(b->chosen->row, ROW_seq_len);
  const size_t seq_len = (size_t)llround(sqrt((double)low * (double)high));
  lkv_choice choice;
  if (seq_len <= low || seq_len >= high) return;
  held_out h = {.choice = point_at(like, seq_len), .first = c->plan.count};
  if (!h.choice.kernel ||
      lkv_choose(h.choice.stage, h.choice.kernel->operand_type, &h.choice.problem,
                 h.choice.threads, &choice) != LKV_OK)
    return;
  h.choice.kernel = choice.kernel;
  h.choice.problem = choice.problem;
  add_point(c, &h, &h.choice);
  add_contenders(c, &h, a, like, seq_len);
  add_contenders(c, &h, b, like, seq_len);
  c->shape[c->shapes++] = h;
}

static bool make_check(check *c, const picks *p, error *err) {
  size_t candidates = 1;
  for (size_t i = 0; i < p->shapes; i++) candidates += 2 * p->shape[i].count + 1;
  *c = (check){.plan = {.point = calloc(candidates, sizeof *c->plan.point)},
               .shape = calloc(p->shapes + 1, sizeof *c->shape)};
  if (!c->plan.point || !c->shape) return error_set(err, "out of memory for a check");
  for (size_t i = 1; i < p->shapes; i++)
    if (neighbours(p->shape[i - 1].chosen->row, p->shape[i].chosen->row))
      plan_between(c, &p->shape[i - 1], &p->shape[i]);
  return true;
}

/* The measured row of a point; NULL where it is not ok. */
static const row *row_of(const rows *all, const point *p) {
  for (size_t i = 0; i < all->count; i++) {
    const row *r = &all->row[i];
    const point found = point_at(r, size_of(r, ROW_seq_len));
    if (found.kernel == p->kernel && same_point(&found, p) &&
        r->field[ROW_time_ns].known && !strcmp(r->field[ROW_status].text, "ok"))
      return r;
  }
  return NULL;
}

/* What was measured of a shape. */
typedef struct measured {
  const row *choice, *fastest; /* NULL where there is none */
  double regret;
} measured;

static bool find_measured(const check *c, const held_out *h, const rows *all,
                          measured *out, error *err) {
  const row **contender = calloc(h->count + 1, sizeof *contender);
  size_t count = 0;
  *out = (measured){.choice = row_of(all, &h->choice)};
  if (!contender) return error_set(err, "out of memory for a check");
  for (size_t i = h->first; i < h->first + h->count; i++) {
    const row *r = row_of(all, &c->plan.point[i]);
    if (!r) continue;
    contender[count++] = r;
    if (!out->fastest ||
        r->field[ROW_time_ns].real < out->fastest->field[ROW_time_ns].real)
      out->fastest = r;
  }
  out->regret = out->choice ? regret_of(out->choice, contender, count) : NAN;
  free((void *)contender);
  return true;
}

static bool add_regret(table *t, const point *p, const measured *m, error *err) {
  char seq_len[FORMAT_SIZE], time[FORMAT_SIZE], best_time[FORMAT_SIZE], lost[FORMAT_SIZE];
  snprintf(seq_len, sizeof seq_len, "%zu", p->problem.seq_len);
  const char *cells[] = {lkv_stage_name(p->stage),
                         seq_len,
                         m->choice->field[ROW_kernel].text,
                         format_time_ns(m->choice->field[ROW_time_ns].real, time),
                         m->fastest->field[ROW_kernel].text,
                         format_time_ns(m->fastest->field[ROW_time_ns].real, best_time),
                         format_fixed(100 * m->regret, 1, lost)};
  bool ok = true;
  for (size_t i = 0; i < sizeof cells / sizeof *cells && ok; i++)
    ok = table_add(t, cells[i], TABLE_PLAIN, err);
  return ok;
}

static int print_regrets(const cli_command *command, const check *c, const rows *all) {
  static const table_column columns[] = {{"stage", TABLE_LEFT},   {"T", TABLE_RIGHT},
                                         {"pick", TABLE_LEFT},    {"time", TABLE_RIGHT},
                                         {"fastest", TABLE_LEFT}, {"time", TABLE_RIGHT},
                                         {"lost %", TABLE_RIGHT}};
  double *regret = calloc(c->shapes + 1, sizeof *regret);
  size_t count = 0;
  table t;
  error err = {"out of memory"};
  table_make(&t, columns, sizeof columns / sizeof *columns);
  bool ok = regret != NULL;
  for (size_t i = 0; ok && i < c->shapes; i++) {
    measured m;
    ok = find_measured(c, &c->shape[i], all, &m, &err);
    if (!ok || !m.choice || !m.fastest || isnan(m.regret)) continue;
    regret[count++] = m.regret;
    ok = add_regret(&t, &c->shape[i].choice, &m, &err);
  }
  ok = ok && table_print(&t, stdout, TABLE_TEXT, &err);
  table_free(&t);
  int code = ok ? EXIT_FINE : cli_fail(command, EXIT_USAGE, "%s", err.text);
  if (ok && count < c->shapes)
    cli_fail(command, code, "note: %zu of %zu shapes gave no time of the pick",
             c->shapes - count, c->shapes);
  if (ok && count == 0)
    code = EXIT_LITTLE;
  else if (ok)
    printf(
        "over %zu shapes that were not in the sweep the picks lose %.1f %% (median; goal "
        "%.0f), %.1f %% (95th percentile; goal %.0f)\n",
        count, 100 * select_quantile(count, regret, 0.5), 100 * GOAL_MEDIAN,
        100 * select_quantile(count, regret, 0.95), 100 * GOAL_PERCENTILE);
  free(regret);
  return code;
}

static int measure(const cli_command *command, const check *c, const cli_list *plugins) {
  const sweep_options options = {
      .label = "pick --check",
      .repetitions = REPETITIONS,
      .min_time_s = MIN_TIME_S,
      .timeout_s = CONFIG_TIMEOUT_S,
      .order_seed = CONFIG_ORDER_SEED,
      .plugins = plugins->item,
      .plugin_count = plugins->count,
      .progress = isatty(STDERR_FILENO) ? PROGRESS_AUTO : PROGRESS_NONE};
  sweep_summary summary;
  rows all = {0};
  store *s = NULL;
  error err;
  int code = EXIT_USAGE;
  if (!store_open(":memory:", &s, &err) ||
      !sweep_run(&c->plan, &options, s, &summary, &err) ||
      !store_rows(s, STORE_LATEST_BUILD, NULL, &all, &err))
    cli_fail(command, code, "%s", err.text);
  else if (summary.interrupted)
    code = cli_fail(command, EXIT_LITTLE, "interrupted");
  else
    code = print_regrets(command, c, &all);
  rows_free(&all);
  store_close(s);
  return code;
}

int pick_check(const cli_command *command, const picks *p, const lkv_wisdom *w,
               const cli_list *plugins) {
  char why[512];
  check c;
  error err;
  int code = EXIT_USAGE;
  if (!lkv_use_wisdom(w, why, sizeof why)) return cli_fail(command, code, "%s", why);
  if (!make_check(&c, p, &err))
    cli_fail(command, code, "%s", err.text);
  else if (!c.shapes)
    code = cli_fail(command, EXIT_LITTLE,
                    "--check: no two measured shapes differ in seq_len alone and have "
                    "one between them");
  else
    code = measure(command, &c, plugins);
  free(c.plan.point);
  free(c.shape);
  return code;
}
