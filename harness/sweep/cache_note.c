#include "cache_note.h"

#include <string.h>

#define PREFIX "linkv: cache: "

static bool ends_with(const char *text, size_t length, const char *end) {
  const size_t n = strlen(end);
  return length >= n && !strncmp(text + length - n, end, n);
}

static void take(const char *note, size_t length, cache_notes *notes) {
  if (ends_with(note, length, ORACLE_CACHE_OUTDATED))
    notes->outdated++;
  else if (notes->others++ == 0)
    snprintf(notes->first, sizeof notes->first, "%.*s", (int)length, note);
}

void cache_note_tell(const oracle_cache *cache, FILE *out) {
  if (*cache->note.text) fprintf(out, PREFIX "%s\n", cache->note.text);
}

void cache_note_take(const oracle_cache *cache, cache_notes *notes) {
  const char *note = cache->note.text;
  if (*note) take(note, strlen(note), notes);
}

void cache_note_gather(const char *said, cache_notes *notes) {
  const size_t prefix = strlen(PREFIX);
  for (const char *line = said; *line;) {
    const size_t length = strcspn(line, "\n");
    if (length > prefix && !strncmp(line, PREFIX, prefix))
      take(line + prefix, length - prefix, notes);
    line += length + (line[length] == '\n');
  }
}

void cache_notes_print(const cache_notes *notes, const char *folder, bool outdated,
                       FILE *out) {
  if (notes->outdated && outdated)
    fprintf(out, PREFIX "%s: %zu %s by the oracle of another build; made again\n", folder,
            notes->outdated, notes->outdated == 1 ? "file was" : "files were");
  if (!notes->others) return;
  fprintf(out, PREFIX "%s", notes->first);
  if (notes->others > 1) fprintf(out, " (and %zu more such)", notes->others - 1);
  fputc('\n', out);
}
