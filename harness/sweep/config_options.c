/* What the command line changes in a config. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

/* The axis of "AXIS=..."; -1 where the text does not begin so. */
static int axis_of(const char *text) {
  char name[16];
  const size_t length = strcspn(text, "=");
  if (!text[length] || length >= sizeof name) return -1;
  snprintf(name, sizeof name, "%.*s", (int)length, text);
  return axis_find(name);
}

/* The values after the '=', separated by commas. */
static bool add_words(const config *c, const char *option, int axis, const char *text,
                      axis_list *out, error *err) {
  char place[64];
  char *words = strdup(strchr(text, '=') + 1);
  snprintf(place, sizeof place, "%s %s", option, axis_names[axis]);
  bool ok = words || error_set(err, "%s: out of memory", place);
  for (char *word = words, *next; ok && word; word = next) {
    next = strchr(word, ',');
    if (next) *next++ = 0;
    ok = axis_add_word(axis, word, 0, &c->tiles, place, out, err);
  }
  free(words);
  return ok;
}

bool config_set(config *c, const char *set, error *err) {
  const int axis = axis_of(set);
  if (axis < 0)
    return error_set(err,
                     "--set '%s': is not AXIS=VALUE,... of an axis of docs/sweep.md, "
                     "such as heads=1,4",
                     set);
  if (c->set.list[axis].count)
    return error_set(err, "--set %s: is given more than once", axis_names[axis]);
  for (size_t z = 0; z < c->zip_count; z++)
    if (axis_values_name(&c->zip[z], axis))
      return error_set(err, "--set %s: the config's zip ties it; --filter chooses of it",
                       axis_names[axis]);
  const bool ok = add_words(c, "--set", axis, set, &c->set.list[axis], err);
  const bool tiles = c->set.list[AXIS_TILES].count > 0;
  return ok && (!tiles ||
                (!c->set.list[AXIS_TILE_Q].count && !c->set.list[AXIS_TILE_K].count) ||
                error_set(err,
                          "--set names tiles twice; give tiles, or tile_q and "
                          "tile_k"));
}

/* Whether a filter is "AXIS=VALUE,..." rather than SQL, which has spaces or quotes. */
static bool names_values(const char *filter) {
  return axis_of(filter) >= 0 && !strpbrk(strchr(filter, '=') + 1, " \t'\"=<>()");
}

bool config_filter_by(config *c, const char *filter, error *err) {
  config_filter *grown = realloc(c->filters, (c->filter_count + 1) * sizeof *grown);
  if (!grown) return error_set(err, "--filter: out of memory");
  c->filters = grown;
  config_filter *f = &grown[c->filter_count++];
  *f = (config_filter){.text = filter};
  if (names_values(filter)) {
    const int axis = axis_of(filter);
    return add_words(c, "--filter", axis, filter, &f->axes.list[axis], err);
  }
  f->where = strdup(filter);
  return f->where || error_set(err, "--filter: out of memory");
}
