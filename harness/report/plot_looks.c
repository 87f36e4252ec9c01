#include "plot_looks.h"

#include <stdlib.h>
#include <string.h>

/* A kernel and what its look is made of. */
typedef struct traits {
  const char *name, *algorithm, *operands, *sums;
  size_t word; /* length of the name's first word */
} traits;

static const char *text_or(const row *r, int field, const char *otherwise) {
  return r->field[field].known ? r->field[field].text : otherwise;
}

const char *plot_kernel_name(const row *r) {
  return text_or(r, ROW_kernel, "unknown");
}

static traits traits_of(const row *r) {
  const char *name = plot_kernel_name(r);
  return (traits){.name = name,
                  .algorithm = text_or(r, ROW_algorithm, name),
                  .operands = text_or(r, ROW_operand_type, "float32"),
                  .sums = text_or(r, ROW_accum_type, "float32"),
                  .word = strcspn(name, "_")};
}

static int compare_traits(const void *a, const void *b) {
  return strcmp(((const traits *)a)->name, ((const traits *)b)->name);
}

static bool same_word(const traits *a, const traits *b) {
  return a->word == b->word && !strncmp(a->name, b->name, a->word);
}

static bool is_word(const traits *t, const char *word) {
  return strlen(word) == t->word && !strncmp(t->name, word, t->word);
}

/* The distinct algorithms before that of kernel `at`; in its hue alone, or in all. */
static size_t algorithm_rank(const traits *t, size_t count, size_t at, bool in_hue) {
  size_t rank = 0;
  for (size_t i = 0; i < count; i++) {
    if (strcmp(t[i].algorithm, t[at].algorithm) >= 0) continue;
    if (in_hue && !same_word(&t[i], &t[at])) continue;
    bool first = true;
    for (size_t j = 0; j < i && first; j++)
      first = strcmp(t[j].algorithm, t[i].algorithm) != 0 ||
              (in_hue && !same_word(&t[j], &t[i]));
    rank += first;
  }
  return rank;
}

static size_t hue_of(const traits *t, size_t at) {
  static const char *const usual[] = {"scalar", "avx2", "avx512", "blas"};
  enum { USUAL = sizeof usual / sizeof *usual };
  for (size_t h = 0; h < USUAL; h++)
    if (is_word(&t[at], usual[h])) return h;
  size_t others = 0; /* words before this one; names are sorted */
  for (size_t i = 1; i <= at; i++) {
    bool is_usual = false;
    for (size_t h = 0; h < USUAL; h++) is_usual |= is_word(&t[i - 1], usual[h]);
    others += !is_usual && !same_word(&t[i - 1], &t[i]);
  }
  return USUAL + others % (LOOK_HUES - USUAL);
}

static size_t dash_of(const traits *t) {
  return !strcmp(t->operands, "bfloat16")  ? 3
         : !strcmp(t->operands, "float64") ? 2
         : !strcmp(t->sums, "float64")     ? 1
                                           : 0;
}

static bool alike(plot_look a, plot_look b) {
  return a.hue == b.hue && a.shade == b.shade && a.mark == b.mark && a.dash == b.dash;
}

static bool is_taken(const plot_kernel *kernel, size_t count, plot_look look) {
  for (size_t i = 0; i < count; i++)
    if (alike(kernel[i].look, look)) return true;
  return false;
}

/* The look itself, or the next that none of the kernels has. */
static plot_look free_look(const plot_kernel *kernel, size_t count, plot_look look) {
  enum { LOOKS = LOOK_DASHES * LOOK_MARKS * LOOK_SHADES };
  for (size_t tries = 1; tries <= LOOKS && is_taken(kernel, count, look); tries++) {
    look.dash = (look.dash + 1) % LOOK_DASHES;
    if (tries % LOOK_DASHES == 0) look.mark = (look.mark + 1) % LOOK_MARKS;
    if (tries % (LOOK_DASHES * LOOK_MARKS) == 0)
      look.shade = (look.shade + 1) % LOOK_SHADES;
  }
  return look;
}

plot_kernel *plot_kernels(const rows *all, size_t *count) {
  traits *t = calloc(all->count + 1, sizeof *t);
  plot_kernel *kernel = calloc(all->count + 1, sizeof *kernel);
  *count = 0;
  if (!t || !kernel) {
    free(t);
    free(kernel);
    return NULL;
  }
  for (size_t i = 0; i < all->count; i++) t[i] = traits_of(&all->row[i]);
  qsort(t, all->count, sizeof *t, compare_traits);
  size_t n = 0;
  for (size_t i = 0; i < all->count; i++)
    if (!n || strcmp(t[n - 1].name, t[i].name) != 0) t[n++] = t[i];
  for (size_t i = 0; i < n; i++) {
    const plot_look look = {.hue = hue_of(t, i),
                            .shade = algorithm_rank(t, n, i, true) % LOOK_SHADES,
                            .mark = algorithm_rank(t, n, i, false) % LOOK_MARKS,
                            .dash = dash_of(&t[i])};
    kernel[i] = (plot_kernel){t[i].name, free_look(kernel, i, look)};
  }
  *count = n;
  free(t);
  return kernel;
}

plot_look plot_look_of(const plot_kernel *kernel, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (!strcmp(kernel[i].name, name)) return kernel[i].look;
  return (plot_look){0};
}
