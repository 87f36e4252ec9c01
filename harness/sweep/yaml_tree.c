#include "yaml_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 16, NODES_MAX = 100000 };

typedef struct walk {
  yaml_node *open[DEPTH_MAX]; /* maps and lists, outermost first */
  size_t depth, nodes, documents;
  char *key; /* of the value that comes next; NULL: a map's next word is a key */
  size_t key_line;
  yaml_node *root;
} walk;

static yaml_node *top_of(const walk *w) {
  return w->depth ? w->open[w->depth - 1] : NULL;
}

/* Whether the next node would be a map's key. */
static bool key_next(const walk *w) {
  return w->depth && top_of(w)->kind == NODE_MAP && !w->key;
}

static bool push_item(yaml_node *parent, yaml_node *child) {
  if ((parent->count & (parent->count - 1)) == 0) {
    const size_t room = parent->count ? 2 * parent->count : 1;
    yaml_node **grown =
        (yaml_node **)realloc((void *)parent->item, room * sizeof(yaml_node *));
    if (!grown) return false;
    parent->item = grown;
  }
  parent->item[parent->count++] = child;
  return true;
}

/* A path that is too long is cut: messages show its beginning. */
static bool put_path(yaml_node *node, const yaml_node *parent) {
  const int length = node->key
                         ? snprintf(node->path, sizeof node->path, "%s%s%s", parent->path,
                                    *parent->path ? "." : "", node->key)
                         : snprintf(node->path, sizeof node->path, "%s[%zu]",
                                    parent->path, parent->count);
  return length >= 0;
}

/* A node in its place; NULL when there are too many, or out of memory. */
static yaml_node *add_node(walk *w, yaml_kind kind, size_t line) {
  yaml_node *parent = top_of(w);
  const bool room = w->nodes < NODES_MAX && (parent || !w->root);
  yaml_node *node = room ? calloc(1, sizeof *node) : NULL;
  if (!node) return NULL;
  w->nodes++;
  node->kind = kind;
  node->line = w->key ? w->key_line : line;
  node->key = w->key;
  w->key = NULL;
  if (!parent) {
    w->root = node;
    return node;
  }
  if (put_path(node, parent) && push_item(parent, node)) return node;
  yaml_tree_free(node);
  return NULL;
}

static bool take_word(walk *w, const yaml_event_t *event, const char **why) {
  const char *text = (const char *)event->data.scalar.value;
  *why = "holds a zero character";
  if (strlen(text) != event->data.scalar.length) return false;
  *why = "too long";
  if (key_next(w)) {
    w->key = strdup(text);
    w->key_line = event->start_mark.line + 1;
    return w->key != NULL;
  }
  yaml_node *node = add_node(w, NODE_WORD, event->start_mark.line + 1);
  if (node) node->text = strdup(text);
  return node && node->text;
}

static bool take_start(walk *w, const yaml_event_t *event, const char **why) {
  const yaml_kind kind = event->type == YAML_MAPPING_START_EVENT ? NODE_MAP : NODE_LIST;
  *why = "a key is a single word";
  if (key_next(w)) return false;
  *why = "nested too deep";
  if (w->depth == DEPTH_MAX) return false;
  *why = "too long";
  yaml_node *node = add_node(w, kind, event->start_mark.line + 1);
  if (node) w->open[w->depth++] = node;
  return node != NULL;
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
      return take_word(w, event, why);
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
      return take_start(w, event, why);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
      w->depth--;
      return true;
    default:
      return true;
  }
}

bool yaml_tree_read(const char *file, const char *text, size_t bytes, yaml_node **out,
                    error *err) {
  yaml_parser_t parser;
  walk w = {0};
  bool ok = true, done = false;
  *out = NULL;
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
  free(w.key);
  if (!ok) yaml_tree_free(w.root);
  if (ok) *out = w.root;
  return ok;
}

const yaml_node *yaml_tree_entry(const yaml_node *map, const char *key) {
  if (!map || map->kind != NODE_MAP) return NULL;
  for (size_t i = 0; i < map->count; i++)
    if (!strcmp(map->item[i]->key, key)) return map->item[i];
  return NULL;
}

static const yaml_node *at_path(const yaml_node *node, const char *path) {
  if (!strcmp(node->path, path)) return node;
  for (size_t i = 0; i < node->count; i++) {
    const yaml_node *found = at_path(node->item[i], path);
    if (found) return found;
  }
  return NULL;
}

size_t yaml_tree_line(const yaml_node *root, const char *path) {
  char prefix[YAML_PATH_SIZE];
  snprintf(prefix, sizeof prefix, "%s", path);
  while (root && *prefix) {
    const yaml_node *found = at_path(root, prefix);
    if (found) return found->line;
    size_t end = strlen(prefix) - 1;
    while (end && prefix[end] != '.' && prefix[end] != '[') end--;
    prefix[end] = 0;
  }
  return 1;
}

void yaml_tree_free(yaml_node *root) {
  if (!root) return;
  for (size_t i = 0; i < root->count; i++) yaml_tree_free(root->item[i]);
  free((void *)root->item);
  free(root->key);
  free(root->text);
  free(root);
}
