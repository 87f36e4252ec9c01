#include "compare_print.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "json_values.h"
#include "plural.h"
#include "table.h"
#include "whole_file.h"

const char *compare_word(const compare_point *p) {
  if (!p->head) return "only in base";
  return p->base ? compare_verdict_names[p->verdict] : "only in head";
}

static double time_of(const row *r) {
  return r && r->field[ROW_time_ns].known ? r->field[ROW_time_ns].real : NAN;
}

void compare_line(const compare_point *p, char line[COMPARE_LINE_SIZE]) {
  int used = snprintf(line, COMPARE_LINE_SIZE, "%s", compare_word(p));
  if (p->verdict != COMPARE_UNTIMED)
    used += snprintf(line + used, COMPARE_LINE_SIZE - (size_t)used,
                     ", ratio %.4f in [%.4f, %.4f]", p->ratio.estimate, p->ratio.low,
                     p->ratio.high);
  if (*p->reason)
    snprintf(line + used, COMPARE_LINE_SIZE - (size_t)used, "; %s", p->reason);
}

static table_tone tone_of(const compare_point *p, unsigned faults) {
  if (p->faults & faults) return TABLE_BAD;
  if (p->verdict == COMPARE_UNSURE || p->faults) return TABLE_DOUBTFUL;
  return p->verdict == COMPARE_FASTER ? TABLE_GOOD : TABLE_PLAIN;
}

static bool add_point(table *t, const compare_point *p, unsigned faults, error *err) {
  char name[COMPARE_NAME_SIZE], base[FORMAT_SIZE], head[FORMAT_SIZE], ratio[FORMAT_SIZE],
      range[2 * FORMAT_SIZE], chance[FORMAT_SIZE], low[FORMAT_SIZE], high[FORMAT_SIZE];
  const bool timed = p->verdict != COMPARE_UNTIMED;
  compare_name(p, name);
  snprintf(range, sizeof range, "%s–%s", format_fixed(p->ratio.low, 3, low),
           format_fixed(p->ratio.high, 3, high));
  const char *cells[] = {name,
                         format_time_ns(time_of(p->base), base),
                         format_time_ns(time_of(p->head), head),
                         timed ? format_fixed(p->ratio.estimate, 3, ratio) : NULL,
                         timed ? range : NULL,
                         timed ? format_digits(p->p_value, chance) : NULL,
                         compare_word(p),
                         p->reason};
  bool ok = true;
  for (size_t i = 0; i < sizeof cells / sizeof *cells && ok; i++)
    ok = table_add(t, cells[i], tone_of(p, faults), err);
  return ok;
}

void compare_put_counts(const comparison *c, unsigned faults, FILE *out) {
  const char *before = "; ";
  fprintf(out, "%zu point%s in both: ", c->both, plural(c->both));
  for (int v = COMPARE_SAME; v < COMPARE_VERDICTS; v++)
    fprintf(out, "%zu %s, ", c->by_verdict[v], compare_verdict_names[v]);
  fprintf(out, "%zu not timed; %zu only in base, %zu only in head",
          c->by_verdict[COMPARE_UNTIMED], c->base_only, c->head_only);
  for (int f = 0; f < COMPARE_FAULTS; f++)
    if ((faults >> f & 1u) && c->by_fault[f]) {
      fprintf(out, "%s%zu %s", before, c->by_fault[f], compare_fault_names[f]);
      before = ", ";
    }
  if (*before == ',') fputs(": fails", out);
}

/* Paragraphs of their own in Markdown, which joins lines. */
static bool put_table(const comparison *c, const compare_options *o, table_style style,
                      FILE *out, error *err) {
  static const table_column columns[] = {
      {"point", TABLE_LEFT},        {"base", TABLE_RIGHT},    {"head", TABLE_RIGHT},
      {"head / base", TABLE_RIGHT}, {"interval", TABLE_LEFT}, {"p", TABLE_RIGHT},
      {"verdict", TABLE_LEFT},      {"", TABLE_LEFT}};
  table t;
  bool ok = true;
  table_make(&t, columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < c->count && ok; i++)
    ok = add_point(&t, &c->point[i], o->faults, err);
  ok = ok && table_print(&t, out, style, err);
  table_free(&t);
  if (!ok) return false;
  const char *before = style == TABLE_MARKDOWN ? "\n" : "";
  if (o->rule.shares)
    fprintf(out, "%sratios are of shares of each machine's own measured peak\n", before);
  fputs(before, out);
  compare_put_counts(c, o->faults, out);
  fputc('\n', out);
  if (c->timed > 1)
    fprintf(
        out,
        "%shead takes %.4f of base's time, geometric mean of %zu points [%.4f, %.4f]\n",
        before, c->mean.estimate, c->timed, c->mean.low, c->mean.high);
  return true;
}

