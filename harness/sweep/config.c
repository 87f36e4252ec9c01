#include "config.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "inputs.h"
#include "yaml_lines.h"

enum {
  CONFIG_BYTES_MAX = 1 << 20,
  VALUES_MAX = 4096,
  LOG_LINES = 24,
  SECONDS_MAX = 1000000
};

const char *const number_axis_names[NUMBER_AXES] = {
    "seed", "batch", "seq_len", "heads", "head_dim", "tile_q", "tile_k", "threads"};

/* The file as libcyaml gives it: numbers are words until they are checked, since libcyaml
 * takes "3x" for 3 and "010" for 8. */
typedef struct yaml_axes {
  char **kernel, **stage, **regime, **number[NUMBER_AXES];
  unsigned kernel_count, stage_count, regime_count, number_count[NUMBER_AXES];
} yaml_axes;

typedef struct yaml_config {
  char *name, *description, *where;
  char *repetitions, *min_time, *timeout, *order_seed;
  yaml_axes axes;
} yaml_config;

static const cyaml_schema_value_t word = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 64)};

#define WORDS(axis_name, optional, member, count_member)                        \
  {                                                                             \
    .key = axis_name,                                                           \
    .value = {.type = CYAML_SEQUENCE,                                           \
              .flags = CYAML_FLAG_POINTER | (optional),                         \
              .data_size = sizeof(char *),                                      \
              .sequence = {.entry = &word, .min = 1, .max = VALUES_MAX}},       \
    .data_offset = offsetof(yaml_axes, member), .count_size = sizeof(unsigned), \
    .count_offset = offsetof(yaml_axes, count_member)                           \
  }
#define NUMBERS(axis_name, optional, axis) \
  WORDS(axis_name, optional, number[axis], number_count[axis])

static const cyaml_schema_field_t axes_fields[] = {
    WORDS("kernel", CYAML_FLAG_DEFAULT, kernel, kernel_count),
    WORDS("stage", CYAML_FLAG_OPTIONAL, stage, stage_count),
    WORDS("regime", CYAML_FLAG_OPTIONAL, regime, regime_count),
    NUMBERS("seed", CYAML_FLAG_OPTIONAL, AXIS_SEED),
    NUMBERS("batch", CYAML_FLAG_OPTIONAL, AXIS_BATCH),
    NUMBERS("seq_len", CYAML_FLAG_DEFAULT, AXIS_SEQ_LEN),
    NUMBERS("heads", CYAML_FLAG_OPTIONAL, AXIS_HEADS),
    NUMBERS("head_dim", CYAML_FLAG_DEFAULT, AXIS_HEAD_DIM),
    NUMBERS("tile_q", CYAML_FLAG_OPTIONAL, AXIS_TILE_Q),
    NUMBERS("tile_k", CYAML_FLAG_OPTIONAL, AXIS_TILE_K),
    NUMBERS("threads", CYAML_FLAG_OPTIONAL, AXIS_THREADS),
    CYAML_FIELD_END};

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
static const cyaml_schema_field_t config_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, yaml_config, name, 1, 64),
    CYAML_FIELD_STRING_PTR("description", OPTIONAL, yaml_config, description, 0, 4096),
    CYAML_FIELD_STRING_PTR("where", OPTIONAL, yaml_config, where, 1, 4096),
    CYAML_FIELD_STRING_PTR("repetitions", OPTIONAL, yaml_config, repetitions, 0, 64),
    CYAML_FIELD_STRING_PTR("min_time", OPTIONAL, yaml_config, min_time, 0, 64),
    CYAML_FIELD_STRING_PTR("timeout", OPTIONAL, yaml_config, timeout, 0, 64),
    CYAML_FIELD_STRING_PTR("order_seed", OPTIONAL, yaml_config, order_seed, 0, 64),
    CYAML_FIELD_MAPPING("axes", CYAML_FLAG_DEFAULT, yaml_config, axes, axes_fields),
    CYAML_FIELD_END};

static const cyaml_schema_value_t config_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, yaml_config, config_fields)};

