#include "axes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inputs.h"

const char *const axis_names[AXES + 1] = {"kernel",   "stage",  "regime",  "tiles",
                                          "seed",     "batch",  "seq_len", "heads",
                                          "head_dim", "tile_q", "tile_k",  "threads"};

int axis_find(const char *name) {
  for (int a = 0; a < AXES; a++)
    if (!strcmp(name, axis_names[a])) return a;
  return -1;
}

bool axis_values_name(const axis_values *values, int axis) {
  const bool tiles = values->list[AXIS_TILES].count > 0;
  const bool sizes = values->list[AXIS_TILE_Q].count || values->list[AXIS_TILE_K].count;
  if (axis == AXIS_TILES) return tiles || sizes;
  return values->list[axis].count ||
         (tiles && (axis == AXIS_TILE_Q || axis == AXIS_TILE_K));
}

bool whole_number(const char *text, size_t length, uint64_t *out) {
  uint64_t number = 0;
  if (!length || length > 19) return false;
  for (size_t i = 0; i < length; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    number = 10 * number + (uint64_t)(text[i] - '0');
  }
  *out = number;
  return number <= INT64_MAX;
}

static bool is_tile(int axis) {
  return axis == AXIS_TILE_Q || axis == AXIS_TILE_K;
}

static uint64_t lowest(int axis) {
  return axis == AXIS_SEED ? 0 : 1;
}

static uint64_t highest(int axis) {
  return axis == AXIS_SEED ? INT64_MAX : axis == AXIS_THREADS ? 4096 : (uint64_t)1 << 32;
}

/* What a number axis takes, for error lines. */
static const char *wanted(int axis) {
  return is_tile(axis) ? "a whole number from 1 to 2^32, a range such as 16..64, or "
                         "default"
         : axis == AXIS_SEED    ? "a whole number from 0 to 2^63-1"
         : axis == AXIS_THREADS ? "a whole number from 1 to 4096, or a range such as 1..8"
                                : "a whole number from 1 to 2^32, or a range such as "
                                  "64..4096 (it doubles)";
}

/* Takes over `value.text`. */
static bool push(axis_list *out, axis_value value, const char *place, error *err) {
  if (out->count >= AXIS_VALUES_MAX) {
    free(value.text);
    return error_set(err, "%s: more than %d values", place, AXIS_VALUES_MAX);
  }
  if ((out->count & (out->count - 1)) == 0) {
    const size_t room = out->count ? 2 * out->count : 1;
    axis_value *grown = realloc(out->item, room * sizeof *grown);
    if (!grown) {
      free(value.text);
      return error_set(err, "%s: out of memory", place);
    }
    out->item = grown;
  }
  out->item[out->count++] = value;
  return true;
}

static bool push_text(axis_list *out, const char *text, size_t line, const char *place,
                      error *err) {
  char *copy = strdup(text);
  return copy ? push(out, (axis_value){.text = copy, .line = line}, place, err)
              : error_set(err, "%s: out of memory", place);
}

static bool add_regime(const char *word, size_t line, const char *place, axis_list *out,
                       error *err) {
  char known[512] = "";
  if (regime_find(word)) return push_text(out, word, line, place, err);
  for (size_t i = 0, used = 0; i < regime_count() && used < sizeof known; i++)
    used +=
        (size_t)snprintf(known + used, sizeof known - used, " %s", regime_at(i)->name);
  return error_set(err, "%s: '%s' is not a regime; there are%s", place, word, known);
}

static bool add_stage(const char *word, size_t line, const char *place, axis_list *out,
                      error *err) {
  if (!strcmp(word, "attention") || !strcmp(word, "block"))
    return push_text(out, word, line, place, err);
  return error_set(err, "%s: '%s' is not attention or block", place, word);
}

static bool add_preset(const char *word, size_t line, const tile_presets *presets,
                       const char *place, axis_list *out, error *err) {
  char known[512] = "";
  if (!strcmp(word, "default")) return axis_add_tiles(0, 0, line, place, out, err);
  for (size_t i = 0, used = 0; i < presets->count; i++) {
    const tile_preset *p = &presets->item[i];
    if (!strcmp(word, p->name))
      return axis_add_tiles(p->tile_q, p->tile_k, line, place, out, err);
    if (used < sizeof known)
      used += (size_t)snprintf(known + used, sizeof known - used, " %s", p->name);
  }
  return error_set(err, "%s: '%s' is no tile preset; there are default%s", place, word,
                   known);
}

