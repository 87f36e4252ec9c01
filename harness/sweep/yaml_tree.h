/* A YAML text as nodes that know their place: paths such as "axes.seq_len[2]", lines. */
#ifndef SWEEP_YAML_TREE_H
#define SWEEP_YAML_TREE_H

#include <stddef.h>

#include "error.h"

enum { YAML_PATH_SIZE = 160 };

typedef enum yaml_kind { NODE_WORD, NODE_LIST, NODE_MAP } yaml_kind;

typedef struct yaml_node {
  yaml_kind kind;
  size_t line; /* from 1; of the key, where there is one */
  char path[YAML_PATH_SIZE];
  char *key;  /* in a map, else NULL */
  char *text; /* of a word */
  struct yaml_node **item;
  size_t count;
} yaml_node;

/* Reads the whole text; *out is NULL where it holds nothing. Fails on what is not YAML,
 * with "FILE:LINE: what"; and on what a config has no use for: aliases (they can grow
 * without bound), a second document, keys that are no words, zero characters. */
bool yaml_tree_read(const char *file, const char *text, size_t bytes, yaml_node **out,
                    error *err);

/* The entry of a map with that key; NULL where there is none, or no map. */
const yaml_node *yaml_tree_entry(const yaml_node *map, const char *key);

/* The line of a path; that of its longest known prefix where it is not there; 1 at last.
 */
size_t yaml_tree_line(const yaml_node *root, const char *path);

/* NULL is allowed. */
void yaml_tree_free(yaml_node *root);

#endif
