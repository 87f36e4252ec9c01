#include "noise.h"

#include <dirent.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "system_file.h"

/* Field 8 of the first line of /proc/stat, in ticks. */
static double stolen_s(void) {
  char line[256];
  double ticks = NAN;
  if (!system_line("/proc/stat", line, sizeof line)) return NAN;
  char *at = line + strcspn(line, " ");
  for (int field = 0; field < 8; field++) {
    char *end;
    ticks = strtod(at, &end);
    if (end == at) return NAN;
    at = end;
  }
  return ticks / (double)sysconf(_SC_CLK_TCK);
}

/* Field 2 of each thread's schedstat, in nanoseconds. */
static double waited_s(void) {
  DIR *tasks = opendir("/proc/self/task");
  double sum = tasks ? 0 : NAN;
  for (struct dirent *entry; tasks && (entry = readdir(tasks));) {
    char path[300], line[128], *end;
    if (*entry->d_name == '.') continue;
    snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", entry->d_name);
    if (!system_line(path, line, sizeof line)) continue;
    strtod(line, &end);
    sum += 1e-9 * strtod(end, NULL);
  }
  if (tasks) closedir(tasks);
  return sum;
}

uint64_t noise_switches(void) {
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) ? 0 : (uint64_t)usage.ru_nivcsw;
}

noise_counters noise_read(void) {
  return (noise_counters){.time_s = clock_now(),
                          .stolen_s = stolen_s(),
                          .waited_s = waited_s(),
                          .switches = (double)noise_switches()};
}

bool noise_too_few(size_t undisturbed, size_t all) {
  return undisturbed < 5 && 4 * undisturbed < all;
}

noise noise_between(const noise_counters *from, const noise_counters *to) {
  const double elapsed = to->time_s - from->time_s;
  const double processors = (double)sysconf(_SC_NPROCESSORS_ONLN);
  return (noise){
      .stolen_share = (to->stolen_s - from->stolen_s) / elapsed / processors,
      .waited_share = (to->waited_s - from->waited_s) / elapsed,
      .switches = to->switches - from->switches,
  };
}

double noise_load(void) {
  char line[128];
  if (!system_line("/proc/loadavg", line, sizeof line)) return NAN;
  const char *slash = strchr(line, '/');
  while (slash && slash > line && slash[-1] != ' ') slash--;
  return slash ? strtod(slash, NULL) : NAN;
}

double noise_mhz(void) {
  char path[96], line[64];
  const int core = sched_getcpu();
  snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_cur_freq",
           core);
  if (core < 0 || !system_line(path, line, sizeof line)) return NAN;
  return strtod(line, NULL) / 1e3;
}

const char *noise_cores(char *text, size_t size) {
  if (!system_value("/proc/self/status", "Cpus_allowed_list:", text, size)) *text = 0;
  return text;
}
