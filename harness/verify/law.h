/* Laws of the operator, as a table that every kernel goes through: what becomes of y when
 * the inputs, or the way of calling, are changed in a way whose effect is known. The list
 * is laws.c; docs/selftest.md says where each comes from. */
#ifndef VERIFY_LAW_H
#define VERIFY_LAW_H

#include "bounds_set.h"
#include "probe.h"

typedef enum law_kind {
  LAW_BITS,  /* each element has the bits that are expected of it; any NaN equals any */
  LAW_BOUND, /* it is as near as the bounds of both runs together allow */
} law_kind;

/* One run: the inputs and how the kernel is called. */
typedef struct law_side {
  lin_case inputs; /* attention stage, float32 */
  probe how;
} law_side;

/* The shapes a law is tried on. */
typedef enum law_shapes {
  LAW_COMMON, /* a few, with several heads and batches */
  LAW_EDGES,  /* sizes around a vector and a tile, paired */
  LAW_GRID,   /* the same, all combinations */
  LAW_LONG,   /* enough queries to be shared among threads */
} law_shapes;

enum { LAW_REGIMES = 2 };

typedef struct lin_law {
  const char *name;      /* [a-z_] */
  const char *statement; /* one line */
  law_kind kind;
  law_shapes shapes;
  const char *regime[LAW_REGIMES]; /* NULL: one less */
  size_t variants;                 /* ways to change, >= 1 */

  /* Why the law says nothing of this kernel, by its descriptor; NULL: it does. */
  const char *(*excuse)(const lkv_kernel *kernel);

  /* Makes the inputs of the regime special, for both sides; NULL: as they are. */
  void (*prepare)(lin_case *c);

  /* Changes a copy of the one side to the other. NULL: nothing is changed. */
  bool (*change)(law_side *side, size_t variant, error *err);
  bool same_inputs; /* `change` leaves the inputs alone */

  /* What is expected of the changed side's elements, in its order, given the same of the
   * unchanged one's: its y, or, by LAW_BOUND, its bounds. NULL: the same. */
  void (*map)(const law_side *from, const law_side *to, size_t variant,
              const double *given, double *expected);

  /* What is expected by a closed form, of the inputs as the kernel's type rounds them, in
   * float32; the unchanged side is then not run. `oracle` is given by LAW_BOUND. NULL:
   * none. */
  void (*closed)(const lin_case *c, const bounds *oracle, double *expected);

  /* Whether an element is expected at all. NULL: each is. */
  bool (*counts)(const law_side *side, size_t variant, size_t token, size_t column);
} lin_law;

size_t law_count(void);
const lin_law *law_at(size_t index);

/* What became of one law, kernel, shape and regime. */
typedef enum law_state {
  LAW_PENDING, /* nothing yet; still so at the end: the process ended before */
  LAW_BEGUN,
  LAW_HELD,
  LAW_BROKEN,  /* or the kernel crashed, hung or failed */
  LAW_EXCUSED, /* says nothing of this kernel, or the kernel does not take the shape */
  LAW_EMPTY,   /* no element could be compared */
} law_state;

typedef struct law_outcome {
  law_state state;
  size_t compared;
  double largest; /* by LAW_BOUND, |difference| over what is allowed */
  char text[240]; /* broken: the first element, or how it died; excused: why */
} law_outcome;

/* A law in one regime on one shape: what all kernels are tried on. */
typedef struct law_trial {
  const lin_law *law;
  const char *regime;
  law_side from;
  law_side *to;      /* (variants) */
  bounds_set *bound; /* (1 + variants): of the unchanged side, of each variant */
} law_trial;

/* Regimes times shapes. */
size_t law_trials(const lin_law *l);
bool law_trial_make(law_trial *t, const lin_law *l, size_t index, error *err);
void law_trial_free(law_trial *t);

/* "gaussian B=1 T=16 H=3 d=8 tile 16". Returns `buffer`. */
const char *law_trial_text(const lin_law *l, size_t index, char *buffer, size_t size);

/* Tries one kernel, in this process. Fails only where memory does. */
bool law_try(law_trial *t, const lkv_kernel *kernel, law_outcome *out, error *err);

#endif
