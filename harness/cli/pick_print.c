#include "pick_print.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "format.h"
#include "json_values.h"

enum { TEXT_SIZE = 256, MARK_COLUMN = 4, COLUMNS = 11 };

static void put_size(const row *r, int field, char text[FORMAT_SIZE]) {
  const value *v = &r->field[field];
  snprintf(text, FORMAT_SIZE, v->known ? "%" PRId64 : FORMAT_NULL, v->integer);
}

static void shape_text(const row *r, char text[TEXT_SIZE]) {
  char b[FORMAT_SIZE], t[FORMAT_SIZE], h[FORMAT_SIZE], d[FORMAT_SIZE];
  put_size(r, ROW_batch, b);
  put_size(r, ROW_seq_len, t);
  put_size(r, ROW_heads, h);
  put_size(r, ROW_head_dim, d);
  snprintf(text, TEXT_SIZE, "%s×%s×%s×%s", b, t, h, d);
}

static void tiles_text(const row *r, char text[TEXT_SIZE]) {
  char q[FORMAT_SIZE], k[FORMAT_SIZE];
  put_size(r, ROW_tile_q, q);
  put_size(r, ROW_tile_k, k);
  const bool tiled = r->field[ROW_tile_q].known || r->field[ROW_tile_k].known;
  snprintf(text, TEXT_SIZE, tiled ? "%s×%s" : FORMAT_NULL, q, k);
}

static const char *mark_of(const pick_candidate *c) {
  if (c->chosen) return "pick";
  if (c->tied) return "tie";
  return c->front ? "front" : NULL;
}

static bool add_candidate(table *t, const pick_shape *s, const pick_candidate *c,
                          error *err) {
  char shape[TEXT_SIZE], tiles[TEXT_SIZE], threads[FORMAT_SIZE], time[FORMAT_SIZE],
      spread[FORMAT_SIZE], more[FORMAT_SIZE], bytes[FORMAT_SIZE], rel[FORMAT_SIZE];
  const row *r = c->row;
  shape_text(r, shape);
  tiles_text(r, tiles);
  put_size(r, ROW_threads, threads);
  format_fixed(50 * (c->high_ns - c->low_ns) / c->time_ns, 1, spread);
  format_fixed(100 * (c->time_ns / s->candidate[0].time_ns - 1), 1, more);
  snprintf(rel, sizeof rel, "%.1e", c->error);
  const char *cells[COLUMNS] = {r->field[ROW_stage].text,
                                r->field[ROW_operand_type].text,
                                shape,
                                threads,
                                mark_of(c),
                                r->field[ROW_kernel].text,
                                tiles,
                                format_time_ns(c->time_ns, time),
                                spread,
                                more,
                                format_bytes(c->bytes, bytes)};
  bool ok = true;
  for (size_t i = 0; i < COLUMNS && ok; i++)
    ok = table_add(t, cells[i], c->chosen && i == MARK_COLUMN ? TABLE_GOOD : TABLE_PLAIN,
                   err);
  return ok && table_add(t, rel, TABLE_PLAIN, err);
}

bool pick_print_table(const picks *p, FILE *out, table_style style, error *err) {
  static const table_column columns[] = {
      {"stage", TABLE_LEFT},    {"type", TABLE_LEFT},
      {"B×T×H×d", TABLE_RIGHT}, {"threads", TABLE_RIGHT},
      {"", TABLE_LEFT},         {"kernel", TABLE_LEFT},
      {"tiles", TABLE_RIGHT},   {"time", TABLE_RIGHT},
      {"±%", TABLE_RIGHT},      {"slower by %", TABLE_RIGHT},
      {"memory", TABLE_RIGHT},  {"max rel err", TABLE_RIGHT}};
  table t;
  bool ok = true;
  table_make(&t, columns, sizeof columns / sizeof *columns);
  for (size_t s = 0; s < p->shapes && ok; s++)
    for (size_t i = 0; i < p->shape[s].count && ok; i++) {
      const pick_candidate *c = &p->shape[s].candidate[i];
      if (mark_of(c)) ok = add_candidate(&t, &p->shape[s], c, err);
    }
  ok = ok && table_print(&t, out, style, err);
  table_free(&t);
  return ok;
}

static json_t *integer_of(const row *r, int field) {
  const value *v = &r->field[field];
  return v->known ? json_integer(v->integer) : json_null();
}

static json_t *text_of(const row *r, int field) {
  const value *v = &r->field[field];
  return v->known ? json_text(v->text) : json_null();
}

static json_t *candidate_json(const pick_candidate *c) {
  const row *r = c->row;
  return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:b}", "kernel",
                   text_of(r, ROW_kernel), "tile_q", integer_of(r, ROW_tile_q), "tile_k",
                   integer_of(r, ROW_tile_k), "time_ns", json_number(c->time_ns),
                   "time_ns_low", json_number(c->low_ns), "time_ns_high",
                   json_number(c->high_ns), "bytes", json_number(c->bytes), "max_rel_err",
                   json_number(c->error), "front", c->front, "tied", c->tied, "chosen",
                   c->chosen);
}

static json_t *shape_json(const pick_shape *s) {
  static const int axes[] = {ROW_batch, ROW_seq_len, ROW_heads, ROW_head_dim,
                             ROW_threads};
  const row *r = s->chosen->row;
  json_t *candidates = json_array();
  bool ok = true;
  for (size_t i = 0; i < s->count && ok; i++)
    ok = json_array_append_new(candidates, candidate_json(&s->candidate[i])) == 0;
  json_t *out = json_pack("{s:o, s:o}", "stage", text_of(r, ROW_stage), "operand_type",
                          text_of(r, ROW_operand_type));
  for (size_t i = 0; i < sizeof axes / sizeof *axes && ok; i++)
    ok = json_object_set_new(out, row_fields[axes[i]].name, integer_of(r, axes[i])) == 0;
  ok = json_object_set_new(out, "candidates", candidates) == 0 && ok;
  if (ok) return out;
  json_decref(out);
  return NULL;
}

bool pick_print_json(const picks *p, FILE *out, error *err) {
  json_t *shapes = json_array();
  bool ok = true;
  for (size_t i = 0; i < p->shapes && ok; i++)
    ok = json_array_append_new(shapes, shape_json(&p->shape[i])) == 0;
  errno = 0;
  ok = ok && json_dumpf(shapes, out, JSON_INDENT(2)) == 0;
  fputc('\n', out);
  json_decref(shapes);
  if (ok && !fflush(out) && !ferror(out)) return true;
  return error_set(err, "the picks could not be written: %s",
                   errno ? strerror(errno) : "a write failed, or out of memory");
}
