/* The options of the oracle's cache, of every command that judges. */
#ifndef CLI_CACHE_OPTIONS_H
#define CLI_CACHE_OPTIONS_H

#include "cli.h"
#include "oracle_cache.h"

typedef struct cache_options {
  const char *folder; /* NULL: the default */
  bool none;
  uint64_t limit;
  char usual[1024];
} cache_options;

/* Rows of an option table; `o` is a cache_options. */
#define CACHE_OPTIONS(o)                                                     \
  {"cache",                                                                  \
   CLI_TEXT,                                                                 \
   &(o).folder,                                                              \
   "FOLDER",                                                                 \
   "where the oracle's outputs are kept, default linkv in the user's cache", \
   NULL},                                                                    \
      {"cache-limit",                                                        \
       CLI_BYTES,                                                            \
       &(o).limit,                                                           \
       "SIZE",                                                               \
       "what that folder may take, default 1GiB",                            \
       NULL},                                                                \
  {                                                                          \
    "no-cache", CLI_FLAG, &(o).none, NULL, "keep none, use none", NULL       \
  }

cache_options cache_options_default(void);

/* The cache they choose. The default is linkv in $XDG_CACHE_HOME, or in $HOME/.cache;
 * none where neither is set. Borrows from `o`. */
oracle_cache cache_options_take(cache_options *o);

#endif
