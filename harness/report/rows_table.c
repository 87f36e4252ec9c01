#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "table.h"

enum { TEXT_MAX = 512 };

/* When a column that is the same in every row moves to the caption. */
typedef enum hoist { HOIST_NEVER, HOIST_MANY, HOIST_ALWAYS } hoist;

typedef struct view {
  const char *title;
  table_align align;
  hoist hoist;
  /* Writes the cell's text; leaves it empty where the row has none. */
  void (*text)(const row *r, char text[TEXT_MAX]);
} view;

static void put_text(const row *r, int field, char text[TEXT_MAX]) {
  if (r->field[field].known) snprintf(text, TEXT_MAX, "%s", r->field[field].text);
}

static void put_integer(const row *r, int field, const char *unknown,
                        char text[FORMAT_SIZE]) {
  const value *v = &r->field[field];
  snprintf(text, FORMAT_SIZE, "%s", unknown);
  if (v->known) snprintf(text, FORMAT_SIZE, "%" PRId64, v->integer);
}

static void kernel_text(const row *r, char text[TEXT_MAX]) {
  put_text(r, ROW_kernel, text);
}

static void stage_text(const row *r, char text[TEXT_MAX]) {
  put_text(r, ROW_stage, text);
}

static void regime_text(const row *r, char text[TEXT_MAX]) {
  put_text(r, ROW_regime, text);
}

static void label_text(const row *r, char text[TEXT_MAX]) {
  put_text(r, ROW_label, text);
}

static void machine_text(const row *r, char text[TEXT_MAX]) {
  put_text(r, ROW_machine, text);
}

static void verdict_text(const row *r, char text[TEXT_MAX]) {
  put_text(r, ROW_verdict, text);
}

static void threads_text(const row *r, char text[TEXT_MAX]) {
  put_integer(r, ROW_threads, "", text);
}

static void seed_text(const row *r, char text[TEXT_MAX]) {
  put_integer(r, ROW_seed, "", text);
}

static void shape_text(const row *r, char text[TEXT_MAX]) {
  char b[FORMAT_SIZE], t[FORMAT_SIZE], h[FORMAT_SIZE], d[FORMAT_SIZE];
  put_integer(r, ROW_batch, "?", b);
  put_integer(r, ROW_seq_len, "?", t);
  put_integer(r, ROW_heads, "?", h);
  put_integer(r, ROW_head_dim, "?", d);
  snprintf(text, TEXT_MAX, "%s×%s×%s×%s", b, t, h, d);
}

static void tiles_text(const row *r, char text[TEXT_MAX]) {
  if (!r->field[ROW_tile_q].known && !r->field[ROW_tile_k].known) return;
  char q[FORMAT_SIZE], k[FORMAT_SIZE];
  put_integer(r, ROW_tile_q, FORMAT_NULL, q);
  put_integer(r, ROW_tile_k, FORMAT_NULL, k);
  snprintf(text, TEXT_MAX, "%s×%s", q, k);
}

static void time_text(const row *r, char text[TEXT_MAX]) {
  if (r->field[ROW_time_ns].known) format_time_ns(r->field[ROW_time_ns].real, text);
}

static void spread_text(const row *r, char text[TEXT_MAX]) {
  const value *v = &r->field[ROW_half_width];
  if (v->known) format_fixed(v->real, 1, text);
}

/* "9", or "9, 2 discarded, 1 disturbed". */
static void repetitions_text(const row *r, char text[TEXT_MAX]) {
  const value *discarded = &r->field[ROW_discarded];
  const value *disturbed = &r->field[ROW_disturbed];
  char count[FORMAT_SIZE], thrown[2 * FORMAT_SIZE] = "", kept[2 * FORMAT_SIZE] = "";
  put_integer(r, ROW_repetitions, "", count);
  if (discarded->known && discarded->integer)
    snprintf(thrown, sizeof thrown, ", %" PRId64 " discarded", discarded->integer);
  if (disturbed->known && disturbed->integer)
    snprintf(kept, sizeof kept, ", %" PRId64 " disturbed", disturbed->integer);
  snprintf(text, TEXT_MAX, "%s%s%s", count, thrown, kept);
}

