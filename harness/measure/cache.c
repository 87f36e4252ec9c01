#include "cache.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "system_file.h"

static bool read_file(size_t index, const char *name, char *text, size_t size) {
  char path[128];
  snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%zu/%s", index,
           name);
  *text = 0;
  return system_line(path, text, size);
}

/* "512K", "32M"; 0 where it is something else. */
static size_t parse_size(const char *text) {
  char *unit;
  const unsigned long long count = strtoull(text, &unit, 10);
  unsigned shift = *unit == 'K' ? 10 : *unit == 'M' ? 20 : *unit == 'G' ? 30 : 0;
  return count <= SIZE_MAX >> shift ? (size_t)count << shift : 0;
}

static bool read_cache(size_t index, cache *out) {
  char level[16], bytes[32];
  if (!read_file(index, "level", level, sizeof level)) return false;
  if (!read_file(index, "type", out->type, sizeof out->type)) return false;
  read_file(index, "size", bytes, sizeof bytes);
  read_file(index, "shared_cpu_list", out->shared_cpus, sizeof out->shared_cpus);
  out->level = strtoul(level, NULL, 10);
  out->bytes = parse_size(bytes);
  return true;
}

size_t cache_list(cache list[CACHES_MAX]) {
  size_t count = 0;
  while (count < CACHES_MAX && read_cache(count, &list[count])) count++;
  return count;
}

size_t cache_last_level_bytes(void) {
  cache list[CACHES_MAX];
  const size_t count = cache_list(list);
  const cache *last = NULL;
  for (size_t i = 0; i < count; i++)
    if (!last || list[i].level >= last->level) last = &list[i];
  return last ? last->bytes : 0;
}
