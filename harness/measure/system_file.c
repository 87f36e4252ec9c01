#include "system_file.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void trim_end(char *text) {
  size_t n = strlen(text);
  while (n && strchr(" \t\r\n\"", text[n - 1])) text[--n] = 0;
}

bool system_line(const char *path, char *text, size_t size) {
  FILE *file = fopen(path, "re");
  if (!file) return false;
  const bool read = fgets(text, (int)size, file) != NULL;
  fclose(file);
  if (read) trim_end(text);
  return read && *text;
}

/* What follows the key on a line, its end trimmed; empty where nothing does. */
static void take_value(const char *line, const char *key, char *text, size_t size) {
  const char *value = line + strlen(key);
  value += strspn(value, " \t:=\"");
  snprintf(text, size, "%s", value);
  trim_end(text);
}

/* Looks on for a line that starts with `key`. */
static bool next_value(FILE *file, const char *key, char *text, size_t size) {
  /* A line longer than this comes in pieces; keys and their values are short. */
  char line[512];
  while (fgets(line, sizeof line, file))
    if (!strncmp(line, key, strlen(key))) {
      take_value(line, key, text, size);
      return true;
    }
  return false;
}

bool system_value(const char *path, const char *key, char *text, size_t size) {
  errno = 0;
  FILE *file = fopen(path, "re");
  if (!file) return false;
  const bool found = next_value(file, key, text, size);
  fclose(file);
  errno = 0;
  return found && *text;
}

static bool has_word(char *line, const char *word) {
  char *rest;
  for (char *w = strtok_r(line, " \t\n", &rest); w; w = strtok_r(NULL, " \t\n", &rest))
    if (!strcmp(w, word)) return true;
  return false;
}

bool system_word(const char *path, const char *key, const char *word) {
  FILE *file = fopen(path, "re");
  if (!file) return false;
  char *line = NULL;
  size_t capacity = 0;
  bool found = false;
  while (getline(&line, &capacity, file) > 0)
    if (!strncmp(line, key, strlen(key))) {
      found = has_word(line, word);
      break;
    }
  free(line);
  fclose(file);
  return found;
}

/* "1704 kB". */
static bool kilobytes(const char *text, size_t *bytes) {
  char *unit;
  errno = 0;
  const unsigned long long count = strtoull(text, &unit, 10);
  if (unit == text || strcmp(unit, " kB") || count > SIZE_MAX / 1024) return false;
  *bytes = (size_t)count * 1024;
  return true;
}

bool system_bytes_of(const char *path, size_t count, const char *const *keys,
                     size_t *bytes) {
  errno = 0;
  FILE *file = fopen(path, "re");
  bool ok = file != NULL;
  if (!ok) return false;
  for (size_t i = 0; ok && i < count; i++) {
    char text[64];
    ok = next_value(file, keys[i], text, sizeof text) && kilobytes(text, &bytes[i]);
  }
  fclose(file);
  errno = 0;
  return ok;
}

bool system_bytes(const char *path, const char *key, size_t *bytes) {
  return system_bytes_of(path, 1, &key, bytes);
}
