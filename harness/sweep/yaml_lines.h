/* Where things stand in a YAML text: paths such as "axes.seq_len[2]" and their lines. */
#ifndef SWEEP_YAML_LINES_H
#define SWEEP_YAML_LINES_H

#include <stddef.h>

#include "error.h"

enum { YAML_PATH_SIZE = 160 };

typedef struct yaml_line {
  char path[YAML_PATH_SIZE];
  size_t line; /* from 1 */
} yaml_line;

typedef struct yaml_lines {
  yaml_line *item;
  size_t count;
} yaml_lines;

/* Reads the whole text. Fails on what is not YAML, with "FILE:LINE: what"; and on what a
 * config has no use for: aliases (they can grow without bound), a second document, keys
 * that are no words, zero characters. */
bool yaml_lines_read(const char *file, const char *text, size_t bytes, yaml_lines *out,
                     error *err);

/* The line of a path; that of its longest known prefix where it is not there; 1 at last.
 */
size_t yaml_lines_find(const yaml_lines *lines, const char *path);

void yaml_lines_free(yaml_lines *lines);

#endif
