/* Which planted bugs the verdict catches, by regime, and whether it alarms on a kernel
 * that is right: kill PLUGIN [SEEDS]. Fails where a bug survives all regimes, or a
 * built-in kernel or mutant_none is WRONG anywhere. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bounds_set.h"
#include "inputs.h"
#include "invocation.h"
#include "linkv/registry.h"
#include "verdict.h"

/* A bound that no kernel comes near catches nothing. */
#define LEAST_R 0.02

enum { KERNELS_MAX = 128, REGIMES_MAX = 32 };

static const lkv_problem shapes[] = {
    {.batch = 1, .seq_len = 1, .heads = 1, .head_dim = 1, .eps = 1e-6},
    {.batch = 1, .seq_len = 2, .heads = 3, .head_dim = 7, .eps = 1e-6},
    {.batch = 2, .seq_len = 21, .heads = 1, .head_dim = 8, .eps = 1e-6},
    {.batch = 1, .seq_len = 33, .heads = 3, .head_dim = 16, .eps = 1e-6},
    {.batch = 1, .seq_len = 53, .heads = 1, .head_dim = 65, .eps = 1e-6},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

typedef struct tally {
  unsigned runs, wrong;
  double r_max;
} tally;

static tally tallies[KERNELS_MAX][REGIMES_MAX];
static size_t elements;
static double r_correct; /* largest r of a kernel that is right */

static bool judge(const lkv_kernel *kernel, const lin_case *c, const bounds *b, tally *t,
                  error *err) {
  invocation v = {0};
  verdict found;
  double *y = NULL;
  bool ok = invocation_make(&v, kernel, c, 0, 0, 1, err) && invocation_run(&v, err) &&
            (y = invocation_output(&v)) != NULL &&
            verdict_of(&c->problem, kernel->output_type, b, y, NULL, &found, err);
  if (ok) {
    t->runs++;
    t->wrong += found.kind == VERDICT_WRONG;
    t->r_max = fmax(t->r_max, found.r_stat_max);
    elements += v.y_count;
  }
  free(y);
  invocation_free(&v);
  return ok;
}

/* Bugs of memory are for `linkv verify --laws`: here they would end the program. */
static bool for_laws(const lkv_kernel *kernel) {
  static const char *const names[] = {"mutant_read_past_end", "mutant_read_before_start",
                                      "mutant_written_past_end",
                                      "mutant_max_of_stale_lane", "mutant_value_shared"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(kernel->name, names[i])) return true;
  return false;
}

static bool judge_all(const lin_case *c, size_t r, error *err) {
  bounds_set set = {.given = c};
  const char *why;
  bool ok = true;
  for (size_t k = 0; ok && k < lkv_kernel_count(); k++) {
    const lkv_kernel *kernel = lkv_kernel_at(k);
    if (for_laws(kernel) || lkv_check(kernel, &c->problem, &why) != LKV_OK) continue;
    const bounds *b = bounds_set_get(&set, precision_of(kernel), err);
    ok = b && judge(kernel, c, b, &tallies[k][r], err);
  }
  bounds_set_free(&set);
  return ok;
}

static bool sweep(size_t r, uint64_t seeds, error *err) {
  bool ok = true;
  for (size_t s = 0; ok && s < SHAPES; s++)
    for (uint64_t seed = 1; ok && seed <= seeds; seed++) {
      lin_case c = {0};
      ok = inputs_make(regime_at(r), seed, LKV_STAGE_ATTENTION, &shapes[s], &c, err) &&
           judge_all(&c, r, err);
      case_free(&c);
    }
  return ok;
}

static bool is_mutant(const lkv_kernel *kernel) {
  return !strncmp(kernel->name, "mutant_", 7) && strcmp(kernel->name, "mutant_none") != 0;
}

/* One line a kernel: runs found WRONG, by regime. Returns whether it is as it should. */
static bool print_kernel(size_t k) {
  const lkv_kernel *kernel = lkv_kernel_at(k);
  unsigned wrong = 0, runs = 0;
  double r_max = 0;
  printf("%-27s", kernel->name);
  for (size_t r = 0; r < regime_count(); r++) {
    const tally *t = &tallies[k][r];
    wrong += t->wrong;
    runs += t->runs;
    r_max = fmax(r_max, t->r_max);
    printf(" %5u", t->wrong);
  }
  printf("  %5u of %u", wrong, runs);
  if (!is_mutant(kernel)) printf("  largest r %.3f", r_max);
  if (!is_mutant(kernel)) r_correct = fmax(r_correct, r_max);
  const bool good =
      is_mutant(kernel) ? wrong > 0 || for_laws(kernel) : wrong == 0 && r_max <= 1;
  puts(good ? "" : is_mutant(kernel) ? "  SURVIVES" : "  ALARM");
  return good;
}

int main(int argc, char **argv) {
  error err;
  const uint64_t seeds = argc > 2 ? strtoull(argv[2], NULL, 10) : 2;
  bool ok = argc > 1 && lkv_plugin_load(argv[1], err.text, sizeof err.text);
  if (argc < 2) error_set(&err, "usage: kill PLUGIN.so [SEEDS]");
  if (lkv_kernel_count() > KERNELS_MAX || regime_count() > REGIMES_MAX)
    ok = error_set(&err, "more kernels or regimes than there is room for");
  for (size_t r = 0; ok && r < regime_count(); r++) ok = sweep(r, seeds, &err);
  if (!ok) {
    fprintf(stderr, "%s\n", err.text);
    return 2;
  }
  printf("%-27s", "runs found WRONG");
  for (size_t r = 0; r < regime_count(); r++) printf(" %.5s", regime_at(r)->name);
  puts("");
  size_t bad = 0;
  for (size_t k = 0; k < lkv_kernel_count(); k++) bad += print_kernel(k) ? 0 : 1;
  printf(
      "%zu elements judged, %zu kernels not as they should be, largest r of correct "
      "ones %.3f\n",
      elements, bad, r_correct);
  return bad > 0 || r_correct < LEAST_R;
}
