#include "benchmark_row.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

static bool field_is(const row *r, int field, const char *text) {
  return r->field[field].known && !strcmp(r->field[field].text, text);
}

bool benchmark_row_good(const row *r) {
  return field_is(r, ROW_status, "ok") && field_is(r, ROW_verdict, "ok") &&
         r->field[ROW_time_ns].known;
}

char *benchmark_row_complaint(const row *r) {
  const value *status = &r->field[ROW_status], *reason = &r->field[ROW_reason];
  char *text = NULL, *clean = NULL;
  int n;
  if (!status->known)
    n = asprintf(&text, "status not known");
  else if (!field_is(r, ROW_status, "ok"))
    n = asprintf(&text, "%s%s%s", status->text, reason->known ? ": " : "",
                 reason->known ? reason->text : "");
  else
    n = asprintf(&text, "%s",
                 field_is(r, ROW_verdict, "ok") ? "not timed" : "not judged ok");
  if (n < 0) return NULL;
  clean = utf8_clean(text);
  free(text);
  return clean;
}

static bool several(const rows *all, int field) {
  for (size_t i = 1; i < all->count; i++) {
    const value *a = &all->row[0].field[field], *b = &all->row[i].field[field];
    if (a->known != b->known || (a->known && strcmp(a->text, b->text) != 0)) return true;
  }
  return false;
}

static void put_text(FILE *out, const char *before, const value *v) {
  fprintf(out, "%s%s", before, v->known ? v->text : "unknown");
}

static void put_integer(FILE *out, const char *before, const value *v) {
  if (v->known) fprintf(out, "/%s:%" PRId64, before, v->integer);
}

static char *name_of(const row *r, bool label, bool machine) {
  static const struct {
    const char *name;
    int field;
  } axes[] = {{"seed", ROW_seed}, {"B", ROW_batch},    {"T", ROW_seq_len},
              {"H", ROW_heads},   {"d", ROW_head_dim}, {"q", ROW_tile_q},
              {"k", ROW_tile_k},  {"p", ROW_threads}};
  char *text = NULL;
  size_t bytes = 0;
  FILE *out = open_memstream(&text, &bytes);
  if (!out) return NULL;
  put_text(out, "", &r->field[ROW_kernel]);
  put_text(out, "/", &r->field[ROW_stage]);
  put_text(out, "/", &r->field[ROW_regime]);
  for (size_t i = 0; i < sizeof axes / sizeof *axes; i++)
    put_integer(out, axes[i].name, &r->field[axes[i].field]);
  if (label) put_text(out, "/label:", &r->field[ROW_label]);
  if (machine) put_text(out, "/machine:", &r->field[ROW_machine]);
  if (fclose(out)) {
    free(text);
    return NULL;
  }
  char *clean = utf8_clean(text);
  free(text);
  return clean;
}

static int by_text(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool all_differ(char *const *names, size_t count, error *err) {
  char **sorted = calloc(count + 1, sizeof *sorted);
  if (!sorted) return error_set(err, "%zu names: out of memory", count);
  memcpy(sorted, names, count * sizeof *sorted);
  qsort(sorted, count, sizeof *sorted, by_text);
  const char *twice = NULL;
  for (size_t i = 1; i < count && !twice; i++)
    if (!strcmp(sorted[i - 1], sorted[i])) twice = sorted[i];
  free(sorted);
  return !twice || error_set(err,
                             "two rows are the benchmark '%s'; choose one with --where, "
                             "and leave out --every-build",
                             twice);
}

bool benchmark_names_make(const rows *all, char ***out, error *err) {
  const bool label = several(all, ROW_label), machine = several(all, ROW_machine);
  char **names = calloc(all->count + 1, sizeof *names);
  bool ok = names || error_set(err, "%zu names: out of memory", all->count);
  for (size_t i = 0; ok && i < all->count; i++) {
    names[i] = name_of(&all->row[i], label, machine);
    ok = names[i] || error_set(err, "%zu names: out of memory", all->count);
  }
  ok = ok && all_differ(names, all->count, err);
  if (!ok) {
    benchmark_names_free(names, all->count);
    names = NULL;
  }
  *out = names;
  return ok;
}

void benchmark_names_free(char **names, size_t count) {
  for (size_t i = 0; names && i < count; i++) free(names[i]);
  free(names);
}
