#include "config_axes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES_MAX = 256, PLACE_SIZE = 640 };

/* "FILE:LINE: PATH" in `place`, which is returned. */
static const char *place_of(const config *c, const yaml_node *at,
                            char place[PLACE_SIZE]) {
  snprintf(place, PLACE_SIZE, "%.400s:%zu: %s", c->path, at->line, at->path);
  return place;
}

static bool refuse(const config *c, const yaml_node *at, error *err, const char *what) {
  char place[PLACE_SIZE];
  return error_set(err, "%s: %s", place_of(c, at, place), what);
}

/* A map or a list that is wanted where `node` stands: not empty, not too long. */
static bool want(const config *c, const yaml_node *node, yaml_kind kind, error *err) {
  if (node->kind != kind)
    return refuse(c, node, err,
                  kind == NODE_MAP ? "wants keys and their values, such as 'heads: 4'"
                                   : "wants a list, such as [1, 2]");
  if (!node->count)
    return refuse(c, node, err,
                  kind == NODE_MAP
                      ? "has no keys; give it some, or leave it out"
                      : "is an empty list; give it values, or leave the key out");
  return node->count <= ENTRIES_MAX || kind == NODE_LIST ||
         refuse(c, node, err, "has more than 256 keys");
}

static bool already(const yaml_node *map, size_t index) {
  for (size_t i = 0; i < index; i++)
    if (!strcmp(map->item[i]->key, map->item[index]->key)) return true;
  return false;
}

/* Keys of a map, none twice, each one of `known`, which NULL ends. */
static bool check_keys(const config *c, const yaml_node *map, const char *const *known,
                       error *err) {
  for (size_t i = 0; i < map->count; i++) {
    size_t k = 0;
    while (known[k] && strcmp(known[k], map->item[i]->key)) k++;
    if (!known[k])
      return refuse(c, map->item[i], err, "unknown key; docs/sweep.md lists the keys");
    if (already(map, i)) return refuse(c, map->item[i], err, "is given more than once");
  }
  return true;
}

static bool read_whole(const config *c, const yaml_node *node, uint64_t low,
                       uint64_t high, uint64_t *out, error *err) {
  char place[PLACE_SIZE];
  if (node->kind != NODE_WORD) return refuse(c, node, err, "wants a single value");
  if (whole_number(node->text, strlen(node->text), out) && *out >= low && *out <= high)
    return true;
  return error_set(err, "%s: '%s' is not a whole number from %llu to %llu",
                   place_of(c, node, place), node->text, (unsigned long long)low,
                   (unsigned long long)high);
}

static bool read_seconds(const config *c, const yaml_node *node, double *out,
                         error *err) {
  char place[PLACE_SIZE];
  if (node->kind != NODE_WORD) return refuse(c, node, err, "wants a single value");
  return config_seconds(node->text, out) ||
         error_set(err, "%s: '%s' is not a number of seconds over 0, up to %d",
                   place_of(c, node, place), node->text, CONFIG_SECONDS_MAX);
}

/* {from: 64, to: 512, step: 64} or {from: 64, to: 6400, factor: 10} */
static bool read_range(const config *c, int axis, const yaml_node *map, axis_list *out,
                       error *err) {
  static const char *const keys[] = {"from", "to", "step", "factor", NULL};
  const yaml_node *from = yaml_tree_entry(map, "from"), *to = yaml_tree_entry(map, "to");
  const yaml_node *step = yaml_tree_entry(map, "step");
  const yaml_node *factor = yaml_tree_entry(map, "factor");
  axis_range range = {0};
  char place[PLACE_SIZE];
  if (!check_keys(c, map, keys, err)) return false;
  if (!from || !to || !step == !factor)
    return refuse(c, map, err,
                  "a range wants from, to and either step or factor, such as "
                  "{from: 64, to: 512, step: 64}");
  return read_whole(c, from, 0, INT64_MAX, &range.from, err) &&
         read_whole(c, to, 0, INT64_MAX, &range.to, err) &&
         (!step || read_whole(c, step, 1, INT64_MAX, &range.step, err)) &&
         (!factor || read_whole(c, factor, 2, INT64_MAX, &range.factor, err)) &&
         axis_add_range(axis, &range, map->line, place_of(c, map, place), out, err);
}

static bool read_tile(const config *c, const yaml_node *map, const char *key,
                      uint64_t *out, error *err) {
  const yaml_node *node = yaml_tree_entry(map, key);
  *out = 0;
  if (!node || (node->kind == NODE_WORD && !strcmp(node->text, "default"))) return true;
  return read_whole(c, node, 1, UINT64_C(1) << 32, out, err);
}