/* What libcyaml logs: the message, then a backtrace of field names, innermost first. */
typedef struct cyaml_words {
  char line[LOG_LINES][256];
  size_t count;
} cyaml_words;

__attribute__((format(printf, 3, 0))) static void log_line(cyaml_log_t level,
                                                           void *context,
                                                           const char *format,
                                                           va_list args) {
  cyaml_words *words = context;
  (void)level;
  if (words->count < LOG_LINES)
    vsnprintf(words->line[words->count++], sizeof *words->line, format, args);
}

/* The text after `marker` up to `end`, in `out`; false where it is not in `line`. */
static bool quoted(const char *line, const char *marker, char end, char *out,
                   size_t size) {
  const char *start = strstr(line, marker);
  if (!start) return false;
  start += strlen(marker);
  const char *stop = strchr(start, end);
  snprintf(out, size, "%.*s", stop ? (int)(stop - start) : (int)strlen(start), start);
  return true;
}

/* The path libcyaml was at, from its backtrace; it counts entries from 1. */
static void backtrace_path(const cyaml_words *words, char *path, size_t size) {
  char name[YAML_PATH_SIZE], joined[2 * YAML_PATH_SIZE];
  *path = 0;
  for (size_t i = words->count; i-- > 0;) {
    const char *line = words->line[i];
    if (quoted(line, "in mapping field '", '\'', name, sizeof name))
      snprintf(joined, sizeof joined, *path ? "%s.%s" : "%s%s", path, name);
    else if (quoted(line, "in sequence entry '", '\'', name, sizeof name) &&
             strcmp(name, "0") != 0)
      snprintf(joined, sizeof joined, "%s[%lu]", path, strtoul(name, NULL, 10) - 1);
    else
      continue;
    snprintf(path, size, "%.*s", YAML_PATH_SIZE - 1, joined);
  }
}

/* What libcyaml says, and what would be right. */
static const char *remedy_of(const char *message) {
  static const struct {
    const char *words, *remedy;
  } known[] = {
      {"Expecting MAPPING", "wants keys and their values, such as 'name: quick'"},
      {"Expecting SEQUENCE", "wants a list, such as [1, 2]"},
      {"Expecting STRING", "wants a single value"},
      {"Mapping field already seen", "is given more than once"},
      {"Insufficient entries", "is an empty list; give it values, or leave the key out"},
      {"Excessive entries", "has more than 4096 values"},
      {"STRING length <", "is empty; give it a value, or leave the key out"},
      {"STRING length >", "is too long"},
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strstr(message, known[i].words)) return known[i].remedy;
  return message;
}

/* Turns libcyaml's words into one line of ours. */
static bool schema_error(const char *file, const cyaml_words *words, cyaml_err_t code,
                         const yaml_lines *lines, error *err) {
  char path[YAML_PATH_SIZE], name[128], message[256], joined[2 * YAML_PATH_SIZE];
  backtrace_path(words, path, sizeof path);
  if (!words->count || !quoted(words->line[0], "Load: ", '\n', message, sizeof message))
    snprintf(message, sizeof message, "%s", cyaml_strerror(code));
  if (quoted(message, "Unexpected key: ", '\n', name, sizeof name)) {
    snprintf(joined, sizeof joined, "%s%s%s", path, *path ? "." : "", name);
    return error_set(err, "%s:%zu: %s: unknown key; docs/sweep.md lists the keys", file,
                     yaml_lines_find(lines, joined), joined);
  }
  if (quoted(message, "Missing required mapping field: ", '\n', name, sizeof name)) {
    char *last = strrchr(path, '.'); /* the mapping's last key */
    *(last ? last : path) = 0;
    return error_set(err,
                     "%s:%zu: %s%sthe key '%s' is missing; docs/sweep.md lists the keys",
                     file, yaml_lines_find(lines, path), path, *path ? ": " : "", name);
  }
  return error_set(err, "%s:%zu: %s: %s", file, yaml_lines_find(lines, path),
                   *path ? path : "top level", remedy_of(message));
}

