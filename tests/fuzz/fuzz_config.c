/* Fuzzes sweep configs: what is taken keeps every promise of config.h, what is refused
 * says why and where. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "fuzz.h"
#include "inputs.h"

static void require(bool holds) {
  if (!holds) abort();
}

static void require_texts(const texts *list) {
  require(list->count > 0);
  for (size_t i = 0; i < list->count; i++) require(*list->item[i]);
}

static void require_numbers(const numbers *list, uint64_t low, uint64_t high) {
  require(list->count > 0);
  for (size_t i = 0; i < list->count; i++)
    require(list->item[i] >= low && list->item[i] <= high);
}

static void require_config(const config *c) {
  require(*c->name && !strchr(c->name, '/'));
  require(!c->where || *c->where);
  require(c->repetitions >= 1 && c->repetitions <= CONFIG_REPETITIONS_MAX);
  require(isfinite(c->min_time_s) && c->min_time_s > 0);
  require(isfinite(c->timeout_s) && c->timeout_s > 0);
  require(c->order_seed <= INT64_MAX);
  require_texts(&c->kernel);
  require_texts(&c->stage);
  require_texts(&c->regime);
  for (size_t i = 0; i < c->regime.count; i++) require(regime_find(c->regime.item[i]));
  for (int a = 0; a < NUMBER_AXES; a++) {
    const bool zero = a == AXIS_SEED || a == AXIS_TILE_Q || a == AXIS_TILE_K;
    const uint64_t high = a == AXIS_SEED      ? INT64_MAX
                          : a == AXIS_THREADS ? 4096
                                              : (uint64_t)1 << 32;
    require_numbers(&c->number[a], zero ? 0 : 1, high);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  error err = {""};
  config c;
  if (config_parse("fuzz.yaml", (const char *)data, size, &c, &err)) {
    require(c.text && !memcmp(c.text, data, size));
    require_config(&c);
  } else {
    require(!strncmp(err.text, "fuzz.yaml:", 10) && !strchr(err.text, '\n'));
    require(!c.path && !c.text && !c.name && !c.kernel.item);
  }
  config_free(&c);
  return 0;
}