/* {tile_q: 32, tile_k: default} */
static bool read_tile_pair(const config *c, const yaml_node *map, uint64_t *tile_q,
                           uint64_t *tile_k, error *err) {
  static const char *const keys[] = {"tile_q", "tile_k", NULL};
  return want(c, map, NODE_MAP, err) && check_keys(c, map, keys, err) &&
         read_tile(c, map, "tile_q", tile_q, err) &&
         read_tile(c, map, "tile_k", tile_k, err);
}

/* One entry of an axis: a word, or a map where the axis has use for one. */
static bool read_entry(const config *c, int axis, const yaml_node *node, axis_list *out,
                       error *err) {
  char place[PLACE_SIZE];
  uint64_t tile_q, tile_k;
  if (node->kind == NODE_WORD)
    return axis_add_word(axis, node->text, node->line, &c->tiles,
                         place_of(c, node, place), out, err);
  if (node->kind == NODE_LIST || axis < AXIS_TILES)
    return refuse(c, node, err, "wants a single value");
  if (axis != AXIS_TILES) return read_range(c, axis, node, out, err);
  return read_tile_pair(c, node, &tile_q, &tile_k, err) &&
         axis_add_tiles(tile_q, tile_k, node->line, place_of(c, node, place), out, err);
}

static bool read_list(const config *c, int axis, const yaml_node *node, axis_list *out,
                      error *err) {
  if (!want(c, node, NODE_LIST, err)) return false;
  for (size_t i = 0; i < node->count; i++)
    if (!read_entry(c, axis, node->item[i], out, err)) return false;
  return true;
}

/* Whether values name tiles in one way alone. */
static bool check_tiles(const config *c, const yaml_node *at, const axis_values *values,
                        error *err) {
  return !values->list[AXIS_TILES].count ||
         (!values->list[AXIS_TILE_Q].count && !values->list[AXIS_TILE_K].count) ||
         refuse(c, at, err, "names tiles twice; give tiles, or tile_q and tile_k");
}

/* A map from axes to values: lists alone, or single values too. */
static bool read_values(const config *c, const yaml_node *map, bool lists,
                        axis_values *out, error *err) {
  if (!want(c, map, NODE_MAP, err) || !check_keys(c, map, axis_names, err)) return false;
  for (size_t i = 0; i < map->count; i++) {
    const yaml_node *node = map->item[i];
    const int axis = axis_find(node->key);
    const bool list = lists || node->kind == NODE_LIST;
    if (!(list ? read_list : read_entry)(c, axis, node, &out->list[axis], err))
      return false;
  }
  return check_tiles(c, map, out, err);
}

/* {heads: [8, 4], seq_len: [128, 256]}: as many values each. */
static bool read_tied_lists(const config *c, const yaml_node *map, axis_values *out,
                            error *err) {
  char what[192];
  const int first = axis_find(map->count ? map->item[0]->key : "");
  if (!read_values(c, map, true, out, err)) return false;
  for (size_t i = 1; i < map->count; i++) {
    const size_t wanted = out->list[first].count;
    const size_t count = out->list[axis_find(map->item[i]->key)].count;
    snprintf(what, sizeof what,
             "%zu values, but %s has %zu; axes that are tied have as many each", count,
             axis_names[first], wanted);
    if (count != wanted) return refuse(c, map->item[i], err, what);
  }
  return true;
}

/* [{heads: 8, seq_len: 128}, {heads: 4, seq_len: 256}]: the same keys each. */
static bool read_tied_points(const config *c, const yaml_node *list, axis_values *out,
                             error *err) {
  for (size_t i = 0; i < list->count; i++) {
    const yaml_node *map = list->item[i];
    if (!want(c, map, NODE_MAP, err) || !check_keys(c, map, axis_names, err))
      return false;
    for (size_t j = 0; j < map->count; j++) {
      axis_list *values = &out->list[axis_find(map->item[j]->key)];
      if (!read_entry(c, axis_find(map->item[j]->key), map->item[j], values, err))
        return false;
      if (values->count != i + 1)
        return refuse(c, map->item[j], err,
                      values->count > i + 1
                          ? "wants one value of each axis"
                          : "is not a key of the entries before; give all the same keys");
    }
    if (map->count != list->item[0]->count)
      return refuse(c, map, err, "lacks a key of the entries before");
  }
  return check_tiles(c, list, out, err);
}

