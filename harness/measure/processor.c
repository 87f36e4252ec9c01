#include "processor.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "system_file.h"

#define CPUINFO "/proc/cpuinfo"

/* Whether `cpu` is online and the first of its core's threads. */
static bool leads_core(long cpu) {
  char path[128], siblings[256];
  snprintf(path, sizeof path,
           "/sys/devices/system/cpu/cpu%ld/topology/"
           "thread_siblings_list",
           cpu);
  return system_line(path, siblings, sizeof siblings) &&
         strtol(siblings, NULL, 10) == cpu;
}

static size_t count_cores(void) {
  const long cpus = sysconf(_SC_NPROCESSORS_CONF);
  size_t cores = 0;
  for (long cpu = 0; cpu < cpus; cpu++) cores += leads_core(cpu);
  if (cores) return cores;
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (size_t)online : 1;
}

processor processor_read(void) {
  processor p = {.cores = count_cores()};
  char mhz[32], flag[16];
  system_value(CPUINFO, "model name", p.model, sizeof p.model);
  system_value(CPUINFO, "vendor_id", p.vendor, sizeof p.vendor);
  if (system_value(CPUINFO, "cpu MHz", mhz, sizeof mhz)) p.mhz = strtod(mhz, NULL);
  p.flags_known = system_value(CPUINFO, "flags", flag, sizeof flag);
  p.hypervisor = system_word(CPUINFO, "flags", "hypervisor");
  return p;
}
