/* Facts of this machine and this build. */
#ifndef MEASURE_MACHINE_H
#define MEASURE_MACHINE_H

#include <jansson.h>
#include <stddef.h>

enum { MACHINE_ID_SIZE = 17 };

/* 16 hex digits naming this kind of machine: CPU model, cores, caches, memory size in
 * GiB, ISA support, kernel release left out. Stable from boot to boot. */
const char *machine_id(void);

/* CPU model as a person knows it, "AMD EPYC 7763 (2 cores)". */
const char *machine_name(void);

/* Commit this binary was built from, "1a2b3c4d5e6f" or "1a2b3c4d5e6f-dirty"; NULL where
 * the source was no git checkout. */
const char *build_commit(void);
/* "gcc 12.2.0" and the flags of the kernel library. */
const char *build_compiler(void);
const char *build_flags(void);

/* Facts as a JSON object, no measuring: id, name, cpu{model, vendor, cores, mhz, isa[]},
 * caches[{level, type, bytes, shared_cpus}], memory_bytes, os, kernel, governor, virtual,
 * load[3], compiler, flags, build_type, commit, libraries{benchmark, openblas, openmp,
 * glibc}; null where not known. The caller owns the reference. NULL when out of
 * memory. */
json_t *machine_facts(void);

/* machine_facts plus "ceilings": {fma: [{isa, type, gflops}], bandwidth_gbytes, governor,
 * measured_at (UTC)}, measured now in about `seconds` seconds in all. */
json_t *machine_facts_measured(double seconds);

#endif
