/* The axes of a sweep and the values they take. */
#ifndef SWEEP_AXES_H
#define SWEEP_AXES_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum {
  AXIS_KERNEL, /* globs over kernel names */
  AXIS_STAGE,
  AXIS_REGIME,
  AXIS_TILES, /* both tile sizes at once; in place of tile_q and tile_k */
  AXIS_SEED,
  AXIS_BATCH,
  AXIS_SEQ_LEN,
  AXIS_HEADS,
  AXIS_HEAD_DIM,
  AXIS_TILE_Q,
  AXIS_TILE_K,
  AXIS_THREADS,
  AXES
};

/* "kernel", "stage", ...; NULL ends them. */
extern const char *const axis_names[AXES + 1];

enum { AXIS_VALUES_MAX = 4096 };

/* The axis of a name; -1 where there is none. */
int axis_find(const char *name);

typedef struct axis_value {
  char *text;      /* kernel, stage, regime; else NULL */
  uint64_t number; /* tile sizes: 0 is the kernel's default; of `tiles`, tile_q */
  uint64_t tile_k; /* of `tiles` */
  size_t line;     /* of the config; 0: not from there */
} axis_value;

typedef struct axis_list {
  axis_value *item;
  size_t count;
} axis_list;

/* Lists of values of some of the axes; an axis that is not named has none. */
typedef struct axis_values {
  axis_list list[AXES];
} axis_values;

/* Whether values name an axis; tiles are named by tile_q or tile_k, too, and they by
 * tiles. */
bool axis_values_name(const axis_values *values, int axis);

/* A tile size by name. */
typedef struct tile_preset {
  char *name;
  uint64_t tile_q, tile_k; /* 0: the kernel's default */
} tile_preset;

typedef struct tile_presets {
  tile_preset *item;
  size_t count;
} tile_presets;

/* From `from` to `to`, in steps of `step`, or by `factor` where `step` is 0. */
typedef struct axis_range {
  uint64_t from, to, step, factor;
} axis_range;

/* Each of these adds values to a list. Errors begin with `place`, such as
 * "f.yaml:6: axes.heads[0]", and say what would be right. */

/* One word: "64", "64..4096" (it doubles), "default", a preset's name, a glob, ... */
bool axis_add_word(int axis, const char *word, size_t line, const tile_presets *presets,
                   const char *place, axis_list *out, error *err);

/* Number axes alone. The end of the range must be met. */
bool axis_add_range(int axis, const axis_range *range, size_t line, const char *place,
                    axis_list *out, error *err);

/* The value of an axis that a config does not name. */
bool axis_add_default(int axis, const char *place, axis_list *out, error *err);

bool axis_add_tiles(uint64_t tile_q, uint64_t tile_k, size_t line, const char *place,
                    axis_list *out, error *err);

/* A whole number with nothing around it, below 2^63. */
bool whole_number(const char *text, size_t length, uint64_t *out);

void axis_list_free(axis_list *list);
void axis_values_free(axis_values *values);

#endif