static json_t *interval_json(const interval *i, bool known) {
  if (!known) return json_null();
  return json_pack("{s:o, s:o, s:o, s:f}", "estimate", json_number(i->estimate), "low",
                   json_number(i->low), "high", json_number(i->high), "coverage",
                   i->coverage);
}

static json_t *faults_json(unsigned faults) {
  json_t *list = json_array();
  for (int f = 0; f < COMPARE_FAULTS; f++)
    if (faults >> f & 1u)
      json_array_append_new(list, json_string(compare_fault_names[f]));
  return list;
}

static json_t *point_json(const compare_point *p) {
  char name[COMPARE_NAME_SIZE];
  const bool timed = p->verdict != COMPARE_UNTIMED;
  compare_name(p, name);
  return json_pack("{s:o, s:s, s:o, s:o, s:f, s:o, s:o, s:b, s:I, s:I, s:o, s:o}", "name",
                   json_text(name), "verdict", compare_word(p), "ratio",
                   interval_json(&p->ratio, timed), "p_value",
                   timed ? json_number(p->p_value) : json_null(), "floor", p->floor,
                   "base_ns", json_number(time_of(p->base)), "head_ns",
                   json_number(time_of(p->head)), "paired", p->paired, "base_repetitions",
                   (json_int_t)(p->base ? p->base->samples : 0), "head_repetitions",
                   (json_int_t)(p->head ? p->head->samples : 0), "faults",
                   faults_json(p->faults), "reason", json_text(p->reason));
}

static bool put_json(const comparison *c, const compare_options *o, FILE *out,
                     error *err) {
  json_t *points = json_array();
  bool ok = true;
  for (size_t i = 0; i < c->count && ok; i++)
    ok = json_array_append_new(points, point_json(&c->point[i])) == 0;
  json_t *document = json_pack(
      "{s:o, s:I, s:I, s:I, s:o, s:f, s:f, s:f, s:b, s:o, s:b, s:i}", "points", points,
      "both", (json_int_t)c->both, "base_only", (json_int_t)c->base_only, "head_only",
      (json_int_t)c->head_only, "mean", interval_json(&c->mean, c->timed > 0), "margin",
      o->rule.margin, "floor", o->rule.floor, "level", o->rule.level, "shares_of_peak",
      o->rule.shares, "fail_on", faults_json(o->faults), "fails",
      compare_fails(c, o->faults), "exit", compare_exit(c, o->faults));
  errno = 0;
  ok = ok && document && json_dumpf(document, out, JSON_INDENT(2)) == 0;
  fputc('\n', out);
  json_decref(document);
  return ok || error_set(err, "the comparison could not be written: %s",
                         errno ? strerror(errno) : "out of memory");
}

static bool put(const comparison *c, const compare_options *o, compare_format format,
                FILE *out, error *err) {
  switch (format) {
    case COMPARE_TABLE:
      return put_table(c, o, table_wants_colour(out) ? TABLE_COLOUR : TABLE_TEXT, out,
                       err);
    case COMPARE_MD:
      return put_table(c, o, TABLE_MARKDOWN, out, err);
    case COMPARE_JSON:
      return put_json(c, o, out, err);
    case COMPARE_JUNIT:
      return compare_junit(c, o->faults, out, err);
    case COMPARE_GITHUB:
      compare_github(c, o->faults, out);
      return true;
  }
  return false;
}

static bool write_report(const comparison *c, const compare_options *o,
                         const char *report, error *err) {
  compare_format format;
  const char *path = compare_report_file(report, &format);
  whole_file file;
  if (!whole_file_open(&file, path, err)) return false;
  if (put(c, o, format, file.stream, err)) return whole_file_commit(&file, err);
  whole_file_discard(&file);
  return false;
}

bool compare_print(const comparison *c, const compare_options *o, error *err) {
  bool ok = put(c, o, (compare_format)o->format, stdout, err);
  for (size_t i = 0; i < o->reports.count && ok; i++)
    ok = write_report(c, o, o->reports.item[i], err);
  return ok;
}
