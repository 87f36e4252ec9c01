#include "cache_options.h"

#include <stdio.h>
#include <stdlib.h>

cache_options cache_options_default(void) {
  return (cache_options){.limit = ORACLE_CACHE_LIMIT};
}

/* A path that is not absolute is no XDG_CACHE_HOME, says its specification. */
static const char *usual_folder(cache_options *o) {
  const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  int n = -1;
  if (xdg && *xdg == '/')
    n = snprintf(o->usual, sizeof o->usual, "%s/linkv", xdg);
  else if (home && *home == '/')
    n = snprintf(o->usual, sizeof o->usual, "%s/.cache/linkv", home);
  return n > 0 && (size_t)n < sizeof o->usual ? o->usual : NULL;
}

oracle_cache cache_options_take(cache_options *o) {
  const char *folder = o->folder ? o->folder : usual_folder(o);
  return (oracle_cache){.folder = o->none ? NULL : folder,
                        .limit = o->limit,
                        .least_work = ORACLE_CACHE_LEAST_WORK};
}