static axis_values *push_values(axis_values **list, size_t *count) {
  axis_values *grown = realloc(*list, (*count + 1) * sizeof *grown);
  if (!grown) return NULL;
  *list = grown;
  grown[*count] = (axis_values){0};
  return &grown[(*count)++];
}

/* Axes that are tied are named nowhere else. */
static bool check_tied(const config *c, const yaml_node *at, const axis_values *group,
                       error *err) {
  char what[128];
  size_t named = 0;
  for (int a = 0; a < AXES; a++) {
    if (!group->list[a].count) continue;
    named++;
    bool twice = c->axes.list[a].count > 0;
    for (size_t z = 0; z < c->zip_count; z++)
      twice = twice || (&c->zip[z] != group && c->zip[z].list[a].count);
    snprintf(what, sizeof what, "%s has values elsewhere, too; name it once",
             axis_names[a]);
    if (twice) return refuse(c, at, err, what);
  }
  return named > 1 || refuse(c, at, err, "ties one axis alone; name two or more");
}

static bool read_group(config *c, const yaml_node *node, error *err) {
  axis_values *group = push_values(&c->zip, &c->zip_count);
  if (!group) return error_set(err, "%s: out of memory", c->path);
  return (node->kind == NODE_MAP ? read_tied_lists : read_tied_points)(c, node, group,
                                                                       err) &&
         check_tied(c, node, group, err);
}

/* One group, as a map of lists or a list of points, or a list of maps of lists. */
static bool read_zip(config *c, const yaml_node *node, error *err) {
  if (node->kind == NODE_MAP) return read_group(c, node, err);
  if (!want(c, node, NODE_LIST, err)) return false;
  const yaml_node *first = node->item[0];
  const bool groups =
      first->kind == NODE_MAP && first->count && first->item[0]->kind == NODE_LIST;
  if (!groups) return read_group(c, node, err);
  for (size_t i = 0; i < node->count; i++)
    if (!want(c, node->item[i], NODE_MAP, err) || !read_group(c, node->item[i], err))
      return false;
  return true;
}

/* Of axes that are tied, all or none are named. */
static bool check_whole_groups(const config *c, const yaml_node *at,
                               const axis_values *values, error *err) {
  char what[192];
  for (size_t z = 0; z < c->zip_count; z++) {
    int named = -1, missing = -1;
    for (int a = 0; a < AXES; a++) {
      if (!c->zip[z].list[a].count) continue;
      if (axis_values_name(values, a))
        named = a;
      else
        missing = a;
    }
    if (named < 0 || missing < 0) continue;
    snprintf(what, sizeof what, "zip ties %s and %s; name both", axis_names[named],
             axis_names[missing]);
    return refuse(c, at, err, what);
  }
  return true;
}

/* A list of points that name some axes. */
static bool read_points(config *c, const yaml_node *list, bool whole_groups,
                        axis_values **out, size_t *count, error *err) {
  if (!want(c, list, NODE_LIST, err)) return false;
  for (size_t i = 0; i < list->count; i++) {
    axis_values *values = push_values(out, count);
    if (!values) return error_set(err, "%s: out of memory", c->path);
    if (!read_values(c, list->item[i], false, values, err) ||
        (whole_groups && !check_whole_groups(c, list->item[i], values, err)))
      return false;
  }
  return true;
}

/* What a kernel does otherwise but for its axes; `taken` tells whether the key is one. */
static bool read_effort(const config *c, const yaml_node *node, config_override *o,
                        bool *taken, error *err) {
  uint64_t repetitions = 0;
  *taken = true;
  if (!strcmp(node->key, "min_time")) return read_seconds(c, node, &o->min_time_s, err);
  if (!strcmp(node->key, "timeout")) return read_seconds(c, node, &o->timeout_s, err);
  *taken = !strcmp(node->key, "repetitions");
  if (!*taken) return true;
  if (!read_whole(c, node, 1, CONFIG_REPETITIONS_MAX, &repetitions, err)) return false;
  o->repetitions = (unsigned)repetitions;
  return true;
}

static bool read_override(config *c, const yaml_node *map, error *err) {
  config_override *o = &c->overrides[c->override_count++];
  o->line = map->line;
  o->kernel = strdup(map->key);
  if (!o->kernel) return error_set(err, "%s: out of memory", c->path);
  if (!want(c, map, NODE_MAP, err)) return false;
  for (size_t i = 0; i < map->count; i++) {
    const yaml_node *node = map->item[i];
    const int axis = axis_find(node->key);
    bool taken;
    if (already(map, i)) return refuse(c, node, err, "is given more than once");
    if (!read_effort(c, node, o, &taken, err)) return false;
    if (taken) continue;
    if (axis <= AXIS_KERNEL)
      return refuse(c, node, err,
                    "unknown key; a kernel's own axes, repetitions, min_time and timeout "
                    "are wanted");
    if (!(node->kind == NODE_LIST ? read_list : read_entry)(c, axis, node,
                                                            &o->axes.list[axis], err))
      return false;
  }
  return check_tiles(c, map, &o->axes, err) && check_whole_groups(c, map, &o->axes, err);
}

