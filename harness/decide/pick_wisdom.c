#include "pick_wisdom.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linkv/registry.h"
#include "row_order.h"
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

static lkv_wisdom_choice choice_of(const row *r, size_t kernel) {
  const bool own = simplicity_default_tiles(r);
  const bool block = !strcmp(r->field[ROW_stage].text, lkv_stage_name(LKV_STAGE_BLOCK));
  return (lkv_wisdom_choice){.stage = block ? LKV_STAGE_BLOCK : LKV_STAGE_ATTENTION,
                             .batch = size_of(r, ROW_batch),
                             .seq_len = size_of(r, ROW_seq_len),
                             .heads = size_of(r, ROW_heads),
                             .head_dim = size_of(r, ROW_head_dim),
                             .threads = size_of(r, ROW_threads),
                             .kernel = kernel,
                             .tile_q = own ? 0 : size_of(r, ROW_tile_q),
                             .tile_k = own ? 0 : size_of(r, ROW_tile_k)};
}

/* Whether two shapes differ in seq_len alone. */
static bool differ_in_length(const row *a, const row *b) {
  static const int axes[] = {ROW_stage, ROW_operand_type, ROW_batch,
                             ROW_heads, ROW_head_dim,     ROW_threads};
  return !row_compare(a, b, axes, sizeof axes / sizeof *axes);
}

/* The row's kernel, with as many of its tiles, at another shape; NULL where it did not
 * qualify there. */
static const pick_candidate *same_at(const pick_shape *s, const row *r) {
  const bool own = simplicity_default_tiles(r);
  static const int tiles[] = {ROW_tile_q, ROW_tile_k};
  for (size_t i = 0; i < s->count; i++) {
    const row *other = s->candidate[i].row;
    if (strcmp(other->field[ROW_kernel].text, r->field[ROW_kernel].text) != 0) continue;
    if (own ? simplicity_default_tiles(other) : !row_compare(other, r, tiles, 2))
      return &s->candidate[i];
  }
  return NULL;
}

/* The longest sequence between two neighbours for which the pick of the first is the
 * better; 0 where they have the same, or that cannot be told. */
static size_t crossing(const pick_shape *a, const pick_shape *b) {
  const row *low = a->chosen->row, *high = b->chosen->row;
  if (!differ_in_length(low, high)) return 0;
  const pick_candidate *a_there = same_at(b, low), *b_here = same_at(a, high);
  if (!a_there || !b_here || a_there == b->chosen) return 0;
  const double here = log(b_here->time_ns / a->chosen->time_ns);
  const double there = log(a_there->time_ns / b->chosen->time_ns);
  if (!(here >= 0 && there >= 0 && here + there > 0)) return 0;
  const double from = (double)size_of(low, ROW_seq_len),
               to = (double)size_of(high, ROW_seq_len);
  return (size_t)(from * pow(to / from, here / (here + there)));
}

/* Adds what holds on both sides of the crossing after shape i; how many. */
static size_t add_crossing(const picks *p, size_t i, lkv_wisdom_choice *own,
                           lkv_wisdom_choice *next) {
  const pick_shape *a = &p->shape[i], *b = &p->shape[i + 1];
  const size_t last = crossing(a, b), high = size_of(b->chosen->row, ROW_seq_len);
  if (!last || last + 1 >= high) return 0;
  own->seq_len = last;
  next->seq_len = last + 1;
  return 2;
}

bool pick_wisdom_make(const picks *p, const char *machine, const char *machine_name,
                      lkv_wisdom *out, error *err) {
  *out = (lkv_wisdom){0};
  lkv_wisdom_kernel *kernels = calloc(p->shapes + 1, sizeof *kernels);
  lkv_wisdom_choice *choices = calloc(3 * p->shapes + 1, sizeof *choices);
  size_t count = 0, chosen = 0;
  bool ok = (kernels && choices) || error_set(err, "out of memory for wisdom");
  for (size_t i = 0; ok && i < p->shapes; i++)
    ok = check_row(p->shape[i].chosen->row, machine, err);
  for (size_t i = 0; ok && i < p->shapes; i++) {
    const row *r = p->shape[i].chosen->row;
    choices[chosen++] = choice_of(r, place_of(kernels, &count, r));
    if (i + 1 == p->shapes) break;
    const row *next = p->shape[i + 1].chosen->row;
    choices[chosen] = choices[chosen - 1];
    choices[chosen + 1] = choice_of(next, place_of(kernels, &count, next));
    chosen += add_crossing(p, i, &choices[chosen], &choices[chosen + 1]);
  }
  *out = (lkv_wisdom){.schema = LKV_WISDOM_SCHEMA,
                      .machine = lkv_machine_id(),
                      .machine_name = machine_name,
                      .kernel = kernels,
                      .kernels = count,
                      .choice = choices,
                      .choices = chosen};
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
      "#ifndef LINKV_PICKS_H\n#define LINKV_PICKS_H\n\n#include <linkv/wisdom.h>\n\n"
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
          "};\n\nstatic const lkv_wisdom linkv_picks = {\n    .schema = %u,\n"
          "    .machine = \"%s\",\n    .machine_name = ",
          (unsigned)w->schema, w->machine);
  put_string(w->machine_name, out);
  fprintf(out,
          ",\n    .kernel = linkv_pick_kernels,\n    .kernels = %zu,\n"
          "    .choice = linkv_pick_choices,\n    .choices = %zu,\n};\n\n#endif\n",
          w->kernels, w->choices);
}
