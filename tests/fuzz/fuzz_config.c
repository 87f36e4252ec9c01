/* Fuzzes sweep configs: what is taken keeps every promise of config.h, what is refused
 * says why and where. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "axes_product.h"
#include "config.h"
#include "fuzz.h"
#include "inputs.h"
#include "linkv/registry.h"
#include "plan.h"

static void require(bool holds) {
  if (!holds) abort();
}

static void require_value(int axis, const axis_value *v) {
  const bool zero = axis == AXIS_SEED || axis == AXIS_TILE_Q || axis == AXIS_TILE_K;
  const uint64_t high = axis == AXIS_SEED      ? INT64_MAX
                        : axis == AXIS_THREADS ? 4096
                                               : (uint64_t)1 << 32;
  if (axis < AXIS_TILES) {
    require(v->text && *v->text);
    require(axis != AXIS_REGIME || regime_find(v->text));
  } else if (axis == AXIS_TILES) {
    require(v->number <= high && v->tile_k <= high);
  } else {
    require(v->number >= !zero && v->number <= high);
  }
}

static void require_values(const axis_values *values) {
  for (int a = 0; a < AXES; a++)
    for (size_t i = 0; i < values->list[a].count; i++)
      require_value(a, &values->list[a].item[i]);
}

/* Axes that are tied have as many values each, and none of their own. */
static void require_group(const config *c, const axis_values *group) {
  size_t count = 0;
  require_values(group);
  for (int a = 0; a < AXES; a++) {
    if (!group->list[a].count) continue;
    require(!c->axes.list[a].count);
    require(!count || group->list[a].count == count);
    count = group->list[a].count;
  }
  require(count > 0);
}

static bool tied(const config *c, int axis) {
  for (size_t z = 0; z < c->zip_count; z++)
    if (c->zip[z].list[axis].count) return true;
  return false;
}

static void require_config(const config *c) {
  require(*c->name && !strchr(c->name, '/'));
  require(!c->where || *c->where);
  require(c->repetitions >= 1 && c->repetitions <= CONFIG_REPETITIONS_MAX);
  require(isfinite(c->min_time_s) && c->min_time_s > 0);
  require(isfinite(c->timeout_s) && c->timeout_s > 0);
  require(c->order_seed <= INT64_MAX);
  require_values(&c->axes);
  for (int a = 0; a < AXES; a++) require(c->axes.list[a].count || tied(c, a));
  for (size_t i = 0; i < c->zip_count; i++) require_group(c, &c->zip[i]);
  for (size_t i = 0; i < c->include_count; i++) require_values(&c->include[i]);
  for (size_t i = 0; i < c->exclude_count; i++) require_values(&c->exclude[i]);
  for (size_t i = 0; i < c->override_count; i++) {
    require_values(&c->overrides[i].axes);
    require(c->overrides[i].repetitions <= CONFIG_REPETITIONS_MAX);
  }
}

/* A plan of few points is made or refused: every key has got a meaning. */
static void require_plan(const config *c) {
  error err = {""};
  plan p;
  double size = 0;
  for (size_t k = 0; k < lkv_kernel_count(); k++) {
    size += product_size(c, NULL, lkv_kernel_at(k));
    for (size_t i = 0; i < c->include_count; i++)
      size += product_size(c, &c->include[i], lkv_kernel_at(k));
  }
  if (size > 500) return;
  if (plan_make(c, &p, &err))
    require(p.count > 0);
  else
    require(err.text[0] && !strchr(err.text, '\n') && !p.point);
  plan_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  error err = {""};
  config c;
  if (config_parse("fuzz.yaml", (const char *)data, size, &c, &err)) {
    require(c.text && !memcmp(c.text, data, size));
    require_config(&c);
    require_plan(&c);
  } else {
    require(!strncmp(err.text, "fuzz.yaml:", 10) && !strchr(err.text, '\n'));
    require(!c.path && !c.text && !c.name && !c.zip && !c.axes.list[AXIS_KERNEL].item);
  }
  config_free(&c);
  return 0;
}