static bool read_file(const char *path, char **text, size_t *bytes, error *err) {
  struct stat info;
  bool ok = false;
  FILE *in = NULL;
  *text = NULL;
  /* Before opening, which would wait for the writer of a pipe. */
  if (stat(path, &info)) return error_set(err, "%s: %s", path, strerror(errno));
  if (!S_ISREG(info.st_mode))
    return error_set(err, "%s: not a regular file; a config is a YAML file", path);
  if (info.st_size > CONFIG_BYTES_MAX)
    return error_set(err, "%s: larger than 1 MiB; a config is a small YAML file", path);
  if (!(*text = malloc((size_t)info.st_size + 1)))
    error_set(err, "%s: out of memory", path);
  else if (!(in = fopen(path, "rb")))
    error_set(err, "%s: %s", path, strerror(errno));
  else {
    *bytes = fread(*text, 1, (size_t)info.st_size, in);
    if (ferror(in))
      error_set(err, "%s: cannot be read: %s", path, strerror(errno));
    else
      ok = true;
  }
  if (in) fclose(in);
  return ok;
}

/* A whole number with nothing around it. */
static bool whole_number(const char *text, size_t length, uint64_t *out) {
  uint64_t number = 0;
  if (!length || length > 19) return false;
  for (size_t i = 0; i < length; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    number = 10 * number + (uint64_t)(text[i] - '0');
  }
  *out = number;
  return number <= INT64_MAX;
}

static bool push_number(numbers *list, uint64_t number) {
  if (list->count >= VALUES_MAX) return false;
  list->item[list->count++] = number;
  return true;
}

static bool is_tile(int axis) {
  return axis == AXIS_TILE_Q || axis == AXIS_TILE_K;
}

/* One entry of a number axis: "64", "64..4096" (doubling), "default" (tiles). */
static bool expand(int axis, const char *entry, numbers *list, const char **remedy) {
  const uint64_t high = axis == AXIS_SEED      ? INT64_MAX
                        : axis == AXIS_THREADS ? 4096
                                               : (uint64_t)1 << 32;
  const uint64_t low = axis == AXIS_SEED ? 0 : 1;
  uint64_t from, to;
  *remedy = is_tile(axis) ? "a whole number from 1 to 2^32, a range such as 16..64, "
                            "or default"
            : axis == AXIS_SEED ? "a whole number from 0 to 2^63-1"
            : axis == AXIS_THREADS
                ? "a whole number from 1 to 4096, or a range such as 1..8"
                : "a whole number from 1 to 2^32, or a range such as "
                  "64..4096 (it doubles)";
  if (is_tile(axis) && !strcmp(entry, "default")) return push_number(list, 0);
  const char *dots = strstr(entry, "..");
  if (!whole_number(entry, dots ? (size_t)(dots - entry) : strlen(entry), &from))
    return false;
  if (!dots) return from >= low && from <= high && push_number(list, from);
  if (axis == AXIS_SEED || !whole_number(dots + 2, strlen(dots + 2), &to)) return false;
  if (from < low || to > high || from > to) return false;
  uint64_t n = from;
  for (; n <= to; n *= 2)
    if (!push_number(list, n)) return false;
  *remedy = "a range that doubling reaches the end of, such as 32..128";
  return n / 2 == to;
}

static bool take_numbers(const char *file, const yaml_lines *lines, int axis,
                         char **entry, unsigned count, uint64_t fallback, numbers *out,
                         error *err) {
  out->item = calloc(VALUES_MAX, sizeof *out->item);
  if (!out->item) return error_set(err, "%s: out of memory", file);
  if (!count) return push_number(out, fallback);
  for (unsigned i = 0; i < count; i++) {
    const char *remedy;
    char path[YAML_PATH_SIZE];
    snprintf(path, sizeof path, "axes.%s[%u]", number_axis_names[axis], i);
    const bool taken = expand(axis, entry[i], out, &remedy);
    if (!taken && out->count == VALUES_MAX)
      return error_set(err, "%s:%zu: %s: more than %d values", file,
                       yaml_lines_find(lines, path), path, VALUES_MAX);
    if (!taken)
      return error_set(err, "%s:%zu: %s: '%s' is not %s", file,
                       yaml_lines_find(lines, path), path, entry[i], remedy);
  }
  return true;
}

