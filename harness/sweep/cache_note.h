/* A word about a cache that could not be used, from a worker to a person. */
#ifndef SWEEP_CACHE_NOTE_H
#define SWEEP_CACHE_NOTE_H

#include <stdio.h>

#include "oracle_cache.h"

/* The last line that was printed: the same word once is enough. */
typedef struct cache_notes {
  char last[sizeof(error)];
} cache_notes;

/* Prints the note, if there is one and it is not the last, as a line "linkv: cache: ...".
 */
void cache_note_print(const oracle_cache *cache, cache_notes *notes, FILE *out);

/* Prints such lines among what a worker said. */
void cache_note_pass_on(const char *said, cache_notes *notes, FILE *out);

#endif
