#include "pick_wisdom.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linkv/registry.h"
#include "pick_between.h"
#include "simplicity.h"

static size_t size_of(const row *r, int field) {
  return r->field[field].known ? (size_t)r->field[field].integer : 0;
}

static bool check_row(const row *r, const char *machine, error *err) {
  const char *name = r->field[ROW_kernel].text;
  const value *where = &r->field[ROW_machine], *build = &r->field[ROW_kernel_build];
  const lkv_kernel *kernel = lkv_kernel_find(name);
  if (!where->known || strcmp(where->text, machine) != 0)
    return error_set(err,
                     "the rows were measured on machine %s, this is %s: wisdom is made "
                     "where it is used; sweep and pick here",
                     where->known ? where->text : "unknown", machine);
  if (!kernel)
    return error_set(err, "kernel '%s' is not here; load its plug-in: --plugin FILE.so",
                     name);
  if (!build->known || strcmp(build->text, lkv_kernel_build(kernel)) != 0)
    return error_set(err,
                     "kernel '%s' was measured as build %s and is build %s here; sweep "
                     "again with this linkv",
                     name, build->known ? build->text : "unknown",
                     lkv_kernel_build(kernel));
  return true;
}

/* The place of the row's kernel in the list, added where it is new. */
static size_t place_of(lkv_wisdom_kernel *kernels, size_t *count, const row *r) {
  size_t i = 0;
  while (i < *count && strcmp(kernels[i].name, r->field[ROW_kernel].text) != 0) i++;
  if (i == *count)
    kernels[(*count)++] = (lkv_wisdom_kernel){.name = r->field[ROW_kernel].text,
                                              .build = r->field[ROW_kernel_build].text};
  return i;
}

/* Room for all: pick_between gives two shapes at most as many stretches as they have
 * candidates, each with a first and a last length. */
static size_t most_choices(const picks *p) {
  size_t count = 0;
  for (size_t i = 0; i < p->shapes; i++) count += 1 + 4 * p->shape[i].count;
  return count;
}

/* What is being listed. */
typedef struct list {
  lkv_wisdom_kernel *kernel;
  size_t kernels;
  lkv_wisdom_choice *choice;
  size_t choices;
} list;

static void add_choice(list *l, const row *r, bool own_tiles, size_t seq_len) {
  const bool block = !strcmp(r->field[ROW_stage].text, lkv_stage_name(LKV_STAGE_BLOCK));
  l->choice[l->choices++] =
      (lkv_wisdom_choice){.stage = block ? LKV_STAGE_BLOCK : LKV_STAGE_ATTENTION,
                          .batch = size_of(r, ROW_batch),
                          .seq_len = seq_len,
                          .heads = size_of(r, ROW_heads),
                          .head_dim = size_of(r, ROW_head_dim),
                          .threads = size_of(r, ROW_threads),
                          .kernel = place_of(l->kernel, &l->kernels, r),
                          .tile_q = own_tiles ? 0 : size_of(r, ROW_tile_q),
                          .tile_k = own_tiles ? 0 : size_of(r, ROW_tile_k)};
}

/* Adds the first and the last length of every stretch, but for the measured ones. */
static bool add_between(const pick_shape *a, const pick_shape *b, double tie_margin,
                        const char *machine, list *l, error *err) {
  pick_path path;
  bool ok = pick_between(a, b, tie_margin, &path, err);
  for (size_t i = 0; ok && i < path.count; i++) {
    const pick_stretch *s = &path.stretch[i];
    ok = check_row(s->low, machine, err) && check_row(s->high, machine, err);
    const bool within = i > 0 && i + 1 < path.count;
    if (ok && i > 0 && (within || s->first < s->last))
      add_choice(l, s->low, s->own_tiles, s->first);
    if (ok && i + 1 < path.count && s->first < s->last)
      add_choice(l, s->low, s->own_tiles, s->last);
  }
  pick_path_free(&path);
  return ok;
}

