/* One call of a kernel in which every buffer is guarded (guarded.h), operands cannot be
 * written, and workspace and output hold poison at first. */
#ifndef VERIFY_PROBE_H
#define VERIFY_PROBE_H

#include "case.h"
#include "linkv/driver.h"

/* What fills workspace and output: NaN in every type, or a large finite number. */
enum { PROBE_NAN = 0xff, PROBE_LARGE = 0x7e };

typedef struct probe {
  lkv_tiles tiles;      /* 0: the kernel's own */
  size_t threads;       /* of the driver; ignored where `slices` */
  bool slices;          /* each slice by itself, in rows of head_dim + 1 elements */
  bool at_start;        /* buffers begin at a guard page, else they end at one */
  unsigned char poison; /* PROBE_NAN or PROBE_LARGE */
} probe;

/* Elements of the case's output. */
size_t probe_count(const lin_case *c);

/* y (batch, seq_len, heads, head_dim) of an attention-stage case, as float64. Fails where
 * the kernel returns a failure or writes outside of y and its workspace. It may also
 * crash: run what is not trusted under isolate.h. */
bool probe_run(const lkv_kernel *kernel, const lin_case *c, const probe *how, double *y,
               error *err);

#endif
