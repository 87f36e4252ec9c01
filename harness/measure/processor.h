/* The CPU, as the kernel describes it. */
#ifndef MEASURE_PROCESSOR_H
#define MEASURE_PROCESSOR_H

#include <stdbool.h>
#include <stddef.h>

typedef struct processor {
  char model[128]; /* "" where not known */
  char vendor[64]; /* "" where not known */
  size_t cores;    /* that are online, threads of one core counted once */
  double mhz;      /* of CPU 0 now; 0 where not known */
  bool flags_known;
  bool hypervisor; /* whether a hypervisor runs below; flags_known only */
} processor;

processor processor_read(void);

#endif
