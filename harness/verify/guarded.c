#include "guarded.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What the watched bytes hold. */
#define CANARY 0xa5

static guarded live[GUARDED_LIVE_MAX];

static size_t page_size(void) {
  return (size_t)sysconf(_SC_PAGESIZE);
}

static bool enlist(const guarded *g, error *err) {
  for (size_t i = 0; i < GUARDED_LIVE_MAX; i++)
    if (!live[i].map) {
      live[i] = *g;
      return true;
    }
  return error_set(err, "more than %d guarded buffers at once", GUARDED_LIVE_MAX);
}

static guarded *listed(const guarded *g) {
  for (size_t i = 0; i < GUARDED_LIVE_MAX; i++)
    if (live[i].map == g->map) return &live[i];
  return NULL;
}

bool guarded_make(guarded *g, const char *name, size_t bytes, size_t alignment,
                  guarded_place place, unsigned char fill, error *err) {
  const size_t page = page_size();
  const size_t padded = (bytes + alignment - 1) / alignment * alignment;
  const size_t inner = (padded + page - 1) / page * page;
  *g = (guarded){
      .name = name, .bytes = bytes, .map_bytes = inner + 2 * page, .place = place};
  unsigned char *map =
      mmap(NULL, g->map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) return error_set(err, "%s: %s", name, strerror(errno));
  g->map = map;
  g->data = map + page + (place == GUARDED_AT_START ? 0 : inner - padded);
  const bool open = place == GUARDED_NOT;
  if ((open || inner) && mprotect(open ? map : map + page, open ? g->map_bytes : inner,
                                  PROT_READ | PROT_WRITE))
    error_set(err, "%s: %s", name, strerror(errno));
  else if (enlist(g, err)) {
    if (!open) memset(map + page, CANARY, inner);
    memset(g->data, fill, bytes);
    return true;
  }
  munmap(map, g->map_bytes);
  *g = (guarded){0};
  return false;
}

bool guarded_lock(guarded *g, error *err) {
  const size_t page = page_size();
  if (g->map_bytes > 2 * page &&
      mprotect(g->map + page, g->map_bytes - 2 * page, PROT_READ))
    return error_set(err, "%s: %s", g->name, strerror(errno));
  listed(g)->locked = g->locked = true;
  return true;
}

static bool all_canary(const unsigned char *from, const unsigned char *to) {
  for (; from < to; from++)
    if (*from != CANARY) return false;
  return true;
}

bool guarded_intact(const guarded *g, error *err) {
  const size_t page = page_size();
  if (g->place == GUARDED_NOT) return true;
  if (!all_canary(g->map + page, g->data))
    return error_set(err, "writes before the start of %s", g->name);
  if (!all_canary(g->data + g->bytes, g->map + g->map_bytes - page))
    return error_set(err, "writes after the end of %s", g->name);
  return true;
}

void guarded_free(guarded *g) {
  if (!g->map) return;
  *listed(g) = (guarded){0};
  munmap(g->map, g->map_bytes);
  *g = (guarded){0};
}

static void append(char *text, size_t size, const char *more) {
  const size_t used = strlen(text), length = strlen(more);
  const size_t room = used < size ? size - used - 1 : 0;
  memcpy(text + used, more, length < room ? length : room);
  text[used + (length < room ? length : room)] = 0;
}

bool guarded_blame(const void *address, char *text, size_t size) {
  const uintptr_t at = (uintptr_t)address;
  for (size_t i = 0; i < GUARDED_LIVE_MAX; i++) {
    const guarded *g = &live[i];
    if (!g->map || at < (uintptr_t)g->map || at >= (uintptr_t)g->map + g->map_bytes)
      continue;
    *text = 0;
    append(text, size,
           at < (uintptr_t)g->data               ? "touches memory before the start of "
           : at >= (uintptr_t)g->data + g->bytes ? "touches memory after the end of "
           : g->locked                           ? "writes to "
                                                 : "crashes in ");
    append(text, size, g->name);
    return true;
  }
  return false;
}
