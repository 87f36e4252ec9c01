/* One call of a kernel in which buffers are guarded (guarded.h), operands cannot be
 * written, and workspace and output hold what is asked for at first. */
#ifndef VERIFY_PROBE_H
#define VERIFY_PROBE_H

#include "case.h"
#include "guarded.h"
#include "linkv/driver.h"

/* What fills workspace and output: NaN in every type, a large finite number, zero. */
enum { PROBE_NAN = 0xff, PROBE_LARGE = 0x7e, PROBE_ZERO = 0 };

typedef struct probe {
  lkv_tiles tiles;      /* 0: the kernel's own */
  size_t threads;       /* of the driver; ignored where `slices` */
  bool slices;          /* each slice by itself, in rows of head_dim + 1 elements */
  guarded_place place;  /* of every buffer */
  unsigned char poison; /* PROBE_* */
} probe;

/* Elements of the case's output. */
size_t probe_count(const lin_case *c);

/* y (batch, seq_len, heads, head_dim) of an attention-stage case, as float64. Fails where
 * the kernel returns a failure or writes outside of y and its workspace. It may also
 * crash: run what is not trusted under isolate.h. */
bool probe_run(const lkv_kernel *kernel, const lin_case *c, const probe *how, double *y,
               error *err);

#endif
