/* The options that name one point, of `linkv time` and its worker. */
#ifndef CLI_POINT_OPTIONS_H
#define CLI_POINT_OPTIONS_H

#include <stdint.h>

#include "cli.h"
#include "linkv/kernel.h"
#include "point.h"

typedef struct point_options {
  const char *kernel, *regime;
  int stage; /* lkv_stage */
  uint64_t seed;
  size_t batch, seq_len, heads, head_dim, tile_q, tile_k, threads;
  double min_time_s;
  cli_list plugins;
} point_options;

extern const char *const cli_stages[];

/* The point's rows of an option table; `o` is a point_options, `timed` a literal: what
 * --min-time is and its default. */
#define POINT_OPTIONS(o, timed)                                                          \
  {"kernel", CLI_TEXT, &(o).kernel, "K", "kernel, as 'linkv kernels' names it", NULL},   \
      {"stage",   CLI_CHOICE, &(o).stage, "STAGE", "what goes in, default attention",    \
       cli_stages},                                                                      \
      {"regime",                                                                         \
       CLI_TEXT,                                                                         \
       &(o).regime,                                                                      \
       "R",                                                                              \
       "distribution of the inputs, default gaussian",                                   \
       NULL},                                                                            \
      {"seed", CLI_SEED, &(o).seed, "N", "seed of the inputs, default 1", NULL},         \
      {"batch", CLI_SIZE, &(o).batch, "B", "default 1", NULL},                           \
      {"seq-len", CLI_SIZE, &(o).seq_len, "T", "tokens, default 256", NULL},             \
      {"heads", CLI_SIZE, &(o).heads, "H", "default 1", NULL},                           \
      {"head-dim", CLI_SIZE, &(o).head_dim, "D", "numbers a head, default 64", NULL},    \
      {"tile-q", CLI_SIZE, &(o).tile_q, "N", "queries a tile, default the kernel's",     \
       NULL},                                                                            \
      {"tile-k", CLI_SIZE, &(o).tile_k, "N", "keys a tile, default the kernel's", NULL}, \
      {"threads", CLI_THREADS, &(o).threads, "N", "default 1", NULL},                    \
      {"min-time", CLI_SECONDS, &(o).min_time_s, "S", timed, NULL}, {                    \
    "plugin", CLI_LIST, &(o).plugins, "FILE.so",                                         \
        "kernels of a shared object; may be repeated", NULL                              \
  }

#define POINT_TIMED "seconds a repetition is timed for, default 0.05"

point_options point_options_default(void);

/* Whether the kernel has tiles where their sizes are asked for, not 0; prints one line
 * where it has none. */
bool point_options_tiles(const cli_command *command, const lkv_kernel *kernel,
                         size_t tile_q, size_t tile_k);

/* Loads the plug-ins and makes the point, tile sizes resolved. On failure prints one line
 * and returns false. */
bool point_options_take(const cli_command *command, const point_options *o, point *out);

#endif