static bool read_overrides(config *c, const yaml_node *map, error *err) {
  if (!want(c, map, NODE_MAP, err)) return false;
  c->overrides = calloc(map->count, sizeof *c->overrides);
  if (!c->overrides) return error_set(err, "%s: out of memory", c->path);
  for (size_t i = 0; i < map->count; i++) {
    if (already(map, i)) return refuse(c, map->item[i], err, "is given more than once");
    if (!read_override(c, map->item[i], err)) return false;
  }
  return true;
}

static bool read_presets(config *c, const yaml_node *map, error *err) {
  if (!want(c, map, NODE_MAP, err)) return false;
  c->tiles.item = calloc(map->count, sizeof *c->tiles.item);
  if (!c->tiles.item) return error_set(err, "%s: out of memory", c->path);
  for (size_t i = 0; i < map->count; i++) {
    const yaml_node *node = map->item[i];
    tile_preset *p = &c->tiles.item[c->tiles.count];
    if (already(map, i)) return refuse(c, node, err, "is given more than once");
    if (!*node->key || strlen(node->key) > 64 || !strcmp(node->key, "default"))
      return refuse(c, node, err, "is no name for a preset; another word is wanted");
    if (!read_tile_pair(c, node, &p->tile_q, &p->tile_k, err)) return false;
    if (!(p->name = strdup(node->key)))
      return error_set(err, "%s: out of memory", c->path);
    c->tiles.count++;
  }
  return true;
}

static bool is_tied(const config *c, int axis) {
  for (size_t z = 0; z < c->zip_count; z++)
    if (c->zip[z].list[axis].count) return true;
  return false;
}

/* Gives every axis a value that has none, but for those that must have one. */
static bool fill_defaults(config *c, const yaml_node *at, error *err) {
  static const int required[] = {AXIS_KERNEL, AXIS_SEQ_LEN, AXIS_HEAD_DIM};
  char place[PLACE_SIZE];
  place_of(c, at, place);
  for (size_t i = 0; i < sizeof required / sizeof *required; i++)
    if (!c->axes.list[required[i]].count && !is_tied(c, required[i]))
      return error_set(err, "%s: the key '%s' is missing; docs/sweep.md lists the keys",
                       place, axis_names[required[i]]);
  for (int a = 0; a < AXES; a++)
    if (!c->axes.list[a].count && !is_tied(c, a) &&
        !axis_add_default(a, place, &c->axes.list[a], err))
      return false;
  return true;
}

static bool check_tiles_once(const config *c, const yaml_node *at, error *err) {
  axis_values both = {0};
  const int tiles[] = {AXIS_TILES, AXIS_TILE_Q, AXIS_TILE_K};
  for (size_t i = 0; i < sizeof tiles / sizeof *tiles; i++)
    both.list[tiles[i]].count = c->axes.list[tiles[i]].count + is_tied(c, tiles[i]);
  return check_tiles(c, at, &both, err);
}

bool config_axes_read(const yaml_node *root, config *out, error *err) {
  const yaml_node *axes = yaml_tree_entry(root, "axes");
  const yaml_node *tiles = yaml_tree_entry(root, "tiles");
  const yaml_node *zip = yaml_tree_entry(root, "zip");
  const yaml_node *include = yaml_tree_entry(root, "include");
  const yaml_node *exclude = yaml_tree_entry(root, "exclude");
  const yaml_node *overrides = yaml_tree_entry(root, "overrides");
  for (size_t i = 0; i < root->count; i++)
    if (already(root, i))
      return refuse(out, root->item[i], err, "is given more than once");
  return (!tiles || read_presets(out, tiles, err)) &&
         read_values(out, axes, true, &out->axes, err) &&
         (!zip || read_zip(out, zip, err)) && check_tiles_once(out, axes, err) &&
         fill_defaults(out, axes, err) &&
         (!include ||
          read_points(out, include, true, &out->include, &out->include_count, err)) &&
         (!exclude ||
          read_points(out, exclude, false, &out->exclude, &out->exclude_count, err)) &&
         (!overrides || read_overrides(out, overrides, err));
}
