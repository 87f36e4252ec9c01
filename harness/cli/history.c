/* linkv history: when did it get slower? */
#include "history.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "format.h"
#include "json_values.h"
#include "median.h"
#include "plural.h"
#include "store.h"
#include "table.h"
#include "trend_plot.h"

enum { TEXT_SIZE = 512, PANELS_MAX = 24 };

typedef struct history_arguments {
  const char *db, *where, *plot;
  double min_step_percent;
  size_t newest;
  int format;
} history_arguments;

static const char *const formats[] = {"table", "md", "json", NULL};

static const char *text_of(const row *r, int field) {
  return r->field[field].known ? r->field[field].text : FORMAT_NULL;
}

static void put_axis(char *text, const char *name, const row *r, int field) {
  const size_t used = strlen(text);
  if (r->field[field].known)
    snprintf(text + used, TEXT_SIZE - used, "%s%" PRId64, name, r->field[field].integer);
}

/* "avx2_tile attention gaussian B1 T512 H1 d64 q16 k192 p1". */
static void point_text(const row *r, char text[TEXT_SIZE]) {
  static const struct {
    const char *name;
    int field;
  } axes[] = {{" B", ROW_batch},    {" T", ROW_seq_len}, {" H", ROW_heads},
              {" d", ROW_head_dim}, {" q", ROW_tile_q},  {" k", ROW_tile_k},
              {" p", ROW_threads},  {" seed ", ROW_seed}};
  snprintf(text, TEXT_SIZE, "%s %s %s", text_of(r, ROW_kernel), text_of(r, ROW_stage),
           text_of(r, ROW_regime));
  for (size_t i = 0; i < sizeof axes / sizeof *axes; i++)
    put_axis(text, axes[i].name, r, axes[i].field);
}

/* "label@commit". */
static void when_text(const row *r, char text[TEXT_SIZE]) {
  snprintf(text, TEXT_SIZE, "%s@%s", text_of(r, ROW_label), text_of(r, ROW_commit));
}

static bool add_step(table *t, const history_series *s, const history_step *step,
                     error *err) {
  const row *first = s->row[step->at], *last = s->row[step->at - 1];
  char name[TEXT_SIZE], from[TEXT_SIZE], to[TEXT_SIZE], rows_text[FORMAT_SIZE],
      before[FORMAT_SIZE], after[FORMAT_SIZE], size[FORMAT_SIZE], p[FORMAT_SIZE];
  point_text(first, name);
  when_text(last, from);
  when_text(first, to);
  snprintf(rows_text, sizeof rows_text, "%zu of %zu", step->at + 1, s->count);
  snprintf(size, sizeof size, "%+.1f", 100 * (step->after_ns / step->before_ns - 1));
  format_digits(step->p_value, p);
  const char *cells[] = {name,
                         text_of(first, ROW_machine),
                         rows_text,
                         from,
                         to,
                         format_time_ns(step->before_ns, before),
                         format_time_ns(step->after_ns, after),
                         size,
                         p,
                         step->regression ? "regression" : ""};
  bool ok = true;
  for (size_t i = 0; i < sizeof cells / sizeof *cells && ok; i++)
    ok = table_add(t, cells[i], step->regression ? TABLE_BAD : TABLE_PLAIN, err);
  return ok;
}

static bool print_table(const history *h, table_style style, error *err) {
  static const table_column columns[] = {{"point", TABLE_LEFT},  {"machine", TABLE_LEFT},
                                         {"row", TABLE_RIGHT},   {"after", TABLE_LEFT},
                                         {"from", TABLE_LEFT},   {"before", TABLE_RIGHT},
                                         {"since", TABLE_RIGHT}, {"step %", TABLE_RIGHT},
                                         {"p", TABLE_RIGHT},     {"", TABLE_LEFT}};
  table t;
  bool ok = true, any = false;
  table_make(&t, columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < h->count && ok; i++)
    for (size_t k = 0; k < h->series[i].steps && ok; k++) {
      any = true;
      ok = add_step(&t, &h->series[i], &h->series[i].step[k], err);
    }
  if (ok && any) ok = table_print(&t, stdout, style, err);
  table_free(&t);
  if (ok)
    printf(
        "%zu point%s with a history, %zu with a new regression; %zu with fewer than %d "
        "rows; %zu row%s not ok or not timed\n",
        h->count, plural(h->count), h->regressions, h->too_short, HISTORY_LEAST,
        h->left_out, plural(h->left_out));
  return ok;
}

static json_t *text_json(const row *r, int field) {
  return r->field[field].known ? json_text(r->field[field].text) : json_null();
}

