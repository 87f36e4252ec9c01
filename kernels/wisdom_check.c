#include <string.h>

#include "linkv/registry.h"
#include "linkv/wisdom.h"
#include "message.h"

static bool check_kernel(const lkv_wisdom_kernel *k, char *error, size_t size) {
  const lkv_kernel *found = lkv_kernel_find(k->name);
  if (!found)
    return lkv_fail(error, size,
                    "kernel '%s' is not here; load its plug-in first, or sweep and pick "
                    "again",
                    k->name);
  const char *build = lkv_kernel_build(found);
  return !strcmp(build, k->build) ||
         lkv_fail(error, size,
                  "kernel '%s' was measured as build %s and is build %s here; sweep and "
                  "pick again with this build",
                  k->name, k->build, build);
}

static bool check_choice(const lkv_wisdom *w, const lkv_wisdom_choice *c) {
  return c->kernel < w->kernels && c->batch && c->seq_len && c->heads && c->head_dim &&
         c->threads && (c->stage == LKV_STAGE_ATTENTION || c->stage == LKV_STAGE_BLOCK);
}

bool lkv_wisdom_check(const lkv_wisdom *w, char *error, size_t error_size) {
  if (w->schema != LKV_WISDOM_SCHEMA)
    return lkv_fail(error, error_size,
                    "wisdom of schema %u, this linkv follows %u; write it again with "
                    "'linkv pick'",
                    (unsigned)w->schema, LKV_WISDOM_SCHEMA);
  if (strcmp(w->machine, lkv_machine_id()) != 0)
    return lkv_fail(error, error_size,
                    "measured on machine %s (%s), this is %s; sweep and pick on this one",
                    w->machine, w->machine_name, lkv_machine_id());
  for (size_t i = 0; i < w->kernels; i++)
    if (!check_kernel(&w->kernel[i], error, error_size)) return false;
  for (size_t i = 0; i < w->choices; i++)
    if (!check_choice(w, &w->choice[i]))
      return lkv_fail(error, error_size,
                      "choice %zu has a size of 0, or a kernel or stage that is not "
                      "there; write it again with 'linkv pick'",
                      i);
  return w->choices > 0 || lkv_fail(error, error_size, "wisdom without a choice");
}
