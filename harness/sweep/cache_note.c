#include "cache_note.h"

#include <string.h>

#define PREFIX "linkv: cache: "

static void print_once(const char *note, size_t length, cache_notes *notes, FILE *out) {
  if (strlen(notes->last) == length && !strncmp(notes->last, note, length)) return;
  fprintf(out, PREFIX "%.*s\n", (int)length, note);
  snprintf(notes->last, sizeof notes->last, "%.*s", (int)length, note);
}

void cache_note_print(const oracle_cache *cache, cache_notes *notes, FILE *out) {
  const char *note = cache->note.text;
  if (*note) print_once(note, strlen(note), notes, out);
}

void cache_note_pass_on(const char *said, cache_notes *notes, FILE *out) {
  const size_t prefix = strlen(PREFIX);
  for (const char *line = said; *line;) {
    const size_t length = strcspn(line, "\n");
    if (length > prefix && !strncmp(line, PREFIX, prefix))
      print_once(line + prefix, length - prefix, notes, out);
    line += length + (line[length] == '\n');
  }
}
