/* Words about a cache that could not be used, from workers to a person. */
#ifndef SWEEP_CACHE_NOTE_H
#define SWEEP_CACHE_NOTE_H

#include <stdio.h>

#include "oracle_cache.h"

/* What a command is to say of its cache, in a line or two when it has ended. */
typedef struct cache_notes {
  size_t outdated; /* files by the oracle of another build */
  size_t others;
  char first[sizeof(error)]; /* of the others */
} cache_notes;

/* A worker's: prints the note, if there is one, as a line "linkv: cache: ...". */
void cache_note_tell(const oracle_cache *cache, FILE *out);

/* Takes the note, if there is one. */
void cache_note_take(const oracle_cache *cache, cache_notes *notes);

/* Takes such lines among what a worker said. */
void cache_note_gather(const char *said, cache_notes *notes);

/* One line for the outdated files of `folder`, where `outdated` asks for it, and one for
 * the others; none where there are none. */
void cache_notes_print(const cache_notes *notes, const char *folder, bool outdated,
                       FILE *out);

#endif