/* Copies words, each of which must be one of `valid` (NULL: anything). */
static bool take_texts(const char *file, const yaml_lines *lines, const char *axis,
                       char **entry, unsigned count, const char *fallback,
                       bool (*valid)(const char *), const char *remedy, texts *out,
                       error *err) {
  const size_t wanted = count ? count : 1;
  out->item = calloc(wanted, sizeof *out->item);
  if (!out->item) return error_set(err, "%s: out of memory", file);
  for (size_t i = 0; i < wanted; i++) {
    const char *text = count ? entry[i] : fallback;
    char path[YAML_PATH_SIZE];
    snprintf(path, sizeof path, "axes.%s[%zu]", axis, i);
    if (valid && !valid(text))
      return error_set(err, "%s:%zu: %s: '%s' is not %s", file,
                       yaml_lines_find(lines, path), path, text, remedy);
    if (!(out->item[out->count++] = strdup(text)))
      return error_set(err, "%s: out of memory", file);
  }
  return true;
}

static bool valid_stage(const char *text) {
  return !strcmp(text, "attention") || !strcmp(text, "block");
}

static bool valid_regime(const char *text) {
  return regime_find(text) != NULL;
}

static bool take_axes(const yaml_axes *axes, const yaml_lines *lines, config *out,
                      error *err) {
  static const uint64_t fallback[NUMBER_AXES] = {
      [AXIS_SEED] = 1, [AXIS_BATCH] = 1, [AXIS_HEADS] = 1, [AXIS_THREADS] = 1};
  char remedy[256] = "a regime; there are";
  for (size_t i = 0; i < regime_count(); i++) {
    const size_t used = strlen(remedy);
    snprintf(remedy + used, sizeof remedy - used, " %s", regime_at(i)->name);
  }
  bool ok =
      take_texts(out->path, lines, "kernel", axes->kernel, axes->kernel_count, "*", NULL,
                 NULL, &out->kernel, err) &&
      take_texts(out->path, lines, "stage", axes->stage, axes->stage_count, "attention",
                 valid_stage, "attention or block", &out->stage, err) &&
      take_texts(out->path, lines, "regime", axes->regime, axes->regime_count, "gaussian",
                 valid_regime, remedy, &out->regime, err);
  for (int a = 0; ok && a < NUMBER_AXES; a++)
    ok = take_numbers(out->path, lines, a, axes->number[a], axes->number_count[a],
                      fallback[a], &out->number[a], err);
  return ok;
}

/* A whole number from `low` to `high`; `fallback` where the key is not there. */
static bool take_whole(const config *c, const yaml_lines *lines, const char *key,
                       const char *given, uint64_t low, uint64_t high, uint64_t fallback,
                       uint64_t *out, error *err) {
  *out = fallback;
  if (!given) return true;
  if (whole_number(given, strlen(given), out) && *out >= low && *out <= high) return true;
  return error_set(err,
                   "%s:%zu: %s: '%s' is not a whole number from %" PRIu64 " to %" PRIu64,
                   c->path, yaml_lines_find(lines, key), key, given, low, high);
}

/* A positive number of seconds; `fallback` where the key is not there. */
static bool take_seconds(const config *c, const yaml_lines *lines, const char *key,
                         const char *given, double fallback, double *out, error *err) {
  char *end;
  *out = fallback;
  if (!given) return true;
  const bool decimal = *given && strspn(given, "0123456789.eE+-") == strlen(given);
  *out = strtod(given, &end);
  if (decimal && !*end && *out > 0 && *out <= SECONDS_MAX) return true;
  return error_set(err, "%s:%zu: %s: '%s' is not a number of seconds over 0, up to %d",
                   c->path, yaml_lines_find(lines, key), key, given, SECONDS_MAX);
}

