#include "dispatch_cost.h"

#include <stdio.h>

#include "benchmark.h"
#include "linkv/dispatch.h"
#include "median.h"

/* Of each figure, which is the median over batches; NEW_SHAPES is far more than a thread
 * remembers. */
enum { CALLS = 20000, BATCHES = 25, NEW_SHAPES = 4096 };

typedef struct asking {
  lkv_problem problem;
  size_t shapes; /* how many are asked for in turn */
  size_t next;
  lkv_status status;
} asking;

static void ask(void *argument) {
  asking *a = argument;
  lkv_choice choice;
  a->problem.seq_len = 100 + a->next;
  a->next = a->next + 1 < a->shapes ? a->next + 1 : 0;
  const lkv_status status =
      lkv_choose(LKV_STAGE_ATTENTION, LKV_FLOAT32, &a->problem, 1, &choice);
  if (status != LKV_OK) a->status = status;
}

static void leave_alone(void *watcher) {
  (void)watcher;
}

static bool measure(size_t shapes, double *ns, error *err) {
  asking a = {.problem = {.batch = 1, .heads = 8, .head_dim = 64, .eps = 1e-6},
              .shapes = shapes};
  const benchmark_task task = {.function = ask,
                               .argument = &a,
                               .calls = CALLS,
                               .batches = BATCHES,
                               .before = leave_alone,
                               .after = leave_alone};
  double batch_ns[BATCHES];
  benchmark_time time;
  if (!benchmark_run(&task, batch_ns, &time, err)) return false;
  *ns = median_of(BATCHES, batch_ns).median;
  return a.status == LKV_OK || error_set(err, "%s", lkv_status_text(a.status));
}

static bool print_row(const char *by, error *err) {
  double again, fresh;
  if (!measure(1, &again, err) || !measure(NEW_SHAPES, &fresh, err)) return false;
  printf("%-34s %8.1f ns %12.1f ns\n", by, again, fresh);
  return true;
}

int dispatch_cost_print(const cli_command *command, const lkv_wisdom *w) {
  char why[512], by[64];
  error err;
  if (!lkv_use_wisdom(w, why, sizeof why))
    return cli_fail(command, EXIT_USAGE, "%s", why);
  snprintf(by, sizeof by, "by wisdom of %zu shape%s", w->choices,
           w->choices == 1 ? "" : "s");
  puts("lkv_choose, a call                 same shape       new shape");
  const bool ok = print_row(by, &err) && lkv_use_wisdom(NULL, why, sizeof why) &&
                  print_row("by the built-in rule", &err);
  return ok ? EXIT_FINE : cli_fail(command, EXIT_USAGE, "%s", err.text);
}
