#include "dry_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes_text.h"
#include "estimate.h"
#include "memory_need.h"
#include "plural.h"
#include "table.h"

enum {
  KERNEL,
  STAGE,
  REGIME,
  SEED,
  BATCH,
  SEQ_LEN,
  HEADS,
  HEAD_DIM,
  TILE_Q,
  TILE_K,
  THREADS,
  AXIS_COLUMNS,
  LEFT = AXIS_COLUMNS,
  TIME,
  MEMORY,
  NOTE,
  COLUMNS
};

static const table_column titles[COLUMNS] = {
    {"kernel", TABLE_LEFT},  {"stage", TABLE_LEFT},    {"regime", TABLE_LEFT},
    {"seed", TABLE_RIGHT},   {"B", TABLE_RIGHT},       {"T", TABLE_RIGHT},
    {"H", TABLE_RIGHT},      {"d", TABLE_RIGHT},       {"tile_q", TABLE_RIGHT},
    {"tile_k", TABLE_RIGHT}, {"threads", TABLE_RIGHT}, {"repetitions", TABLE_RIGHT},
    {"time", TABLE_RIGHT},   {"memory", TABLE_RIGHT},  {"", TABLE_LEFT}};

enum { CELL_SIZE = 192 };

typedef char cells[COLUMNS][CELL_SIZE];

static void put_number(char cell[CELL_SIZE], uint64_t number, bool known) {
  if (known)
    snprintf(cell, CELL_SIZE, "%llu", (unsigned long long)number);
  else
    snprintf(cell, CELL_SIZE, "-");
}

/* "0.3 s", "2 min 10 s"; a guess begins with "~". */
static void put_time(char cell[CELL_SIZE], const point_forecast *f) {
  char text[32];
  if (f->seconds < 10)
    snprintf(text, sizeof text, "%.1f s", f->seconds);
  else
    duration_text(f->seconds, text, sizeof text);
  snprintf(cell, CELL_SIZE, "%s%s", f->guessed ? "~" : "", text);
}

static double memory_of(const point *p) {
  const memory_need need = memory_need_of(p);
  return need.tensors_bytes + need.workspace_bytes;
}

static void put_memory(char cell[CELL_SIZE], double bytes) {
  char text[BYTES_TEXT_SIZE];
  if (bytes < (double)SIZE_MAX)
    snprintf(cell, CELL_SIZE, "%s", bytes_text((size_t)bytes, text));
  else
    snprintf(cell, CELL_SIZE, "too much");
}

static void put_point(cells line, const point *p, const point_forecast *f) {
  const lkv_problem *q = &p->problem;
  snprintf(line[KERNEL], CELL_SIZE, "%s", p->kernel->name);
  snprintf(line[STAGE], CELL_SIZE, "%s", lkv_stage_name(p->stage));
  snprintf(line[REGIME], CELL_SIZE, "%s", p->regime);
  put_number(line[SEED], p->seed, true);
  put_number(line[BATCH], q->batch, true);
  put_number(line[SEQ_LEN], q->seq_len, true);
  put_number(line[HEADS], q->heads, true);
  put_number(line[HEAD_DIM], q->head_dim, true);
  put_number(line[TILE_Q], q->tile_q, q->tile_q > 0);
  put_number(line[TILE_K], q->tile_k, q->tile_k > 0);
  put_number(line[THREADS], p->threads, true);
  put_number(line[LEFT], f->repetitions, f->repetitions > 0);
  *line[NOTE] = 0;
  if (f->repetitions)
    put_time(line[TIME], f);
  else
    snprintf(line[TIME], CELL_SIZE, "-");
  put_memory(line[MEMORY], memory_of(p));
  if (*f->skipped)
    snprintf(line[NOTE], CELL_SIZE, "skipped: %s", f->skipped);
  else if (!f->repetitions)
    snprintf(line[NOTE], CELL_SIZE, "complete");
}

/* Axes that are the same everywhere stand above the table. */
static void print_caption(cells *line, const bool *same) {
  const char *before = "Everywhere: ";
  for (int c = 0; c < AXIS_COLUMNS; c++) {
    if (!same[c] || !strcmp(line[0][c], "-")) continue;
    printf("%s%s = %s", before, titles[c].title, line[0][c]);
    before = ", ";
  }
  if (*before == ',') puts("\n");
}

