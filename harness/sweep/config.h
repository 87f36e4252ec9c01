/* Sweep configs: YAML, read against a schema. See docs/sweep.md for the format. */
#ifndef SWEEP_CONFIG_H
#define SWEEP_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "axes.h"
#include "error.h"

/* What kernels of a glob do otherwise. */
typedef struct config_override {
  char *kernel; /* a glob over kernel names */
  size_t line;
  axis_values axes;     /* instead of the config's */
  unsigned repetitions; /* 0: the config's */
  double min_time_s;    /* likewise */
  double timeout_s;     /* likewise */
} config_override;

/* What the command line leaves of a plan: an SQL expression, or values of axes. */
typedef struct config_filter {
  const char *text; /* as it was given; not owned */
  char *where;      /* NULL: `axes` */
  axis_values axes;
} config_filter;

/* What the repetitions of a point take. */
typedef struct point_effort {
  unsigned repetitions;
  double min_time_s; /* timed a repetition */
  double timeout_s;  /* a worker may take */
} point_effort;

typedef struct config {
  char *path;
  char *text; /* the file, as it is */
  char *name;
  axis_values axes; /* of an axis that zip ties: nothing */
  axis_values *zip; /* axes that move together: as many values each */
  size_t zip_count;
  axis_values *include; /* points beside those of the axes, whatever `where` says */
  size_t include_count;
  axis_values *exclude; /* points left out: all axes of an entry match */
  size_t exclude_count;
  config_override *overrides; /* of several that match, the last that names an axis */
  size_t override_count;
  tile_presets tiles;
  axis_values set;        /* by the command line; nothing else is asked */
  config_filter *filters; /* by the command line; all must hold */
  size_t filter_count;
  char *where; /* SQL over the axes; NULL: everything */
  size_t where_line;
  unsigned repetitions;     /* 1..64 */
  unsigned max_repetitions; /* repetitions..64; for `precision` and budgets */
  double precision;         /* of the median, a share: half its interval; 0: no matter */
  double min_time_s;        /* timed a repetition */
  double timeout_s;         /* a worker may take */
  uint64_t memory_limit;    /* bytes it may take; 0: most of what is free */
  uint64_t order_seed;
} config;

/* Defaults, also of `linkv time`. */
#define CONFIG_REPETITIONS 5
#define CONFIG_MIN_TIME_S  0.05
#define CONFIG_TIMEOUT_S   300.0
#define CONFIG_ORDER_SEED  1
enum { CONFIG_REPETITIONS_MAX = 64, CONFIG_SECONDS_MAX = 1000000 };

/* A share over 0 and below 1 of a percentage such as "1%" or "0.5 %"; false where the
 * text is none. */
bool config_share(const char *text, double *out);

/* A decimal number of seconds over 0, up to CONFIG_SECONDS_MAX; false where the text is
 * none. */
bool config_seconds(const char *text, double *out);

/* Reads a file. Errors are "FILE:LINE: key: what; what would be right". */
bool config_read(const char *path, config *out, error *err);

/* The same of a text; `path` is only a name for error lines. */
bool config_parse(const char *path, const char *text, size_t bytes, config *out,
                  error *err);

/* What the command line changes. `set` is "AXIS=VALUE,...": the axis takes these values
 * everywhere. `filter` is "AXIS=VALUE,...", or SQL over the axes: points for which it
 * does not hold are left out. Errors begin with "--set" or "--filter". */
bool config_set(config *c, const char *set, error *err);
bool config_filter_by(config *c, const char *filter, error *err);

void config_free(config *c);

#endif