static void gflops_text(const row *r, char text[TEXT_MAX]) {
  if (r->field[ROW_gflops].known) format_digits(r->field[ROW_gflops].real, text);
}

static void peak_text(const row *r, char text[TEXT_MAX]) {
  const value *share = &r->field[ROW_share_of_peak];
  if (share->known) format_fixed(100 * share->real, 1, text);
}

static void memory_text(const row *r, char text[TEXT_MAX]) {
  const value *bytes = &r->field[ROW_peak_bytes];
  if (bytes->known) format_bytes((double)bytes->integer, text);
}

static void error_text(const row *r, char text[TEXT_MAX]) {
  const value *v = &r->field[ROW_max_rel_err];
  if (v->known) snprintf(text, TEXT_MAX, "%.1e", v->real);
}

static void r_text(const row *r, char text[TEXT_MAX]) {
  const value *v = &r->field[ROW_r_stat_max];
  if (v->known) format_digits(v->real, text);
}

static bool is_ok(const row *r) {
  return r->field[ROW_status].known && !strcmp(r->field[ROW_status].text, "ok");
}

static void status_text(const row *r, char text[TEXT_MAX]) {
  const value *status = &r->field[ROW_status], *reason = &r->field[ROW_reason];
  if (!status->known) return;
  bool explained = !is_ok(r) && reason->known && *reason->text;
  snprintf(text, TEXT_MAX, "%s%s%s", status->text, explained ? ": " : "",
           explained ? reason->text : "");
}

static const view views[] = {
    {"kernel", TABLE_LEFT, HOIST_MANY, kernel_text},
    {"stage", TABLE_LEFT, HOIST_ALWAYS, stage_text},
    {"B×T×H×d", TABLE_RIGHT, HOIST_MANY, shape_text},
    {"tiles", TABLE_RIGHT, HOIST_MANY, tiles_text},
    {"threads", TABLE_RIGHT, HOIST_ALWAYS, threads_text},
    {"regime", TABLE_LEFT, HOIST_ALWAYS, regime_text},
    {"seed", TABLE_RIGHT, HOIST_ALWAYS, seed_text},
    {"time", TABLE_RIGHT, HOIST_NEVER, time_text},
    {"±%", TABLE_RIGHT, HOIST_NEVER, spread_text},
    {"repetitions", TABLE_RIGHT, HOIST_ALWAYS, repetitions_text},
    {"GFlop/s", TABLE_RIGHT, HOIST_NEVER, gflops_text},
    {"peak%", TABLE_RIGHT, HOIST_NEVER, peak_text},
    {"memory", TABLE_RIGHT, HOIST_NEVER, memory_text},
    {"max rel err", TABLE_RIGHT, HOIST_NEVER, error_text},
    {"r", TABLE_RIGHT, HOIST_NEVER, r_text},
    {"verdict", TABLE_LEFT, HOIST_MANY, verdict_text},
    {"label", TABLE_LEFT, HOIST_ALWAYS, label_text},
    {"machine", TABLE_LEFT, HOIST_ALWAYS, machine_text},
    {"status", TABLE_LEFT, HOIST_MANY, status_text},
};

enum { VIEWS = sizeof views / sizeof *views };

static void view_text(size_t v, const row *r, char text[TEXT_MAX]) {
  *text = 0;
  views[v].text(r, text);
}

static bool is_constant(const rows *all, size_t v) {
  char first[TEXT_MAX], other[TEXT_MAX];
  view_text(v, &all->row[0], first);
  for (size_t i = 1; i < all->count; i++) {
    view_text(v, &all->row[i], other);
    if (strcmp(first, other) != 0) return false;
  }
  return true;
}

