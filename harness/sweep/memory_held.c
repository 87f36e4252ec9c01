#include "memory_held.h"

#include <stdio.h>

#include "children.h"
#include "system_file.h"

enum { FAMILY_MAX = 256 };

/* The processes and their descendants; returns how many. */
static size_t gather(size_t count, const pid_t *processes, pid_t family[FAMILY_MAX]) {
  size_t known = 0;
  for (size_t i = 0; i < count && known < FAMILY_MAX; i++) family[known++] = processes[i];
  for (size_t i = 0; i < known; i++)
    known += children_of(family[i], FAMILY_MAX - known, family + known);
  return known;
}

/* Two lines of a file of the process. */
static uint64_t sum_of(pid_t process, const char *file, const char *const keys[2]) {
  char path[48];
  size_t bytes[2];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)process, file);
  return system_bytes_of(path, 2, keys, bytes) ? (uint64_t)bytes[0] + bytes[1] : 0;
}

static uint64_t sum_of_all(size_t count, const pid_t *family, const char *file,
                           const char *const keys[2]) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i++) sum += sum_of(family[i], file, keys);
  return sum;
}

uint64_t memory_held(size_t count, const pid_t *processes, uint64_t limit) {
  static const char *const resident[] = {"RssAnon:", "RssShmem:"};
  static const char *const shares[] = {"Pss_Anon:", "Pss_Shmem:"};
  pid_t family[FAMILY_MAX];
  const size_t known = gather(count, processes, family);
  const uint64_t held = sum_of_all(known, family, "status", resident);
  if (held <= limit) return held;
  /* The system walks all pages for this; the counters before may be wrong by tens of
   * pages a CPU. */
  const uint64_t exact = sum_of_all(known, family, "smaps_rollup", shares);
  return exact ? exact : held;
}
