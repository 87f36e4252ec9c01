#include "point_options.h"

#include <stdio.h>

#include "case.h"
#include "config.h"
#include "inputs.h"
#include "linkv/driver.h"
#include "linkv/registry.h"

const char *const cli_stages[] = {"attention", "block", NULL};

point_options point_options_default(void) {
  return (point_options){.regime = "gaussian",
                         .stage = LKV_STAGE_ATTENTION,
                         .seed = 1,
                         .batch = 1,
                         .seq_len = 256,
                         .heads = 1,
                         .head_dim = 64,
                         .threads = 1,
                         .min_time_s = CONFIG_MIN_TIME_S};
}

bool point_options_tiles(const cli_command *command, const lkv_kernel *kernel,
                         size_t tile_q, size_t tile_k) {
  const lkv_problem asked = {.batch = 1,
                             .seq_len = 1,
                             .heads = 1,
                             .head_dim = 1,
                             .tile_q = tile_q,
                             .tile_k = tile_k};
  const lkv_problem has = lkv_resolve_tiles(kernel, asked);
  const bool no_q = tile_q && !has.tile_q, no_k = tile_k && !has.tile_k;
  if (no_q || no_k)
    cli_fail(command, EXIT_USAGE, "--tile-%s: %s has no such tile size; leave it out",
             no_q ? "q" : "k", kernel->name);
  return !no_q && !no_k;
}

bool point_options_take(const cli_command *command, const point_options *o, point *out) {
  if (!cli_load_plugins(command, &o->plugins)) return false;
  if (!o->kernel) {
    cli_fail(command, EXIT_USAGE, "--kernel is missing; 'linkv kernels' lists them");
    return false;
  }
  const lkv_kernel *kernel = lkv_kernel_find(o->kernel);
  if (!kernel) {
    cli_fail(command, EXIT_USAGE, "no kernel '%s'; 'linkv kernels' lists them",
             o->kernel);
    return false;
  }
  if (!regime_find(o->regime)) {
    char names[256] = "";
    int used = 0;
    for (size_t i = 0; i < regime_count(); i++)
      used +=
          snprintf(names + used, sizeof names - (size_t)used, " %s", regime_at(i)->name);
    cli_fail(command, EXIT_USAGE, "no regime '%s'; there are%s", o->regime, names);
    return false;
  }
  if (!point_options_tiles(command, kernel, o->tile_q, o->tile_k)) return false;
  *out = (point){
      .kernel = kernel,
      .stage = o->stage == LKV_STAGE_BLOCK ? LKV_STAGE_BLOCK : LKV_STAGE_ATTENTION,
      .seed = o->seed,
      .problem = {.batch = o->batch,
                  .seq_len = o->seq_len,
                  .heads = o->heads,
                  .head_dim = o->head_dim,
                  .tile_q = o->tile_q,
                  .tile_k = o->tile_k,
                  .eps = CASE_DEFAULT_EPS},
      .threads = o->threads};
  out->problem = lkv_resolve_tiles(kernel, out->problem);
  snprintf(out->regime, sizeof out->regime, "%s", o->regime);
  return true;
}