static bool is_hoisted(const rows *all, size_t v) {
  if (views[v].hoist == HOIST_NEVER || !all->count) return false;
  if (views[v].hoist == HOIST_MANY && all->count < 2) return false;
  return is_constant(all, v);
}

/* One line "stage attention, threads 4"; nothing where no hoisted column has a text. */
static void print_caption(const rows *all, const bool *hoisted, FILE *out,
                          table_style style) {
  bool any = false;
  for (size_t v = 0; v < VIEWS; v++) {
    char text[TEXT_MAX];
    if (!hoisted[v]) continue;
    view_text(v, &all->row[0], text);
    if (!*text) continue;
    fputs(any ? ", " : style == TABLE_LATEX ? "% " : "", out);
    table_put_text(views[v].title, out, style);
    fputc(' ', out);
    table_put_text(text, out, style);
    any = true;
  }
  if (any) fputs(style == TABLE_MARKDOWN ? "\n\n" : "\n", out);
}

static table_tone tone_of(const row *r) {
  static const char *const bad[] = {"wrong", "crashed", "timeout", "out_of_memory"};
  if (is_ok(r) || !r->field[ROW_status].known) return TABLE_PLAIN;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (!strcmp(r->field[ROW_status].text, bad[i])) return TABLE_BAD;
  return TABLE_DOUBTFUL;
}

static bool add_row(table *t, const row *r, const bool *hoisted, error *err) {
  table_tone tone = tone_of(r);
  bool ok = true;
  for (size_t v = 0; v < VIEWS && ok; v++) {
    char text[TEXT_MAX];
    if (hoisted[v]) continue;
    view_text(v, r, text);
    bool is_status = views[v].text == status_text || views[v].text == verdict_text;
    ok = table_add(t, *text ? text : NULL, is_status ? tone : TABLE_PLAIN, err);
  }
  return ok;
}

bool report_rows_table(const rows *all, FILE *out, table_style style, error *err) {
  table_column columns[VIEWS];
  bool hoisted[VIEWS];
  size_t count = 0;
  for (size_t v = 0; v < VIEWS; v++) {
    hoisted[v] = is_hoisted(all, v);
    if (!hoisted[v]) columns[count++] = (table_column){views[v].title, views[v].align};
  }
  table t;
  table_make(&t, columns, count);
  bool ok = true;
  for (size_t i = 0; i < all->count && ok; i++)
    ok = add_row(&t, &all->row[i], hoisted, err);
  if (ok) print_caption(all, hoisted, out, style);
  ok = ok && table_print(&t, out, style, err);
  table_free(&t);
  return ok;
}

static bool add_value(table *t, const row *r, int field, error *err) {
  char number[FORMAT_SIZE];
  const value *v = &r->field[field];
  const char *text = v->text;
  if (row_fields[field].kind == VALUE_INTEGER)
    snprintf(number, sizeof number, "%" PRId64, v->integer);
  else if (row_fields[field].kind == VALUE_REAL)
    format_real(v->real, number);
  if (row_fields[field].kind != VALUE_TEXT) text = number;
  const bool told = field == ROW_status || field == ROW_verdict;
  return table_add(t, v->known ? text : NULL, told ? tone_of(r) : TABLE_PLAIN, err);
}

bool report_columns_table(const rows *all, const row_columns *chosen, FILE *out,
                          table_style style, error *err) {
  table_column titles[ROW_FIELDS];
  table t;
  bool ok = true;
  for (size_t c = 0; c < chosen->count; c++) {
    const row_field *f = &row_fields[chosen->field[c]];
    titles[c] = (table_column){f->name, f->kind == VALUE_TEXT ? TABLE_LEFT : TABLE_RIGHT};
  }
  table_make(&t, titles, chosen->count);
  for (size_t i = 0; ok && i < all->count; i++)
    for (size_t c = 0; ok && c < chosen->count; c++)
      ok = add_value(&t, &all->row[i], chosen->field[c], err);
  ok = ok && table_print(&t, out, style, err);
  table_free(&t);
  return ok;
}