bool axis_add_tiles(uint64_t tile_q, uint64_t tile_k, size_t line, const char *place,
                    axis_list *out, error *err) {
  return push(out, (axis_value){.number = tile_q, .tile_k = tile_k, .line = line}, place,
              err);
}

static bool next_of(const axis_range *r, uint64_t *n) {
  const uint64_t at = *n;
  *n = r->step ? at + r->step : at * r->factor;
  return r->step ? *n > at && r->to - at >= r->step : at <= r->to / r->factor;
}

bool axis_add_range(int axis, const axis_range *range, size_t line, const char *place,
                    axis_list *out, error *err) {
  char steps[64];
  if (range->from < lowest(axis) || range->to > highest(axis))
    return error_set(err, "%s: a value of the range is not %s", place, wanted(axis));
  if (range->from > range->to)
    return error_set(err, "%s: the range ends below its start", place);
  if (!range->from && !range->step)
    return error_set(err, "%s: no factor leads on from 0; give a step", place);
  uint64_t n = range->from, last;
  do {
    last = n;
    if (!push(out, (axis_value){.number = n, .line = line}, place, err)) return false;
  } while (next_of(range, &n));
  if (last == range->to) return true;
  if (range->step)
    snprintf(steps, sizeof steps, "in steps of %llu", (unsigned long long)range->step);
  else
    snprintf(steps, sizeof steps, "times %llu", (unsigned long long)range->factor);
  return error_set(err,
                   "%s: %llu to %llu %s does not meet its end; the last value would be "
                   "%llu",
                   place, (unsigned long long)range->from, (unsigned long long)range->to,
                   steps, (unsigned long long)last);
}

static bool add_number(int axis, const char *word, size_t line, const char *place,
                       axis_list *out, error *err) {
  const uint64_t low = lowest(axis), high = highest(axis);
  axis_range range = {.factor = 2};
  if (is_tile(axis) && !strcmp(word, "default"))
    return push(out, (axis_value){.line = line}, place, err);
  const char *dots = strstr(word, "..");
  const size_t first = dots ? (size_t)(dots - word) : strlen(word);
  const bool single = !dots && whole_number(word, first, &range.from) &&
                      range.from >= low && range.from <= high;
  if (single)
    return push(out, (axis_value){.number = range.from, .line = line}, place, err);
  if (!dots || axis == AXIS_SEED || !whole_number(word, first, &range.from) ||
      !whole_number(dots + 2, strlen(dots + 2), &range.to) || range.from < low ||
      range.to > high || range.from > range.to)
    return error_set(err, "%s: '%s' is not %s", place, word, wanted(axis));
  uint64_t n = range.from;
  while (n < range.to) n *= 2;
  if (n != range.to)
    return error_set(err,
                     "%s: '%s' is not a range that doubling reaches the end of, such as "
                     "32..128; {from: A, to: B, step: S} counts otherwise",
                     place, word);
  return axis_add_range(axis, &range, line, place, out, err);
}

bool axis_add_word(int axis, const char *word, size_t line, const tile_presets *presets,
                   const char *place, axis_list *out, error *err) {
  if (!*word)
    return error_set(err, "%s: is empty; give it a value, or leave the key out", place);
  if (strlen(word) > 64) return error_set(err, "%s: is too long", place);
  switch (axis) {
    case AXIS_KERNEL:
      return push_text(out, word, line, place, err);
    case AXIS_STAGE:
      return add_stage(word, line, place, out, err);
    case AXIS_REGIME:
      return add_regime(word, line, place, out, err);
    case AXIS_TILES:
      return add_preset(word, line, presets, place, out, err);
    default:
      return add_number(axis, word, line, place, out, err);
  }
}

bool axis_add_default(int axis, const char *place, axis_list *out, error *err) {
  static const char *const words[AXES] = {
      [AXIS_KERNEL] = "*",  [AXIS_STAGE] = "attention", [AXIS_REGIME] = "gaussian",
      [AXIS_SEED] = "1",    [AXIS_BATCH] = "1",         [AXIS_HEADS] = "1",
      [AXIS_THREADS] = "1", [AXIS_TILE_Q] = "default",  [AXIS_TILE_K] = "default"};
  if (axis == AXIS_TILES) return axis_add_tiles(0, 0, 0, place, out, err);
  return axis_add_word(axis, words[axis], 0, NULL, place, out, err);
}

void axis_list_free(axis_list *list) {
  for (size_t i = 0; i < list->count; i++) free(list->item[i].text);
  free(list->item);
  *list = (axis_list){0};
}

void axis_values_free(axis_values *values) {
  for (int a = 0; a < AXES; a++) axis_list_free(&values->list[a]);
}
