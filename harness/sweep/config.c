#include "config.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bytes_parse.h"
#include "config_axes.h"
#include "yaml_tree.h"

enum { CONFIG_BYTES_MAX = 1 << 20, LOG_LINES = 24 };

/* The file as libcyaml gives it: numbers are words until they are checked, since libcyaml
 * takes "3x" for 3 and "010" for 8. What has no one shape is config_axes.c's to read. */
typedef struct yaml_config {
  char *name, *description, *where;
  char *repetitions, *max_repetitions, *precision, *min_time, *timeout, *memory_limit,
      *order_seed;
} yaml_config;

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
static const cyaml_schema_field_t config_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, yaml_config, name, 1, 64),
    CYAML_FIELD_STRING_PTR("description", OPTIONAL, yaml_config, description, 0, 4096),
    CYAML_FIELD_STRING_PTR("where", OPTIONAL, yaml_config, where, 1, 4096),
    CYAML_FIELD_STRING_PTR("repetitions", OPTIONAL, yaml_config, repetitions, 0, 64),
    CYAML_FIELD_STRING_PTR("max_repetitions", OPTIONAL, yaml_config, max_repetitions, 0,
                           64),
    CYAML_FIELD_STRING_PTR("precision", OPTIONAL, yaml_config, precision, 0, 64),
    CYAML_FIELD_STRING_PTR("min_time", OPTIONAL, yaml_config, min_time, 0, 64),
    CYAML_FIELD_STRING_PTR("timeout", OPTIONAL, yaml_config, timeout, 0, 64),
    CYAML_FIELD_STRING_PTR("memory_limit", OPTIONAL, yaml_config, memory_limit, 0, 64),
    CYAML_FIELD_STRING_PTR("order_seed", OPTIONAL, yaml_config, order_seed, 0, 64),
    CYAML_FIELD_IGNORE("axes", CYAML_FLAG_DEFAULT),
    CYAML_FIELD_IGNORE("tiles", CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_IGNORE("zip", CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_IGNORE("include", CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_IGNORE("exclude", CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_IGNORE("overrides", CYAML_FLAG_OPTIONAL),
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

/* The key libcyaml was at, from its backtrace; "" at the top. */
static void backtrace_key(const cyaml_words *words, char *key, size_t size) {
  *key = 0;
  for (size_t i = words->count; i-- > 0 && !*key;)
    if (!quoted(words->line[i], "in mapping field '", '\'', key, size)) *key = 0;
}

/* What libcyaml says, and what would be right. */
static const char *remedy_of(const char *message) {
  static const struct {
    const char *words, *remedy;
  } known[] = {
      {"Expecting MAPPING", "wants keys and their values, such as 'name: quick'"},
      {"Expecting STRING", "wants a single value"},
      {"Mapping field already seen", "is given more than once"},
      {"STRING length <", "is empty; give it a value, or leave the key out"},
      {"STRING length >", "is too long"},
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strstr(message, known[i].words)) return known[i].remedy;
  return message;
}

/* Turns libcyaml's words into one line of ours. */
static bool schema_error(const char *file, const cyaml_words *words, cyaml_err_t code,
                         const yaml_node *tree, error *err) {
  char key[128], name[128], message[256];
  backtrace_key(words, key, sizeof key);
  if (!words->count || !quoted(words->line[0], "Load: ", '\n', message, sizeof message))
    snprintf(message, sizeof message, "%s", cyaml_strerror(code));
  if (quoted(message, "Unexpected key: ", '\n', name, sizeof name))
    return error_set(err, "%s:%zu: %s: unknown key; docs/sweep.md lists the keys", file,
                     yaml_tree_line(tree, name), name);
  if (quoted(message, "Missing required mapping field: ", '\n', name, sizeof name))
    return error_set(err, "%s:1: the key '%s' is missing; docs/sweep.md lists the keys",
                     file, name);
  return error_set(err, "%s:%zu: %s: %s", file, yaml_tree_line(tree, key),
                   *key ? key : "top level", remedy_of(message));
}

static bool read_file(const char *path, char **text, size_t *bytes, error *err) {
  struct stat info;
  bool ok = false;
  FILE *in = NULL;
  *text = NULL;
  /* Before opening, which would wait for the writer of a pipe. */
  if (stat(path, &info))
    return error_set(err, "%s: %s; give a config, such as configs/quick.yaml", path,
                     strerror(errno));
  if (!S_ISREG(info.st_mode))
    return error_set(err, "%s: not a regular file; a config is a YAML file", path);
  if (info.st_size > CONFIG_BYTES_MAX)
    return error_set(err, "%s: larger than 1 MiB; a config is a small YAML file", path);
  if (!(*text = malloc((size_t)info.st_size + 1)))
    error_set(err, "%s: out of memory", path);
  else if (!(in = fopen(path, "rb")))
    error_set(err, "%s: cannot be read: %s; give a config that can", path,
              strerror(errno));
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

/* A whole number from `low` to `high`; `fallback` where the key is not there. */
static bool take_whole(const config *c, const yaml_node *tree, const char *key,
                       const char *given, uint64_t low, uint64_t high, uint64_t fallback,
                       uint64_t *out, error *err) {
  *out = fallback;
  if (!given) return true;
  if (whole_number(given, strlen(given), out) && *out >= low && *out <= high) return true;
  return error_set(err,
                   "%s:%zu: %s: '%s' is not a whole number from %" PRIu64 " to %" PRIu64,
                   c->path, yaml_tree_line(tree, key), key, given, low, high);
}

bool config_share(const char *text, double *out) {
  char *end;
  const size_t digits = strspn(text, "0123456789.");
  if (!digits) return false;
  *out = strtod(text, &end) / 100;
  if (end != text + digits) return false;
  end += strspn(end, " ");
  return !strcmp(end, "%") && *out > 0 && *out < 1;
}

/* 0 where the key is not there. */
static bool take_precision(const config *c, const yaml_node *tree, const char *given,
                           double *out, error *err) {
  *out = 0;
  if (!given || config_share(given, out)) return true;
  return error_set(err, "%s:%zu: precision: '%s' is not a percentage such as 1%%",
                   c->path, yaml_tree_line(tree, "precision"), given);
}

bool config_seconds(const char *text, double *out) {
  char *end;
  const bool decimal = *text && strspn(text, "0123456789.eE+-") == strlen(text);
  *out = strtod(text, &end);
  return decimal && !*end && *out > 0 && *out <= CONFIG_SECONDS_MAX;
}

/* A positive number of seconds; `fallback` where the key is not there. */
static bool take_seconds(const config *c, const yaml_node *tree, const char *key,
                         const char *given, double fallback, double *out, error *err) {
  *out = fallback;
  if (!given || config_seconds(given, out)) return true;
  return error_set(err, "%s:%zu: %s: '%s' is not a number of seconds over 0, up to %d",
                   c->path, yaml_tree_line(tree, key), key, given, CONFIG_SECONDS_MAX);
}

/* 0 where the key is not there. */
static bool take_bytes(const config *c, const yaml_node *tree, const char *key,
                       const char *given, uint64_t *out, error *err) {
  *out = 0;
  if (!given || bytes_parse(given, out)) return true;
  return error_set(err, "%s:%zu: %s: '%s' is not " BYTES_REMEDY, c->path,
                   yaml_tree_line(tree, key), key, given);
}

static bool take_name(const config *c, const yaml_node *tree, const char *name,
                      error *err) {
  static const char letters[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return strspn(name, letters) == strlen(name) ||
         error_set(err, "%s:%zu: name: '%s' names a file; letters, digits, _ and - only",
                   c->path, yaml_tree_line(tree, "name"), name);
}

static bool take_config(const yaml_config *yaml, const yaml_node *tree, config *out,
                        error *err) {
  uint64_t repetitions, most;
  if (!take_name(out, tree, yaml->name, err) ||
      !take_whole(out, tree, "repetitions", yaml->repetitions, 1, CONFIG_REPETITIONS_MAX,
                  CONFIG_REPETITIONS, &repetitions, err) ||
      !take_whole(out, tree, "max_repetitions", yaml->max_repetitions, repetitions,
                  CONFIG_REPETITIONS_MAX, CONFIG_REPETITIONS_MAX, &most, err) ||
      !take_precision(out, tree, yaml->precision, &out->precision, err) ||
      !take_whole(out, tree, "order_seed", yaml->order_seed, 0, INT64_MAX,
                  CONFIG_ORDER_SEED, &out->order_seed, err) ||
      !take_seconds(out, tree, "min_time", yaml->min_time, CONFIG_MIN_TIME_S,
                    &out->min_time_s, err) ||
      !take_seconds(out, tree, "timeout", yaml->timeout, CONFIG_TIMEOUT_S,
                    &out->timeout_s, err) ||
      !take_bytes(out, tree, "memory_limit", yaml->memory_limit, &out->memory_limit, err))
    return false;
  out->repetitions = (unsigned)repetitions;
  out->max_repetitions = (unsigned)most;
  if (!(out->name = strdup(yaml->name)) ||
      (yaml->where && !(out->where = strdup(yaml->where))))
    return error_set(err, "%s: out of memory", out->path);
  out->where_line = yaml_tree_line(tree, "where");
  return config_axes_read(tree, out, err);
}

/* libcyaml's reading of the text; NULL with an error where it does not fit the schema. */
static yaml_config *load(const config *c, size_t bytes, const yaml_node *tree,
                         const cyaml_config_t *how, error *err) {
  yaml_config *yaml = NULL;
  const cyaml_err_t code = cyaml_load_data((const uint8_t *)c->text, bytes, how,
                                           &config_schema, (void **)&yaml, NULL);
  if (code != CYAML_OK)
    schema_error(c->path, how->log_ctx, code, tree, err);
  else if (!yaml)
    error_set(err, "%s: empty; docs/sweep.md shows a config", c->path);
  return yaml;
}

bool config_parse(const char *path, const char *text, size_t bytes, config *out,
                  error *err) {
  yaml_node *tree = NULL;
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
  ok = yaml_tree_read(path, out->text, bytes, &tree, err) &&
       (yaml = load(out, bytes, tree, &how, err)) && take_config(yaml, tree, out, err);
done:
  if (yaml) cyaml_free(&how, &config_schema, yaml, 0);
  yaml_tree_free(tree);
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

static void free_each(axis_values *values, size_t count) {
  for (size_t i = 0; i < count; i++) axis_values_free(&values[i]);
  free(values);
}

void config_free(config *c) {
  free(c->path);
  free(c->text);
  free(c->name);
  free(c->where);
  axis_values_free(&c->axes);
  axis_values_free(&c->set);
  free_each(c->zip, c->zip_count);
  free_each(c->include, c->include_count);
  free_each(c->exclude, c->exclude_count);
  for (size_t i = 0; i < c->override_count; i++) {
    free(c->overrides[i].kernel);
    axis_values_free(&c->overrides[i].axes);
  }
  free(c->overrides);
  for (size_t i = 0; i < c->filter_count; i++) {
    free(c->filters[i].where);
    axis_values_free(&c->filters[i].axes);
  }
  free(c->filters);
  for (size_t i = 0; i < c->tiles.count; i++) free(c->tiles.item[i].name);
  free(c->tiles.item);
  *c = (config){0};
}
