/* Result rows gathered into figures: which rows share axes, and which value stands for a
 * kernel at a sequence length. Texts and rows are borrowed from the rows given. */
#ifndef REPORT_PLOT_DATA_H
#define REPORT_PLOT_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "plot_looks.h"
#include "row.h"

typedef enum plot_kind {
  PLOT_TIME,     /* time_ns against T */
  PLOT_MEMORY,   /* peak_bytes against T */
  PLOT_ERROR,    /* max_rel_err against T */
  PLOT_TRADEOFF, /* max_rel_err against time_ns */
  PLOT_ROOFLINE, /* gflops against flops a compulsory byte */
  PLOT_TILES,    /* share_of_peak over tile_q and tile_k */
  PLOT_KINDS
} plot_kind;

/* "time", "memory", "error", "tradeoff", "roofline", "tiles"; then NULL. */
extern const char *const plot_kind_names[];

enum { PLOT_STATUSES = 9, PLOT_NAME_MAX = 200 };

/* The statuses of fields.def, "ok" first; the last is "without status". */
extern const char *const plot_statuses[PLOT_STATUSES];

/* What is drawn is positive and finite, so that it has a place on a log axis. */
typedef struct plot_point {
  int64_t seq_len;
  double x, y;
  double low, high; /* error bar, low <= y <= high */
} plot_point;

/* A kernel's line. `ok` is by rising seq_len, one point each: for time, memory
 * and roofline the fastest row of status ok, for error the largest error of those, for
 * trade-off both.
 * `flagged` are the rows of any other status, every one. */
typedef struct plot_series {
  const char *kernel;
  plot_look look;
  plot_point *ok;
  size_t ok_count;
  plot_point *flagged;
  size_t flagged_count;
} plot_series;

/* One pair of tile sizes: the fastest row of status ok. */
typedef struct plot_cell {
  int64_t tile_q, tile_k;
  double share, time_ns;
} plot_cell;

enum { PLOT_TYPES = 2 };

/* "float32", "float64". */
extern const char *const plot_types[PLOT_TYPES];

typedef struct plot_figure {
  plot_kind kind;
  char name[PLOT_NAME_MAX]; /* "time_attention_gaussian_b1_h8_d64_p4"; label and machine
                               follow where the rows have several */
  const row *sample;        /* carries what all rows of the figure share */
  plot_series *series;      /* from the upper line to the lower, at the right */
  size_t count, drawn;      /* drawn: the first so many have a point */
  plot_cell *cell;          /* tiles: by rising tile_q, then tile_k, in place of series */
  size_t cells;
  double
      peak[PLOT_TYPES]; /* roofline: FMA peak of all threads by operand type, Gflop/s,
                           the largest a row was compared with; 0 where there is none */
  double bandwidth;     /* roofline: of main memory, GB/s; 0 where it is not known */
  bool merged;          /* some point stands for several tile sizes or seeds */
  size_t flagged[PLOT_STATUSES]; /* rows drawn as flagged, by status */
  size_t undrawn[PLOT_STATUSES]; /* rows without a value to draw, by status */
} plot_figure;

typedef struct plot_figures {
  plot_figure *figure;
  size_t count;
} plot_figures;

/* One figure for each (stage, regime, batch, heads, head_dim, threads, label, machine)
 * where some kernel has two sequence lengths; for PLOT_TRADEOFF, where two kernels have
 * points; for PLOT_ROOFLINE, where one has. For PLOT_TILES, one for each of these, kernel
 * and seq_len where both tile sizes vary. There may be none. The bandwidth is left to the
 * caller. Fails only out of memory. */
bool plot_group(const rows *all, plot_kind kind, plot_figures *out, error *err);

void plot_figures_free(plot_figures *figures);

#endif
