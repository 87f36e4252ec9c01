/* What `linkv compare` and `linkv ab` are told alike: when a point fails, and how and
 * where it is shown. */
#ifndef CLI_COMPARE_OPTIONS_H
#define CLI_COMPARE_OPTIONS_H

#include "cli.h"
#include "compare.h"

typedef enum compare_format {
  COMPARE_TABLE,
  COMPARE_MD,
  COMPARE_JSON,
  COMPARE_JUNIT,
  COMPARE_GITHUB
} compare_format;

extern const char *const compare_formats[];

typedef struct compare_options {
  const char *max_slowdown, *noise, *fail_on; /* as given; NULL: the default */
  double level, error_growth, memory_growth;
  int format;
  cli_list reports; /* "FORMAT=FILE", owned: cli_list_free */
  /* compare_options_take makes these of them. */
  compare_rule rule;
  unsigned faults;
} compare_options;

compare_options compare_options_default(void);

/* The options' rows of an option table; `o` is a compare_options. */
#define COMPARE_OPTIONS(o)                                                          \
  {"max-slowdown",                                                                  \
   CLI_TEXT,                                                                        \
   &(o).max_slowdown,                                                               \
   "PERCENT",                                                                       \
   "a difference up to this is none, default 3%",                                   \
   NULL},                                                                           \
      {"noise",                                                                     \
       CLI_TEXT,                                                                    \
       &(o).noise,                                                                  \
       "PERCENT",                                                                   \
       "what this machine makes of two equal kernels: not more than that is found", \
       NULL},                                                                       \
      {"error",                                                                     \
       CLI_REAL,                                                                    \
       &(o).level,                                                                  \
       "P",                                                                         \
       "chance that any point is found slower or faster by mistake, default 0.02",  \
       NULL},                                                                       \
      {"max-error-growth",                                                          \
       CLI_REAL,                                                                    \
       &(o).error_growth,                                                           \
       "FACTOR",                                                                    \
       "of a point's errors, default 2",                                            \
       NULL},                                                                       \
      {"max-memory-growth",          CLI_REAL, &(o).memory_growth, "FACTOR",        \
       "of its memory, default 1.1", NULL},                                         \
      {"report",                                                                    \
       CLI_LIST,                                                                    \
       &(o).reports,                                                                \
       "FORMAT=FILE",                                                               \
       "in a file, too; may be given several times",                                \
       NULL},                                                                       \
      {"fail-on",                                                                   \
       CLI_TEXT,                                                                    \
       &(o).fail_on,                                                                \
       "A,B,...",                                                                   \
       "slower, wrong, failed, error, memory, missing; default all but missing",    \
       NULL},                                                                       \
  {                                                                                 \
    "format", CLI_CHOICE, &(o).format, "FORMAT", "default table", compare_formats   \
  }

/* Checks that reports can be written, too. On failure prints one line and returns false.
 */
bool compare_options_take(const cli_command *command, compare_options *o);

/* The file of "FORMAT=FILE", whose format is stored; NULL where it is none. */
const char *compare_report_file(const char *report, compare_format *format);

/* What a comparison exits with. Points that are unsure, or ok but not timed, matter where
 * slower ones do. */
int compare_exit(const comparison *c, unsigned faults);

#endif