static json_t *when_json(const row *r) {
  return json_pack("{s:o, s:o, s:o}", "label", text_json(r, ROW_label), "commit",
                   text_json(r, ROW_commit), "recorded_at",
                   text_json(r, ROW_recorded_at));
}

static json_t *step_json(const history_series *s, const history_step *step) {
  return json_pack("{s:I, s:o, s:o, s:f, s:f, s:f, s:f, s:b}", "row",
                   (json_int_t)step->at + 1, "last_before",
                   when_json(s->row[step->at - 1]), "first_after",
                   when_json(s->row[step->at]), "before_ns", step->before_ns, "after_ns",
                   step->after_ns, "step", step->after_ns / step->before_ns - 1,
                   "p_value", step->p_value, "regression", step->regression);
}

static json_t *series_json(const history_series *s) {
  static const int texts[] = {ROW_machine, ROW_kernel, ROW_stage, ROW_regime};
  static const int sizes[] = {ROW_seed,     ROW_batch,  ROW_seq_len, ROW_heads,
                              ROW_head_dim, ROW_tile_q, ROW_tile_k,  ROW_threads};
  json_t *out = json_object(), *steps = json_array();
  bool ok = true;
  for (size_t i = 0; i < sizeof texts / sizeof *texts && ok; i++)
    ok = json_object_set_new(out, row_fields[texts[i]].name,
                             text_json(s->row[0], texts[i])) == 0;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes && ok; i++) {
    const value *v = &s->row[0]->field[sizes[i]];
    ok = json_object_set_new(out, row_fields[sizes[i]].name,
                             v->known ? json_integer(v->integer) : json_null()) == 0;
  }
  for (size_t i = 0; i < s->steps && ok; i++)
    ok = json_array_append_new(steps, step_json(s, &s->step[i])) == 0;
  ok = ok && json_object_set_new(out, "rows", json_integer((json_int_t)s->count)) == 0;
  ok = json_object_set_new(out, "steps", steps) == 0 && ok;
  if (ok) return out;
  json_decref(out);
  return NULL;
}

static bool print_json(const history *h, error *err) {
  json_t *series = json_array();
  bool ok = true;
  for (size_t i = 0; i < h->count && ok; i++)
    ok = json_array_append_new(series, series_json(&h->series[i])) == 0;
  json_t *document = json_pack(
      "{s:o, s:I, s:I, s:I}", "points", series, "regressions", (json_int_t)h->regressions,
      "too_short", (json_int_t)h->too_short, "left_out", (json_int_t)h->left_out);
  errno = 0;
  ok = ok && document && json_dumpf(document, stdout, JSON_INDENT(2)) == 0;
  putchar('\n');
  json_decref(document);
  return ok || error_set(err, "the history could not be written: %s",
                         errno ? strerror(errno) : "out of memory");
}

static double level_at(const history_series *s, size_t i, double whole) {
  double level = s->steps ? s->step[0].before_ns : whole;
  for (size_t k = 0; k < s->steps && s->step[k].at <= i; k++) level = s->step[k].after_ns;
  return level;
}

/* Size and first row of each step. */
static void put_marks(const history_series *s, trend_mark *out) {
  for (size_t i = 0; i < s->steps; i++) {
    const history_step *step = &s->step[i];
    const row *first = s->row[step->at];
    out[i].at = step->at;
    snprintf(out[i].text, sizeof out[i].text, "%+.1f %% from %.40s@%.40s",
             100 * (step->after_ns / step->before_ns - 1), text_of(first, ROW_label),
             text_of(first, ROW_commit));
  }
}

/* Times and levels of a series, into `room`, of twice its length, and marks of its steps.
 */
static trend trend_of(const history_series *s, const char *title, double *room,
                      trend_mark *marks) {
  for (size_t i = 0; i < s->count; i++)
    room[i] = room[s->count + i] = s->row[i]->field[ROW_time_ns].real;
  const double whole = median_of(s->count, room + s->count).median;
  for (size_t i = 0; i < s->count; i++) room[s->count + i] = level_at(s, i, whole);
  put_marks(s, marks);
  return (trend){.title = title,
                 .time_ns = room,
                 .level_ns = room + s->count,
                 .count = s->count,
                 .mark = marks,
                 .marks = s->steps};
}