static bool print_table(cells *line, size_t count, const sweep_forecast *f, error *err) {
  table_column shown[COLUMNS];
  bool same[COLUMNS] = {false};
  size_t columns = 0;
  table t;
  for (int c = 0; c < AXIS_COLUMNS; c++) {
    same[c] = count > 1 && c != KERNEL;
    for (size_t i = 1; i < count && same[c]; i++)
      same[c] = !strcmp(line[i][c], line[0][c]);
  }
  for (int c = 0; c < COLUMNS; c++)
    if (!same[c]) shown[columns++] = titles[c];
  print_caption(line, same);
  table_make(&t, shown, columns);
  bool ok = true;
  for (size_t i = 0; ok && i < count; i++)
    for (int c = 0; ok && c < COLUMNS; c++)
      ok = same[c] || table_add(&t, line[i][c],
                                *f->each[i].skipped ? TABLE_DOUBTFUL : TABLE_PLAIN, err);
  ok = ok && table_print(&t, stdout,
                         table_wants_colour(stdout) ? TABLE_COLOUR : TABLE_TEXT, err);
  table_free(&t);
  return ok;
}

static double largest_memory(const plan *p, const sweep_forecast *f) {
  double most = 0;
  for (size_t i = 0; i < p->count; i++)
    if (f->each[i].repetitions) most = fmax(most, memory_of(&p->point[i]));
  return most;
}

static void print_total(const plan *p, const sweep_forecast *f) {
  char time[32], memory[CELL_SIZE];
  printf("\n%zu point%s, %zu of them complete", f->points, plural(f->points),
         f->complete);
  if (f->skipped) printf(", %zu to be skipped", f->skipped);
  printf("; %zu repetition%s to run, about %s", f->repetitions, plural(f->repetitions),
         duration_text(f->seconds, time, sizeof time));
  if (f->guessed)
    printf(" (~ a guess for %zu of them: their kernels have no time in the database yet)",
           f->guessed);
  put_memory(memory, largest_memory(p, f));
  printf("; up to %s of inputs, output and workspace", memory);
  if (f->memory_limit) {
    put_memory(memory, (double)f->memory_limit);
    printf(", limit %s", memory);
  }
  putchar('\n');
}

bool dry_run_print(const plan *p, const sweep_forecast *f, error *err) {
  cells *line = calloc(p->count, sizeof *line);
  if (!line) return error_set(err, "out of memory for the plan");
  for (size_t i = 0; i < p->count; i++) put_point(line[i], &p->point[i], &f->each[i]);
  const bool ok = print_table(line, p->count, f, err);
  free(line);
  if (ok) print_total(p, f);
  return ok;
}

static json_t *count_or_null(size_t count) {
  return count ? json_integer((json_int_t)count) : json_null();
}

static json_t *real_or_null(double real) {
  return isfinite(real) ? json_real(real) : json_null();
}

static json_t *point_json(const point *p, const point_forecast *f) {
  const lkv_problem *q = &p->problem;
  const memory_need need = memory_need_of(p);
  return json_pack(
      "{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:I, s:I, s:f, s:b, s:o, s:o, "
      "s:s?}",
      "kernel", p->kernel->name, "stage", lkv_stage_name(p->stage), "regime", p->regime,
      "seed", (json_int_t)p->seed, "batch", (json_int_t)q->batch, "seq_len",
      (json_int_t)q->seq_len, "heads", (json_int_t)q->heads, "head_dim",
      (json_int_t)q->head_dim, "tile_q", count_or_null(q->tile_q), "tile_k",
      count_or_null(q->tile_k), "threads", (json_int_t)p->threads, "repetitions",
      (json_int_t)f->repetitions, "seconds", f->seconds, "guessed", f->guessed,
      "tensors_bytes", real_or_null(need.tensors_bytes), "workspace_bytes",
      real_or_null(need.workspace_bytes), "skipped", *f->skipped ? f->skipped : NULL);
}

json_t *dry_run_json(const plan *p, const sweep_forecast *f) {
  json_t *points = json_array();
  bool ok = points != NULL;
  for (size_t i = 0; ok && i < p->count; i++)
    ok = json_array_append_new(points, point_json(&p->point[i], &f->each[i])) == 0;
  if (!ok) {
    json_decref(points);
    return NULL;
  }
  return json_pack("{s:I, s:I, s:I, s:I, s:I, s:f, s:o}", "points", (json_int_t)f->points,
                   "complete", (json_int_t)f->complete, "skipped", (json_int_t)f->skipped,
                   "repetitions", (json_int_t)f->repetitions, "guessed",
                   (json_int_t)f->guessed, "seconds", f->seconds, "plan", points);
}
