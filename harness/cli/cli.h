/* Subcommands and their options. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/* What linkv exits with. */
enum {
  EXIT_FINE = 0,
  EXIT_REGRESSION = 1,
  EXIT_USAGE = 2,  /* usage or bad input; also a result that could not be written */
  EXIT_WRONG = 3,  /* wrong numerics */
  EXIT_LITTLE = 4, /* nothing or too little measured */
  EXIT_UNSURE = 5,
};

typedef enum cli_kind {
  CLI_FLAG,    /* bool: true when given */
  CLI_TEXT,    /* const char * */
  CLI_LIST,    /* cli_list: may be given several times */
  CLI_SIZE,    /* size_t, 1 <= value <= 2^40 */
  CLI_THREADS, /* size_t, 1 <= value <= CLI_THREADS_MAX */
  CLI_SEED,    /* uint64_t, 0 <= value < 2^63 */
  CLI_SECONDS, /* double, 0 < value <= CLI_SECONDS_MAX */
  CLI_REAL,    /* double, finite and > 0 */
  CLI_PERCENT, /* double, "2" or "2%": finite and > 0 */
  CLI_BYTES,   /* uint64_t: see bytes_parse.h */
  CLI_CHOICE,  /* int: index into `choices` */
} cli_kind;

enum { CLI_THREADS_MAX = 4096, CLI_SECONDS_MAX = 1000000 };

typedef struct cli_list {
  const char **item;
  size_t count;
} cli_list;

typedef struct cli_option {
  const char *name; /* "seq-len" for --seq-len; NULL ends the table */
  cli_kind kind;
  void *target;               /* holds the default before, the value after */
  const char *metavar;        /* "T"; NULL for flags */
  const char *help;           /* one clause; the default is named here */
  const char *const *choices; /* CLI_CHOICE: NULL-terminated */
} cli_option;

typedef struct cli_command {
  const char *name;
  const char *summary; /* one line, for `linkv --help` */
  const char *usage;   /* "CONFIG.yaml [options]" */
  const char *details; /* paragraphs and examples for `linkv NAME --help`; NULL: none */
  int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns an EXIT_ */
  bool hidden; /* internal commands are left out of `linkv --help` */
} cli_command;

/* What parsing decided. */
typedef enum cli_parsed { CLI_GO, CLI_STOP_FINE, CLI_STOP_USAGE } cli_parsed;

/* Parses long options ("--name value", "--name=value") into their targets and gathers the
 * other words in `words` (kept in order; "--" ends options). `--help` prints the page on
 * stdout and gives CLI_STOP_FINE; a mistake prints one line on stderr, naming the option
 * and the remedy, and gives CLI_STOP_USAGE. Lists are owned by the caller: cli_list_free.
 */
cli_parsed cli_parse(const cli_command *command, const cli_option *options, int argc,
                     char **argv, cli_list *words);

void cli_list_free(cli_list *list);

/* "linkv NAME: text" on stderr; returns `code`. */
__attribute__((format(printf, 3, 4))) int cli_fail(const cli_command *command, int code,
                                                   const char *format, ...);

/* fflush(stdout), and EXIT_USAGE with a line on stderr if anything could not be written.
 */
int cli_finish(const cli_command *command, int code);

/* Loads the plug-ins named by --plugin; on failure prints and returns false. */
bool cli_load_plugins(const cli_command *command, const cli_list *paths);

/* Loads builds of the kernel library as base_* and head_*, NULL: none; likewise. */
bool cli_load_sides(const cli_command *command, const char *const libraries[2]);

/* --format: choices and values shared by the commands that print rows. */
extern const char *const cli_row_rules[]; /* auto, all, sampled, NULL: by sample_rule */
extern const char *const cli_row_help;
extern const char *const cli_formats[]; /* table, json, csv, md, jsonl, NULL */

#endif