bool pick_wisdom_make(const picks *p, const char *machine, const char *machine_name,
                      lkv_wisdom *out, error *err) {
  const size_t most = most_choices(p);
  list l = {.kernel = calloc(most + 1, sizeof *l.kernel),
            .choice = calloc(most + 1, sizeof *l.choice)};
  bool ok = (l.kernel && l.choice) || error_set(err, "out of memory for wisdom");
  for (size_t i = 0; ok && i < p->shapes; i++) {
    const row *r = p->shape[i].chosen->row;
    ok = check_row(r, machine, err);
    if (ok) add_choice(&l, r, simplicity_default_tiles(r), size_of(r, ROW_seq_len));
    if (ok && i + 1 < p->shapes)
      ok = add_between(&p->shape[i], &p->shape[i + 1], p->tie_margin, machine, &l, err);
  }
  *out = (lkv_wisdom){.schema = LKV_WISDOM_SCHEMA,
                      .machine = lkv_machine_id(),
                      .machine_name = machine_name,
                      .kernel = l.kernel,
                      .kernels = l.kernels,
                      .choice = l.choice,
                      .choices = l.choices};
  if (!ok) pick_wisdom_free(out);
  return ok;
}

void pick_wisdom_free(lkv_wisdom *w) {
  free((void *)w->kernel);
  free((void *)w->choice);
  *w = (lkv_wisdom){0};
}

/* As a C string; names are words, and the machine's name is cut to what needs no escape.
 */
static void put_string(const char *text, FILE *out) {
  fputc('"', out);
  for (; *text; text++)
    fputc(*text < ' ' || *text > '~' || strchr("\"\\?", *text) ? '_' : *text, out);
  fputc('"', out);
}

void pick_wisdom_header(const lkv_wisdom *w, FILE *out) {
  fputs(
      "/* Written by 'linkv pick': the kernel that was the best at each shape, for\n"
      " * lkv_use_wisdom(&linkv_picks, ...). */\n"
      "#ifndef LINKV_PICKS_H\n#define LINKV_PICKS_H\n\n#include <linkv/dispatch.h>\n\n"
      "static const lkv_wisdom_kernel linkv_pick_kernels[] = {\n",
      out);
  for (size_t i = 0; i < w->kernels; i++) {
    fputs("    {", out);
    put_string(w->kernel[i].name, out);
    fputs(", ", out);
    put_string(w->kernel[i].build, out);
    fputs("},\n", out);
  }
  fputs(
      "};\n\n/* stage, batch, seq_len, heads, head_dim, threads, kernel, tile_q, tile_k; "
      "a tile size\n * of 0 is the kernel's own. */\n"
      "static const lkv_wisdom_choice linkv_pick_choices[] = {\n",
      out);
  for (size_t i = 0; i < w->choices; i++) {
    const lkv_wisdom_choice *c = &w->choice[i];
    fprintf(out, "    {%s, %zu, %zu, %zu, %zu, %zu, %zu, %zu, %zu}, /* %s */\n",
            c->stage == LKV_STAGE_BLOCK ? "LKV_STAGE_BLOCK" : "LKV_STAGE_ATTENTION",
            c->batch, c->seq_len, c->heads, c->head_dim, c->threads, c->kernel, c->tile_q,
            c->tile_k, w->kernel[c->kernel].name);
  }
  fprintf(out,
          "};\n\n/* schema, machine and its name, kernels, choices. */\n"
          "static const lkv_wisdom linkv_picks = {\n    %u,\n    \"%s\",\n    ",
          (unsigned)w->schema, w->machine);
  put_string(w->machine_name, out);
  fprintf(out,
          ",\n    linkv_pick_kernels,\n    %zu,\n    linkv_pick_choices,\n    %zu,\n"
          "};\n\n#endif\n",
          w->kernels, w->choices);
}
