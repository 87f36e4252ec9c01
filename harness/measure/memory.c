#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "system_file.h"

#define CLEAR_REFS "/proc/self/clear_refs"
#define STATUS     "/proc/self/status"
#define ROLLUP     "/proc/self/smaps_rollup"

/* Pages of programs and libraries come 16 at a time wherever a new function is called,
 * and are no memory of the kernel's: what is counted is Anonymous of smaps_rollup, exact
 * but of now alone. Memory that was freed again shows only in VmHWM, which counts
 * everything and is fed by counters that may be wrong by tens of pages a CPU: it is
 * heeded where it is above what is resident now by more than that. */
enum { COUNTER_PAGES_A_CPU = 64 };

typedef struct memory_now {
  size_t anonymous, resident;
} memory_now;

static bool explain(const char *path, error *err) {
  return error_set(
      err, "%s: %s; memory is read there, on Linux 4.14 or later", path,
      errno ? strerror(errno) : "no line with a number of kB where expected");
}

static bool read_bytes(const char *path, const char *key, size_t *bytes, error *err) {
  return system_bytes(path, key, bytes) || explain(path, err);
}

/* In one reading: the system walks all pages for each. */
static bool read_now(memory_now *now, error *err) {
  static const char *const keys[] = {"Rss:", "Anonymous:"};
  size_t bytes[2];
  if (!system_bytes_of(ROLLUP, 2, keys, bytes)) return explain(ROLLUP, err);
  *now = (memory_now){.resident = bytes[0], .anonymous = bytes[1]};
  return true;
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
  memory_now now;
  malloc_trim(0);
  /* The first reading makes resident what later readings touch. */
  if (!read_now(&now, err) || !clear_peak(err) || !read_now(&now, err)) return false;
  *resident = now.anonymous;
  return true;
}

bool memory_peak(size_t *peak, error *err) {
  memory_now now;
  size_t high_water;
  const size_t precision = COUNTER_PAGES_A_CPU * (size_t)sysconf(_SC_PAGESIZE) *
                           (size_t)sysconf(_SC_NPROCESSORS_ONLN);
  if (!read_now(&now, err) || !read_bytes(STATUS, "VmHWM:", &high_water, err))
    return false;
  const bool freed = high_water > now.resident + precision;
  *peak = now.anonymous + (freed ? high_water - now.resident : 0);
  return true;
}

bool memory_available(size_t *available, error *err) {
  return read_bytes("/proc/meminfo", "MemAvailable:", available, err);
}

bool memory_limit(uint64_t bytes, error *err) {
  size_t now;
  if (!read_bytes(STATUS, "VmData:", &now, err)) return false;
  const struct rlimit limit = {.rlim_cur = now + bytes, .rlim_max = now + bytes};
  return setrlimit(RLIMIT_DATA, &limit) == 0 ||
         error_set(err, "cannot limit memory to %.3g GiB: %s", (double)bytes / 0x1p30,
                   strerror(errno));
}