/* The series that step, or all where none does; PANELS_MAX at most. */
static bool plot(const history *h, const char *path, error *err) {
  trend trends[PANELS_MAX];
  static char titles[PANELS_MAX][TEXT_SIZE];
  size_t count = 0, rows_in_all = 0, used = 0, stepping = 0, steps = 0, marked = 0;
  for (size_t i = 0; i < h->count; i++) {
    rows_in_all += h->series[i].count;
    stepping += h->series[i].steps > 0;
    steps += h->series[i].steps;
  }
  double *room = calloc(2 * rows_in_all + 1, sizeof *room);
  trend_mark *marks = calloc(steps + 1, sizeof *marks);
  bool ok = (room && marks) || error_set(err, "%s: out of memory", path);
  for (size_t i = 0; ok && i < h->count && count < PANELS_MAX; i++) {
    const history_series *s = &h->series[i];
    if (stepping && !s->steps) continue;
    point_text(s->row[0], titles[count]);
    trends[count] = trend_of(s, titles[count], room + used, marks + marked);
    used += 2 * s->count;
    marked += s->steps;
    count++;
  }
  ok = ok && trend_plot(trends, count, path, err);
  free(room);
  free(marks);
  return ok;
}

static int show(const history_arguments *a, const history *h) {
  error err;
  const table_style text = table_wants_colour(stdout) ? TABLE_COLOUR : TABLE_TEXT;
  if (!h->count)
    return cli_fail(
        &cli_history, EXIT_LITTLE,
        "%s: no point has %d rows that are ok and timed; sweep with a --label "
        "for each commit",
        a->db, HISTORY_LEAST);
  const bool ok = a->format == 2
                      ? print_json(h, &err)
                      : print_table(h, a->format == 1 ? TABLE_MARKDOWN : text, &err);
  if (!ok || (a->plot && !plot(h, a->plot, &err)))
    return cli_fail(&cli_history, EXIT_USAGE, "%s", err.text);
  return cli_finish(&cli_history, h->regressions ? EXIT_REGRESSION : EXIT_FINE);
}

static int show_database(const history_arguments *a) {
  rows all = {0};
  history h = {0};
  error err;
  int code;
  if (!store_read_rows(a->db, STORE_EVERY_BUILD, a->where, &all, &err))
    code = cli_fail(&cli_history, EXIT_USAGE, "%s", err.text);
  else if (!all.count)
    code = cli_fail(&cli_history, EXIT_LITTLE, "%s: no row%s", a->db,
                    a->where ? " matches --where" : "");
  else if (!history_make(&all, a->min_step_percent / 100, a->newest, &h, &err))
    code = cli_fail(&cli_history, EXIT_USAGE, "%s: %s", a->db, err.text);
  else
    code = show(a, &h);
  history_free(&h);
  rows_free(&all);
  return code;
}

static bool ends_in_svg(const char *path) {
  const size_t length = strlen(path);
  return length > 4 && !strcmp(path + length - 4, ".svg");
}

static int run(int argc, char **argv) {
  history_arguments a = {.min_step_percent = 2, .newest = 10};
  const cli_option options[] = {
      {"db", CLI_TEXT, &a.db, "FILE", "results database", NULL},
      {"where", CLI_TEXT, &a.where, "SQL",
       "which rows: an SQL expression over the fields", NULL},
      {"min-step", CLI_PERCENT, &a.min_step_percent, "PERCENT",
       "smaller steps are left out, default 2", NULL},
      {"newest", CLI_SIZE, &a.newest, "N",
       "a step to slower is new where it begins among the last N rows, default 10", NULL},
      {"plot", CLI_TEXT, &a.plot, "FILE.svg", "draw the points that step", NULL},
      {"format", CLI_CHOICE, &a.format, "FORMAT", "default table", formats},
      {0}};
  cli_list words = {0};
  const cli_parsed parsed = cli_parse(&cli_history, options, argc, argv, &words);
  int code = parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  if (parsed == CLI_GO && words.count)
    cli_fail(&cli_history, EXIT_USAGE,
             "unexpected word '%s'; a database is named by --db", words.item[0]);
  else if (parsed == CLI_GO && a.plot && !ends_in_svg(a.plot))
    cli_fail(&cli_history, EXIT_USAGE, "--plot '%s' is not FILE.svg: it draws SVG alone",
             a.plot);
  else if (parsed == CLI_GO && !a.db)
    cli_fail(&cli_history, EXIT_USAGE, "--db FILE is needed");
  else if (parsed == CLI_GO)
    code = show_database(&a);
  cli_list_free(&words);
  return code;
}

const cli_command cli_history = {
    .name = "history",
    .summary = "how times went over labels and commits, and where they stepped",
    .usage = "--db FILE [--where SQL] [--plot FILE.svg] [options]",
    .details =
        "A point's rows of every label and build, a machine at a time, in the order "
        "they\n"
        "were recorded: where its level changes, between which two labels and commits, "
        "and\n"
        "by how much. docs/history.md says how that is found and how surely.\n\n"
        "  linkv history --db results/nightly.db\n"
        "  linkv history --db results/nightly.db --plot history.svg --format md\n\n"
        "Exit status 1: some point has a new regression; 4: none has a history.",
    .run = run,
};