static bool take_name(const config *c, const yaml_lines *lines, const char *name,
                      error *err) {
  static const char letters[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return strspn(name, letters) == strlen(name) ||
         error_set(err, "%s:%zu: name: '%s' names a file; letters, digits, _ and - only",
                   c->path, yaml_lines_find(lines, "name"), name);
}

static bool take_config(const yaml_config *yaml, const yaml_lines *lines, config *out,
                        error *err) {
  uint64_t repetitions;
  if (!take_name(out, lines, yaml->name, err) ||
      !take_whole(out, lines, "repetitions", yaml->repetitions, 1, CONFIG_REPETITIONS_MAX,
                  CONFIG_REPETITIONS, &repetitions, err) ||
      !take_whole(out, lines, "order_seed", yaml->order_seed, 0, INT64_MAX,
                  CONFIG_ORDER_SEED, &out->order_seed, err) ||
      !take_seconds(out, lines, "min_time", yaml->min_time, CONFIG_MIN_TIME_S,
                    &out->min_time_s, err) ||
      !take_seconds(out, lines, "timeout", yaml->timeout, CONFIG_TIMEOUT_S,
                    &out->timeout_s, err))
    return false;
  out->repetitions = (unsigned)repetitions;
  if (!(out->name = strdup(yaml->name)) ||
      (yaml->where && !(out->where = strdup(yaml->where))))
    return error_set(err, "%s: out of memory", out->path);
  return take_axes(&yaml->axes, lines, out, err);
}

/* libcyaml's reading of the text; NULL with an error where it does not fit the schema. */
static yaml_config *load(const config *c, size_t bytes, const yaml_lines *lines,
                         const cyaml_config_t *how, error *err) {
  yaml_config *yaml = NULL;
  const cyaml_err_t code = cyaml_load_data((const uint8_t *)c->text, bytes, how,
                                           &config_schema, (void **)&yaml, NULL);
  if (code != CYAML_OK)
    schema_error(c->path, how->log_ctx, code, lines, err);
  else if (!yaml)
    error_set(err, "%s: empty; docs/sweep.md shows a config", c->path);
  return yaml;
}

bool config_parse(const char *path, const char *text, size_t bytes, config *out,
                  error *err) {
  yaml_lines lines = {0};
  yaml_config *yaml = NULL;
  cyaml_words *words = calloc(1, sizeof *words);
  const cyaml_config_t how = {.log_fn = log_line,
                              .log_ctx = words,
                              .log_level = CYAML_LOG_NOTICE,
                              .mem_fn = cyaml_mem};
  bool ok = false;
  *out = (config){.path = strdup(path), .text = malloc(bytes + 1)};
  if (!words || !out->path || !out->text) {
    error_set(err, "%s: out of memory", path);
    goto done;
  }
  if (memchr(text, 0, bytes)) {
    error_set(err, "%s: holds zero bytes; a config is a YAML file", path);
    goto done;
  }
  memcpy(out->text, text, bytes);
  out->text[bytes] = 0;
  ok = yaml_lines_read(path, out->text, bytes, &lines, err) &&
       (yaml = load(out, bytes, &lines, &how, err)) &&
       take_config(yaml, &lines, out, err);
done:
  if (yaml) cyaml_free(&how, &config_schema, yaml, 0);
  yaml_lines_free(&lines);
  free(words);
  if (!ok) config_free(out);
  return ok;
}

bool config_read(const char *path, config *out, error *err) {
  char *text;
  size_t bytes = 0;
  *out = (config){0};
  const bool ok =
      read_file(path, &text, &bytes, err) && config_parse(path, text, bytes, out, err);
  free(text);
  return ok;
}

static void free_texts(texts *list) {
  for (size_t i = 0; i < list->count; i++) free(list->item[i]);
  free(list->item);
}

void config_free(config *c) {
  free(c->path);
  free(c->text);
  free(c->name);
  free(c->where);
  free_texts(&c->kernel);
  free_texts(&c->stage);
  free_texts(&c->regime);
  for (int a = 0; a < NUMBER_AXES; a++) free(c->number[a].item);
  *c = (config){0};
}
