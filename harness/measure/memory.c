#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include "system_file.h"

#define CLEAR_REFS "/proc/self/clear_refs"
#define STATUS     "/proc/self/status"
#define ROLLUP     "/proc/self/smaps_rollup"

/* The kernel's VmHWM is fed by a counter that may be wrong by tens of pages a CPU, where
 * Rss of smaps_rollup is exact but knows only of now. Memory that is still resident is
 * therefore read from Rss, and VmHWM is heeded only once it rose above where it began. */
static size_t resident_at_reset;
static size_t high_water_at_reset;

static bool read_bytes(const char *path, const char *key, size_t *bytes, error *err) {
  if (system_bytes(path, key, bytes)) return true;
  return error_set(
      err, "%s: %s; memory is read there, on Linux 4.14 or later", path,
      errno ? strerror(errno) : "no line with a number of kB where expected");
}

static bool read_both(size_t *resident, size_t *high_water, error *err) {
  return read_bytes(ROLLUP, "Rss:", resident, err) &&
         read_bytes(STATUS, "VmHWM:", high_water, err);
}

static bool clear_peak(error *err) {
  const int file = open(CLEAR_REFS, O_WRONLY | O_CLOEXEC);
  const bool done = file >= 0 && write(file, "5", 1) == 1;
  const int why = errno;
  if (file >= 0) close(file);
  if (done) return true;
  return error_set(err,
                   "%s: %s; resetting the peak needs a writable /proc and a kernel "
                   "built with CONFIG_PROC_PAGE_MONITOR",
                   CLEAR_REFS, strerror(why));
}

bool memory_reset_peak(size_t *resident, error *err) {
  malloc_trim(0);
  /* The first reading makes resident what later readings touch. */
  if (!read_both(&resident_at_reset, &high_water_at_reset, err)) return false;
  if (!clear_peak(err)) return false;
  if (!read_both(&resident_at_reset, &high_water_at_reset, err)) return false;
  *resident = resident_at_reset;
  return true;
}

bool memory_peak(size_t *peak, error *err) {
  size_t resident, high_water;
  if (!read_both(&resident, &high_water, err)) return false;
  *peak = resident > resident_at_reset ? resident : resident_at_reset;
  if (high_water > high_water_at_reset && high_water > *peak) *peak = high_water;
  return true;
}

bool memory_available(size_t *available, error *err) {
  return read_bytes("/proc/meminfo", "MemAvailable:", available, err);
}
