#include "cli.h"

#include <errno.h>
#include <float.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes_parse.h"
#include "linkv/registry.h"

/* getopt_long gives a word as 1: options count from OPTION_BASE. */
enum { OPTIONS_MAX = 48, HELP_COLUMN = 28, HELP_WIDTH = 90, OPTION_BASE = 256 };

const char *const cli_row_rules[] = {"auto", "all", "sampled", NULL};
const char *const cli_row_help = "rows to judge, default auto, which goes by their work";
const char *const cli_formats[] = {"table", "json", "csv", "md", "jsonl", NULL};

int cli_fail(const cli_command *command, int code, const char *format, ...) {
  va_list args;
  va_start(args, format);
  fprintf(stderr, "linkv %s: ", command->name);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  return code;
}

int cli_finish(const cli_command *command, int code) {
  if (fflush(stdout) || ferror(stdout))
    return cli_fail(command, EXIT_USAGE, "standard output: %s",
                    errno ? strerror(errno) : "write failed");
  return code;
}

bool cli_load_plugins(const cli_command *command, const cli_list *paths) {
  char why[1024];
  for (size_t i = 0; i < paths->count; i++)
    if (!lkv_plugin_load(paths->item[i], why, sizeof why)) {
      cli_fail(command, EXIT_USAGE, "--plugin: %s", why);
      return false;
    }
  return true;
}

bool cli_load_sides(const cli_command *command, const char *const libraries[2]) {
  static const char *const side[] = {"base", "head"};
  char why[1024], prefix[8];
  for (size_t i = 0; i < 2; i++) {
    snprintf(prefix, sizeof prefix, "%s_", side[i]);
    if (!libraries[i] || lkv_library_load(prefix, libraries[i], why, sizeof why))
      continue;
    cli_fail(command, EXIT_USAGE, "--%s: %s", side[i], why);
    return false;
  }
  return true;
}

void cli_list_free(cli_list *list) {
  free((void *)list->item);
  *list = (cli_list){0};
}

static bool list_push(cli_list *list, const char *item) {
  const char **grown =
      (const char **)realloc((void *)list->item, (list->count + 1) * sizeof *grown);
  if (!grown) return false;
  list->item = grown;
  list->item[list->count++] = item;
  return true;
}

/* Prints the text's words from `column` on, broken before HELP_WIDTH; the column then. */
static int print_words(const char *text, int column) {
  while (*text) {
    const int length = (int)strcspn(text, " ");
    if (column > HELP_COLUMN && column + 1 + length > HELP_WIDTH) {
      printf("\n%*s", HELP_COLUMN, "");
      column = HELP_COLUMN;
    } else if (column > HELP_COLUMN) {
      putchar(' ');
      column++;
    }
    printf("%.*s", length, text);
    column += length;
    text += length;
    text += *text == ' ';
  }
  return column;
}

static void print_option(const cli_option *o) {
  char left[96];
  int n = snprintf(left, sizeof left, "  --%s%s%s", o->name, o->metavar ? " " : "",
                   o->metavar ? o->metavar : "");
  printf("%-*s", HELP_COLUMN, left);
  if (n >= HELP_COLUMN) printf("\n%*s", HELP_COLUMN, "");
  int column = print_words(o->help, HELP_COLUMN);
  if (o->kind == CLI_CHOICE) {
    putchar(':');
    column++;
    for (const char *const *c = o->choices; *c; c++) {
      column = print_words(*c, column);
      if (c[1]) putchar(',');
      column += c[1] != NULL;
    }
  }
  putchar('\n');
}

static void print_help(const cli_command *command, const cli_option *options) {
  printf("linkv %s: %s\n\nusage: linkv %s %s\n", command->name, command->summary,
         command->name, command->usage);
  if (command->details) printf("\n%s\n", command->details);
  printf("\noptions:\n");
  for (const cli_option *o = options; o->name; o++) print_option(o);
  printf("%-*s%s\n", HELP_COLUMN, "  --help", "this page");
}

static bool parse_u64(const char *text, uint64_t low, uint64_t high, uint64_t *out) {
  char *end;
  if (*text < '0' || *text > '9') return false;
  errno = 0;
  *out = strtoull(text, &end, 10);
  return !errno && !*end && *out >= low && *out <= high;
}

/* 0 < *out <= high; left as it is where the text is none. */
static bool parse_real(const char *text, double high, double *out) {
  char *end;
  const double d = strtod(text, &end);
  if (end == text || *end || !(d > 0) || !(d <= high)) return false;
  *out = d;
  return true;
}

/* "2" or "2%". */
static bool parse_percent(const char *text, double *out) {
  char number[64];
  const size_t length = strlen(text);
  if (length >= sizeof number) return false;
  memcpy(number, text, length + 1);
  if (length && number[length - 1] == '%') number[length - 1] = 0;
  return parse_real(number, DBL_MAX, out);
}

