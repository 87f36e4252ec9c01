#include "yaml_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 16, LINES_MAX = 100000 };

/* One open mapping or sequence. */
typedef struct level {
  bool mapping;
  bool value_next; /* mapping: the key has been read */
  size_t index;    /* sequence: of the next entry */
  size_t length;   /* of the path that leads here */
} level;

typedef struct walk {
  level level[DEPTH_MAX];
  size_t depth;
  char path[YAML_PATH_SIZE];
  size_t documents;
  yaml_lines *out;
} walk;

static bool add_line(walk *w, size_t line) {
  yaml_lines *out = w->out;
  if ((out->count & (out->count - 1)) == 0) {
    const size_t room = out->count ? 2 * out->count : 1;
    yaml_line *grown = realloc(out->item, room * sizeof *grown);
    if (!grown) return false;
    out->item = grown;
  }
  yaml_line *item = &out->item[out->count++];
  snprintf(item->path, sizeof item->path, "%s", w->path);
  item->line = line;
  return out->count < LINES_MAX;
}

/* A node begins: it is a key, a mapping's value, a sequence's entry, or the whole. */
static bool enter_node(walk *w, const yaml_event_t *event) {
  if (!w->depth) return true;
  level *top = &w->level[w->depth - 1];
  const size_t line = event->start_mark.line + 1;
  if (!top->mapping) {
    snprintf(w->path + top->length, sizeof w->path - top->length, "[%zu]", top->index++);
    return add_line(w, line);
  }
  if (top->value_next) {
    top->value_next = false;
    return true;
  }
  top->value_next = true;
  snprintf(w->path + top->length, sizeof w->path - top->length, "%s%s",
           top->length ? "." : "", (const char *)event->data.scalar.value);
  return add_line(w, line);
}

/* Whether a node would be a mapping's key. */
static bool key_next(const walk *w) {
  return w->depth && w->level[w->depth - 1].mapping && !w->level[w->depth - 1].value_next;
}

static bool enter_scalar(walk *w, const yaml_event_t *event, const char **why) {
  const char *text = (const char *)event->data.scalar.value;
  *why = "holds a zero character";
  if (strlen(text) != event->data.scalar.length) return false;
  *why = "too long";
  return enter_node(w, event);
}

static bool enter_level(walk *w, const yaml_event_t *event, const char **why) {
  *why = "a key is a single word";
  if (key_next(w)) return false;
  *why = "too long";
  if (!enter_node(w, event)) return false;
  *why = "nested too deep";
  if (w->depth == DEPTH_MAX) return false;
  w->level[w->depth++] = (level){.mapping = event->type == YAML_MAPPING_START_EVENT,
                                 .length = strlen(w->path)};
  return true;
}

/* False with a message where the text cannot be taken. */
static bool take_event(walk *w, const yaml_event_t *event, const char **why) {
  switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
      *why = "a second document; a file holds one";
      return w->documents++ == 0;
    case YAML_ALIAS_EVENT:
      *why = "aliases are not read here; write the value out";
      return false;
    case YAML_SCALAR_EVENT:
      return enter_scalar(w, event, why);
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
      return enter_level(w, event, why);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
      w->path[w->level[--w->depth].length] = 0;
      return true;
    default:
      return true;
  }
}

bool yaml_lines_read(const char *file, const char *text, size_t bytes, yaml_lines *out,
                     error *err) {
  yaml_parser_t parser;
  walk w = {.out = out};
  bool ok = true, done = false;
  *out = (yaml_lines){0};
  if (!yaml_parser_initialize(&parser)) return error_set(err, "%s: out of memory", file);
  yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
  while (ok && !done) {
    yaml_event_t event;
    const char *why;
    if (!yaml_parser_parse(&parser, &event)) {
      ok = error_set(err, "%s:%zu: not YAML: %s", file, parser.problem_mark.line + 1,
                     parser.problem ? parser.problem : "cannot be read");
      break;
    }
    done = event.type == YAML_STREAM_END_EVENT;
    if (!take_event(&w, &event, &why))
      ok = error_set(err, "%s:%zu: %s", file, event.start_mark.line + 1, why);
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&parser);
  if (!ok) yaml_lines_free(out);
  return ok;
}

size_t yaml_lines_find(const yaml_lines *lines, const char *path) {
  char prefix[YAML_PATH_SIZE];
  snprintf(prefix, sizeof prefix, "%s", path);
  while (*prefix) {
    for (size_t i = 0; i < lines->count; i++)
      if (!strcmp(prefix, lines->item[i].path)) return lines->item[i].line;
    size_t end = strlen(prefix) - 1;
    while (end && prefix[end] != '.' && prefix[end] != '[') end--;
    prefix[end] = 0;
  }
  return 1;
}

void yaml_lines_free(yaml_lines *lines) {
  free(lines->item);
  *lines = (yaml_lines){0};
}