/* Stores `text` in the option's target; on failure writes what would be right, and
 * nothing where the text must only not be empty. */
static bool store_value(const cli_option *o, const char *text, char *remedy,
                        size_t size) {
  uint64_t u;
  switch (o->kind) {
    case CLI_FLAG:
      *(bool *)o->target = true;
      return true;
    case CLI_TEXT:
      *(const char **)o->target = text;
      return *text != 0;
    case CLI_LIST:
      return *text && list_push((cli_list *)o->target, text);
    case CLI_SIZE:
      snprintf(remedy, size, "a whole number from 1 to 2^40");
      if (!parse_u64(text, 1, (uint64_t)1 << 40, &u)) return false;
      *(size_t *)o->target = (size_t)u;
      return true;
    case CLI_THREADS:
      snprintf(remedy, size, "a whole number from 1 to %d", CLI_THREADS_MAX);
      if (!parse_u64(text, 1, CLI_THREADS_MAX, &u)) return false;
      *(size_t *)o->target = (size_t)u;
      return true;
    case CLI_SEED:
      snprintf(remedy, size, "a whole number from 0 to 2^63-1");
      if (!parse_u64(text, 0, INT64_MAX, &u)) return false;
      *(uint64_t *)o->target = u;
      return true;
    case CLI_SECONDS:
      snprintf(remedy, size, "a number of seconds over 0, up to %d", CLI_SECONDS_MAX);
      return parse_real(text, CLI_SECONDS_MAX, (double *)o->target);
    case CLI_REAL:
      snprintf(remedy, size, "a number greater than 0");
      return parse_real(text, DBL_MAX, (double *)o->target);
    case CLI_PERCENT:
      snprintf(remedy, size, "a percentage greater than 0, such as 2%%");
      return parse_percent(text, (double *)o->target);
    case CLI_BYTES:
      snprintf(remedy, size, BYTES_REMEDY);
      return bytes_parse(text, (uint64_t *)o->target);
    case CLI_CHOICE: {
      size_t used = (size_t)snprintf(remedy, size, "one of");
      for (int c = 0; o->choices[c]; c++) {
        if (!strcmp(text, o->choices[c])) {
          *(int *)o->target = c;
          return true;
        }
        if (used < size)
          used += (size_t)snprintf(remedy + used, size - used, " %s", o->choices[c]);
      }
      return false;
    }
  }
  return false;
}

static cli_parsed usage_error(const cli_command *command, const char *what,
                              const char *word, const char *remedy) {
  cli_fail(command, EXIT_USAGE, "%s '%s'; %s", what, word, remedy);
  return CLI_STOP_USAGE;
}

cli_parsed cli_parse(const cli_command *command, const cli_option *options, int argc,
                     char **argv, cli_list *words) {
  struct option longs[OPTIONS_MAX + 2] = {{0}};
  int count = 0;
  for (; options[count].name && count < OPTIONS_MAX; count++)
    longs[count] = (struct option){
        .name = options[count].name,
        .has_arg = options[count].kind == CLI_FLAG ? no_argument : required_argument,
        .val = OPTION_BASE + count};
  longs[count] =
      (struct option){.name = "help", .has_arg = no_argument, .val = OPTION_BASE + count};

  char see[96];
  snprintf(see, sizeof see, "see 'linkv %s --help'", command->name);
  opterr = 0;
  optind = 0;
  for (;;) {
    /* "-": words are given in order, as the argument of option 1. */
    int before = optind ? optind : 1;
    int got = getopt_long(argc, argv, "-:", longs, NULL);
    if (got == -1) break;
    const char *word = before < argc ? argv[before] : "";
    if (got == ':') return usage_error(command, "a value is missing after", word, see);
    if (got == '?') return usage_error(command, "unknown option", word, see);
    if (got == 1) {
      if (!list_push(words, optarg)) return CLI_STOP_USAGE;
      continue;
    }
    if (got == OPTION_BASE + count) {
      print_help(command, options);
      return cli_finish(command, EXIT_FINE) == EXIT_FINE ? CLI_STOP_FINE : CLI_STOP_USAGE;
    }
    const cli_option *o = &options[got - OPTION_BASE];
    char remedy[512] = "";
    if (!store_value(o, optarg ? optarg : "", remedy, sizeof remedy)) {
      if (*remedy)
        cli_fail(command, EXIT_USAGE, "--%s '%s' is not %s", o->name, optarg, remedy);
      else
        cli_fail(command, EXIT_USAGE, "--%s is empty; give it %s", o->name, o->metavar);
      return CLI_STOP_USAGE;
    }
  }
  for (; optind < argc; optind++)
    if (!list_push(words, argv[optind])) return CLI_STOP_USAGE;
  return CLI_GO;
}
