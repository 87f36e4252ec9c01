#include "config.h"

#include <dirent.h>
#include <sys/stat.h>

#include "../scratch.h"

static config parse(const char *text) {
  config c;
  error err;
  EXPECT_OK(config_parse("f.yaml", text, strlen(text), &c, &err), &err);
  return c;
}

/* A config with these top-level lines before the axes, and these axes beside the three
 * that have no default. */
static char *with(const char *lines, const char *axes) {
  char *text = NULL;
  assert_true(asprintf(&text,
                       "name: q\n%s"
                       "axes:\n  kernel: ['*']\n  seq_len: [32]\n  head_dim: [8]\n%s",
                       lines, axes) > 0);
  return text;
}

static void expect_refused(const char *text, const char *where, const char *what) {
  config c;
  error err = {""};
  if (config_parse("f.yaml", text, strlen(text), &c, &err)) fail_msg("taken: %s", text);
  EXPECT_SAYS(&err, what);
  if (strncmp(err.text, where, strlen(where)))
    fail_msg("\"%s\" does not begin with \"%s\"", err.text, where);
  assert_null(c.text);
  assert_null(c.path);
}

static void expect_list(const axis_list *list, size_t count, const uint64_t *want) {
  assert_int_equal(list->count, count);
  for (size_t i = 0; i < count; i++) assert_int_equal(list->item[i].number, want[i]);
}

static void expect_numbers(const config *c, int axis, size_t count,
                           const uint64_t *want) {
  expect_list(&c->axes.list[axis], count, want);
}

static const char *text_at(const config *c, int axis, size_t index) {
  assert_true(index < c->axes.list[axis].count);
  return c->axes.list[axis].item[index].text;
}

static void the_least_config_has_every_default(void **state) {
  (void)state;
  static const uint64_t one[] = {1}, zero[] = {0}, length[] = {32}, width[] = {8};
  char *text = with("", "");
  config c = parse(text);
  assert_string_equal(c.path, "f.yaml");
  assert_string_equal(c.text, text);
  assert_string_equal(c.name, "q");
  assert_null(c.where);
  assert_int_equal(c.repetitions, 5);
  assert_true(c.min_time_s == 0.05 && c.timeout_s == 300);
  assert_int_equal(c.order_seed, 1);
  assert_int_equal(c.axes.list[AXIS_KERNEL].count, 1);
  assert_string_equal(text_at(&c, AXIS_KERNEL, 0), "*");
  assert_int_equal(c.axes.list[AXIS_STAGE].count, 1);
  assert_string_equal(text_at(&c, AXIS_STAGE, 0), "attention");
  assert_int_equal(c.axes.list[AXIS_REGIME].count, 1);
  assert_string_equal(text_at(&c, AXIS_REGIME, 0), "gaussian");
  expect_numbers(&c, AXIS_SEED, 1, one);
  expect_numbers(&c, AXIS_BATCH, 1, one);
  expect_numbers(&c, AXIS_SEQ_LEN, 1, length);
  expect_numbers(&c, AXIS_HEADS, 1, one);
  expect_numbers(&c, AXIS_HEAD_DIM, 1, width);
  expect_numbers(&c, AXIS_TILE_Q, 1, zero);
  expect_numbers(&c, AXIS_TILE_K, 1, zero);
  expect_numbers(&c, AXIS_THREADS, 1, one);
  config_free(&c);
  config_free(&c);
  free(text);
}

static void every_key_is_read(void **state) {
  (void)state;
  config c = parse(
      "name: A-z_9\ndescription: what it is for\nwhere: seq_len > 1\nrepetitions: 64\n"
      "min_time: 1.5e-3\ntimeout: 1000000\norder_seed: 9223372036854775807\n"
      "axes:\n  kernel: [scalar_*, avx2_row]\n  stage: [block, attention]\n"
      "  regime: [positive, gaussian]\n  seed: [0, 9223372036854775807]\n"
      "  batch: [3]\n  seq_len: [5, 4294967296]\n  heads: [7]\n  head_dim: [64]\n"
      "  tile_q: [default, 16]\n  tile_k: [8, default]\n  threads: [4096]\n");
  static const uint64_t seeds[] = {0, INT64_MAX}, lengths[] = {5, 4294967296};
  static const uint64_t tile_q[] = {0, 16}, tile_k[] = {8, 0}, threads[] = {4096};
  assert_string_equal(c.name, "A-z_9");
  assert_string_equal(c.where, "seq_len > 1");
  assert_int_equal(c.repetitions, 64);
  assert_true(c.min_time_s == 1.5e-3 && c.timeout_s == 1e6);
  assert_int_equal(c.order_seed, INT64_MAX);
  assert_string_equal(text_at(&c, AXIS_KERNEL, 1), "avx2_row");
  assert_string_equal(text_at(&c, AXIS_STAGE, 0), "block");
  assert_string_equal(text_at(&c, AXIS_REGIME, 0), "positive");
  expect_numbers(&c, AXIS_SEED, 2, seeds);
  expect_numbers(&c, AXIS_SEQ_LEN, 2, lengths);
  expect_numbers(&c, AXIS_TILE_Q, 2, tile_q);
  expect_numbers(&c, AXIS_TILE_K, 2, tile_k);
  expect_numbers(&c, AXIS_THREADS, 1, threads);
  config_free(&c);
}

static void ranges_double(void **state) {
  (void)state;
  static const uint64_t want[] = {
      32, 64, 128, 3, 6, 12, 24, 5, 10, 7, UINT64_C(1) << 31, UINT64_C(1) << 32};
  config c = parse(
      "name: q\naxes: {kernel: [a], head_dim: [1],\n"
      "  seq_len: [32..128, 3..24, 5..10, 7..7, 2147483648..4294967296]}\n");
  expect_numbers(&c, AXIS_SEQ_LEN, COUNT_OF(want), want);
  config_free(&c);
}

/* Decimal, whatever YAML 1.1 or C would make of the zero. */
static void leading_zeros_mean_nothing(void **state) {
  (void)state;
  char *text = with("repetitions: 010\n", "");
  config c = parse(text);
  assert_int_equal(c.repetitions, 10);
  config_free(&c);
  free(text);
}

static void bad_values_are_refused_with_their_place(void **state) {
  (void)state;
  static const struct {
    const char *line, *what;
  } top[] = {
      {"repetitions: 0", "'0' is not a whole number from 1 to 64"},
      {"repetitions: -1", "'-1' is not a whole number from 1 to 64"},
      {"repetitions: 65", "'65' is not a whole number from 1 to 64"},
      {"repetitions: 1e99", "'1e99' is not a whole number from 1 to 64"},
      {"repetitions: 4294967299", "'4294967299' is not a whole number from 1 to 64"},
      {"repetitions: 3x", "'3x' is not"},
      {"repetitions: 3.0", "'3.0' is not"},
      {"repetitions: 0x3", "'0x3' is not"},
      {"repetitions: +3", "'+3' is not"},
      {"repetitions:", "'' is not"},
      {"repetitions: [3]", "wants a single value"},
      {"repetitions: {a: 3}", "wants a single value"},
      {"order_seed: -1", "'-1' is not a whole number from 0 to 9223372036854775807"},
      {"order_seed: 9223372036854775808", "is not a whole number from 0"},
      {"order_seed: 99999999999999999999", "is not a whole number from 0"},
      {"min_time: 0", "'0' is not a number of seconds over 0"},
      {"min_time: -0.1", "'-0.1' is not a number of seconds over 0"},
      {"min_time: 1e99", "'1e99' is not a number of seconds over 0, up to 1000000"},
      {"min_time: 1e999", "'1e999' is not"},
      {"min_time: 1e-999", "'1e-999' is not"},
      {"min_time: .nan", "'.nan' is not"},
      {"min_time: nan", "'nan' is not"},
      {"min_time: inf", "'inf' is not"},
      {"min_time: 0x1p-3", "'0x1p-3' is not"},
      {"min_time: 0.1s", "'0.1s' is not"},
      {"min_time: 1,5", "'1,5' is not"},
      {"min_time:", "'' is not"},
      {"memory_limit: 0GiB", "'0GiB'"},
      {"memory_limit: -1GiB", "'-1GiB'"},
      {"memory_limit: lots", "'lots'"},
      {"memory_limit: 4 GiB please", "'4 GiB please'"},
      {"memory_limit:", "''"},
      {"timeout: 1000001", "'1000001' is not a number of seconds"},
      {"where:", "is empty"},
      {"where: [a]", "wants a single value"},
      {"repetition: 3", "unknown key; docs/sweep.md"},
      {"Repetitions: 3", "unknown key"},
      {"axis: {kernel: [a]}", "unknown key"},
  };
  for (size_t i = 0; i < COUNT_OF(top); i++) {
    char lines[128], where[128];
    snprintf(lines, sizeof lines, "\n# why\n%s\n", top[i].line);
    snprintf(where, sizeof where, "f.yaml:4: %.*s: ", (int)strcspn(top[i].line, ":"),
             top[i].line);
    char *text = with(lines, "");
    expect_refused(text, where, top[i].what);
    free(text);
  }
}

static void bad_axes_are_refused_with_their_place(void **state) {
  (void)state;
  static const struct {
    const char *line, *path, *what;
  } axes[] = {
      {"heads: [0]", "heads[0]", "'0' is not a whole number from 1 to 2^32"},
      {"heads: [1, -1]", "heads[1]", "'-1' is not a whole number"},
      {"heads: [1e99]", "heads[0]", "'1e99' is not a whole number"},
      {"heads: [4294967297]", "heads[0]", "is not a whole number"},
      {"heads: [32..100]", "heads[0]", "'32..100' is not a range that doubling reaches"},
      {"heads: [64..32]", "heads[0]", "'64..32' is not"},
      {"heads: [0..32]", "heads[0]", "'0..32' is not"},
      {"heads: [1..4294967297]", "heads[0]", "is not"},
      {"heads: [1...4]", "heads[0]", "'1...4' is not"},
      {"heads: [..4]", "heads[0]", "'..4' is not"},
      {"heads: [4..]", "heads[0]", "'4..' is not"},
      {"heads: [1..4..8]", "heads[0]", "'1..4..8' is not"},
      {"heads: [' 4']", "heads[0]", "' 4' is not"},
      {"heads: [default]", "heads[0]", "'default' is not"},
      {"heads: [~]", "heads[0]", "'~' is not"},
      {"heads: ['']", "heads[0]", "is empty"},
      {"heads: []", "heads", "is an empty list"},
      {"heads: 4", "heads", "wants a list"},
      {"heads:", "heads", "wants a list"},
      {"heads: {a: 4}", "heads", "wants a list"},
      {"heads: [1, [4]]", "heads[1]", "wants a single value"},
      {"seed: [-1]", "seed[0]", "'-1' is not a whole number from 0 to 2^63-1"},
      {"seed: [1..4]", "seed[0]", "'1..4' is not a whole number from 0"},
      {"seed: [9223372036854775808]", "seed[0]", "is not a whole number from 0"},
      {"threads: [4097]", "threads[0]", "from 1 to 4096"},
      {"threads: [0]", "threads[0]", "from 1 to 4096"},
      {"tile_k: [0]", "tile_k[0]", "or default"},
      {"tile_k: [Default]", "tile_k[0]", "or default"},
      {"stage: [blocks]", "stage[0]", "'blocks' is not attention or block"},
      {"stage: block", "stage", "wants a list"},
      {"regime: [gaussian, x]", "regime[1]",
       "'x' is not a regime; there are gaussian pos"},
      {"colour: [1]", "colour", "unknown key"},
      {"kernels: ['*']", "kernels", "unknown key"},
  };
  for (size_t i = 0; i < COUNT_OF(axes); i++) {
    char line[128], where[128];
    snprintf(line, sizeof line, "  %s\n", axes[i].line);
    snprintf(where, sizeof where, "f.yaml:6: axes.%s: ", axes[i].path);
    char *text = with("", line);
    expect_refused(text, where, axes[i].what);
    free(text);
  }
}

static void ranges_step_and_grow(void **state) {
  (void)state;
  static const uint64_t want[] = {100, 200, 300, 1, 10, 100, 7}, seeds[] = {0, 1, 2};
  config c = parse(
      "name: q\naxes: {kernel: [a], head_dim: [1], seed: [{from: 0, to: 2, step: 1}],\n"
      "  seq_len: [{from: 100, to: 300, step: 100}, {to: 100, factor: 10, from: 1},\n"
      "            {from: 7, to: 7, step: 9223372036854775807}]}\n");
  expect_numbers(&c, AXIS_SEQ_LEN, COUNT_OF(want), want);
  expect_numbers(&c, AXIS_SEED, COUNT_OF(seeds), seeds);
  config_free(&c);
}

static void points_and_presets_are_read(void **state) {
  (void)state;
  static const uint64_t tied[] = {4, 2}, two[] = {1, 2};
  config c = parse(
      "name: q\ntiles: {small: {tile_q: 8, tile_k: default}}\n"
      "axes: {kernel: [a], seq_len: [1], tiles: [default, small]}\n"
      "zip: [{heads: [4, 2], head_dim: [1, 2]}, {batch: [1], threads: [1]}]\n"
      "include: [{kernel: b, seed: [1, 2]}]\nexclude: [{heads: 1}, {tile_k: 4}]\n"
      "overrides: {b: {repetitions: 7, seq_len: 3, min_time: 0.5, timeout: 9}}\n");
  assert_int_equal(c.zip_count, 2);
  expect_list(&c.zip[0].list[AXIS_HEADS], 2, tied);
  assert_int_equal(c.axes.list[AXIS_HEADS].count, 0);
  assert_int_equal(c.axes.list[AXIS_TILES].item[1].number, 8);
  assert_int_equal(c.axes.list[AXIS_TILES].item[1].tile_k, 0);
  assert_int_equal(c.include_count, 1);
  assert_string_equal(c.include[0].list[AXIS_KERNEL].item[0].text, "b");
  expect_list(&c.include[0].list[AXIS_SEED], 2, two);
  assert_int_equal(c.exclude_count, 2);
  assert_int_equal(c.override_count, 1);
  assert_string_equal(c.overrides[0].kernel, "b");
  assert_int_equal(c.overrides[0].repetitions, 7);
  assert_true(c.overrides[0].min_time_s == 0.5 && c.overrides[0].timeout_s == 9);
  assert_int_equal(c.overrides[0].axes.list[AXIS_SEQ_LEN].item[0].number, 3);
  config_free(&c);
}

static void bad_points_are_refused_with_their_place(void **state) {
  (void)state;
  static const struct {
    const char *lines, *where, *what;
  } bad[] = {
      {"  heads: [{from: 1, to: 10, step: 2}]", "7: axes.heads[0]",
       "1 to 10 in steps of 2 does not meet its end; the last value would be 9"},
      {"  heads: [{from: 1, to: 10, factor: 2}]", "7: axes.heads[0]", "would be 8"},
      {"  heads: [{from: 1, to: 10}]", "7: axes.heads[0]", "either step or factor"},
      {"  heads: [{from: 1, to: 4, step: 1, factor: 2}]", "7: axes.heads[0]",
       "either step or factor"},
      {"  heads: [{to: 4, step: 1}]", "7: axes.heads[0]", "wants from, to"},
      {"  heads: [{from: 1, to: 4, step: 0}]", "7: axes.heads[0].step", "'0' is not"},
      {"  heads: [{from: 1, to: 4, factor: 1}]", "7: axes.heads[0].factor", "'1' is not"},
      {"  heads: [{from: 4, to: 1, step: 1}]", "7: axes.heads[0]", "below its start"},
      {"  heads: [{from: 0, to: 1, step: 1}]", "7: axes.heads[0]", "not a whole number"},
      {"  seed: [{from: 0, to: 1, factor: 2}]", "7: axes.seed[0]", "give a step"},
      {"  heads: [{from: 1, to: 4, by: 1}]", "7: axes.heads[0].by", "unknown key"},
      {"  heads: [{from: 1, to: 9000, step: 1}]", "7: axes.heads[0]", "than 4096"},
      {"  stage: [{from: 1, to: 2, step: 1}]", "7: axes.stage[0]", "a single value"},
      {"  tiles: [big]", "7: axes.tiles[0]", "no tile preset; there are default"},
      {"  tiles: [{tile_k: 0}]", "7: axes.tiles[0].tile_k", "'0' is not"},
      {"  tiles: [default]\n  tile_k: [4]", "3: axes", "names tiles twice"},
      {"tiles: {default: {tile_k: 3}}", "7: tiles.default", "no name for a preset"},
      {"tiles: {a: 3}", "7: tiles.a", "wants keys"},
      {"tiles: {a: {tile_q: 1}, a: {tile_q: 2}}", "7: tiles.a", "more than once"},
      {"zip: {heads: [1]}", "7: zip", "ties one axis alone"},
      {"zip: {heads: [1, 2], batch: [1]}", "7: zip.batch", "1 values, but heads has 2"},
      {"zip: {heads: [1], seq_len: [1]}", "7: zip", "seq_len has values elsewhere"},
      {"zip: {heads: [1], seed: 1}", "7: zip.seed", "wants a list"},
      {"zip: 3", "7: zip", "wants a list"},
      {"zip: []", "7: zip", "is an empty list"},
      {"zip: [{heads: 1, batch: 2}, {heads: 1}]", "7: zip[1]", "lacks a key"},
      {"zip: [{heads: 1, batch: 2}, {heads: 1, seed: 2}]", "7: zip[1].seed",
       "not a key of the entries before"},
      {"zip: [{heads: 1..4, batch: 2}]", "7: zip[0].heads", "one value of each"},
      {"zip: [{heads: [1], batch: [2]}, {heads: [1], seed: [2]}]", "7: zip[1]",
       "heads has values elsewhere"},
      {"include: {heads: 1}", "7: include", "wants a list"},
      {"include: [1]", "7: include[0]", "wants keys"},
      {"include: [{}]", "7: include[0]", "has no keys"},
      {"include: [{colour: 1}]", "7: include[0].colour", "unknown key"},
      {"include: [{heads: 1, heads: 2}]", "7: include[0].heads", "more than once"},
      {"zip: {heads: [1], batch: [1]}\ninclude: [{heads: 2}]", "8: include[0]",
       "zip ties heads and batch; name both"},
      {"exclude: [{heads: 0}]", "7: exclude[0].heads", "'0' is not"},
      {"exclude: [{tiles: default, tile_k: 3}]", "7: exclude[0]", "names tiles twice"},
      {"overrides: {'*': {kernel: a}}", "7: overrides.*.kernel", "unknown key"},
      {"overrides: {'*': {timeout: 0}}", "7: overrides.*.timeout", "'0' is not"},
      {"overrides: {'*': {min_time: [1]}}", "7: overrides.*.min_time", "single value"},
      {"overrides: {'*': {order_seed: 3}}", "7: overrides.*.order_seed", "unknown key"},
      {"overrides: {'*': {repetitions: 65}}", "7: overrides.*.repetitions", "1 to 64"},
      {"overrides: {a: {heads: 1}, a: {heads: 2}}", "7: overrides.a", "more than once"},
      {"overrides: [a]", "7: overrides", "wants keys"},
  };
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    char where[128], *text = with("\n", bad[i].lines);
    snprintf(where, sizeof where, "f.yaml:%s: ", bad[i].where);
    expect_refused(text, where, bad[i].what);
    free(text);
  }
}

static void values_in_block_lists_are_found_too(void **state) {
  (void)state;
  char *text = with("", "  heads:\n    - 1\n    - 2\n    # three\n    - x\n");
  expect_refused(text, "f.yaml:10: axes.heads[2]: ", "'x' is not");
  free(text);
}

static void bad_structure_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *where, *what;
  } bad[] = {
      {"", "f.yaml", "empty"},
      {"# nothing\n\n", "f.yaml", "empty"},
      {"\xef\xbb\xbf", "f.yaml", "empty"},
      {"~", "f.yaml:1: top level", "wants keys"},
      {"---\n...\n", "f.yaml:1: top level", "wants keys"},
      {"- name: q\n", "f.yaml:1: top level", "wants keys"},
      {"quick", "f.yaml:1: top level", "wants keys"},
      {"name: q\n", "f.yaml:1: ", "the key 'axes' is missing"},
      {"axes: {kernel: [a], seq_len: [1], head_dim: [1]}",
       "f.yaml:1: ", "the key 'name' is missing"},
      {"name: q\naxes: {seq_len: [1], head_dim: [1]}",
       "f.yaml:2: axes: ", "the key 'kernel' is missing"},
      {"name: q\naxes: {kernel: [a], head_dim: [1]}",
       "f.yaml:2: axes: ", "the key 'seq_len' is missing"},
      {"name: q\naxes: {kernel: [a], seq_len: [1]}",
       "f.yaml:2: axes: ", "the key 'head_dim' is missing"},
      {"name: q\naxes:\n", "f.yaml:2: axes: ", "wants keys"},
      {"name: q\naxes: [1]\n", "f.yaml:2: axes: ", "wants keys"},
      {"name: q\nname: r\naxes: {kernel: [a], seq_len: [1], head_dim: [1]}",
       "f.yaml:1: name: ", "more than once"},
      {"name: q\naxes: {kernel: [a], seq_len: [1], head_dim: [1]}\naxes: {}\n",
       "f.yaml:3: axes: ", "more than once"},
      {"name: q\naxes: {kernel: [a], seq_len: [1], head_dim: [1], seq_len: [2]}",
       "f.yaml:2: axes.seq_len: ", "more than once"},
      {"name: ''\naxes: {kernel: [a], seq_len: [1], head_dim: [1]}",
       "f.yaml:1: name: ", "is empty"},
      {"name: ../q\naxes: {kernel: [a], seq_len: [1], head_dim: [1]}",
       "f.yaml:1: name: ", "'../q' names a file"},
      {"name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
       "axes: {kernel: [a], seq_len: [1], head_dim: [1]}",
       "f.yaml:1: name: ", "too long"},
      {"name: q\n\taxes: 3\n", "f.yaml:2: not YAML: ", "tab"},
      {"name: q\naxes:\n  kernel: [a\n  seq_len: [1]\n", "f.yaml:4: not YAML: ", ""},
      {"name: 'q\n", "f.yaml:2: not YAML: ", ""},
      {"name: \x80\n", "f.yaml:1: not YAML: ", "UTF-8"},
      {"%YAML 9.9\n---\nname: q\n", "f.yaml:1: not YAML: ", "incompatible"},
      {"name: q\n---\nname: r\n", "f.yaml:2: ", "second document"},
      {"name: q\ndescription: \"a\\0b\"\n", "f.yaml:2: ", "zero character"},
      {"name: q\n[a]: 3\n", "f.yaml:2: ", "a key is a single word"},
      {"name: q\n? {a: b}\n: 3\n", "f.yaml:2: ", "a key is a single word"},
      {"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "f.yaml:2: ", "aliases"},
      {"a: &a\n  <<: *a\n", "f.yaml:2: ", "aliases"},
      {"a: [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\n", "f.yaml:1: ", "nested too deep"},
  };
  for (size_t i = 0; i < COUNT_OF(bad); i++)
    expect_refused(bad[i].text, bad[i].where, bad[i].what);
}

static void long_keys_are_cut_in_messages(void **state) {
  (void)state;
  char *text = malloc(1002);
  assert_non_null(text);
  memset(text, 'k', 1000);
  strcpy(text + 1000, ":");
  expect_refused(text, "f.yaml:1: ", "unknown key");
  free(text);
}

/* Entries that are ranges could make more values than entries are allowed. */
static void too_many_values_are_refused(void **state) {
  (void)state;
  enum { ENTRIES = 200 };
  char *axes = calloc(ENTRIES + 8, 16);
  assert_non_null(axes);
  strcpy(axes, "  heads: [1..4294967296");
  for (size_t i = 1, used = strlen(axes); i < ENTRIES; i++, used += 14)
    memcpy(axes + used, ",1..4294967296", 15);
  strcat(axes, "]\n");
  char *text = with("", axes);
  expect_refused(text, "f.yaml:6: axes.heads[124]: ", "more than 4096 values");
  free(text);
  free(axes);
}

static void zero_bytes_are_refused(void **state) {
  (void)state;
  static const char text[] = "name: q\0\n";
  config c;
  error err;
  assert_false(config_parse("f.yaml", text, sizeof text - 1, &c, &err));
  EXPECT_SAYS(&err, "f.yaml: holds zero bytes");
  assert_false(config_parse("f.yaml", "n\0a\0m\0e\0", 8, &c, &err));
  EXPECT_SAYS(&err, "f.yaml: holds zero bytes");
}

static void files_are_read(void **state) {
  (void)state;
  config c;
  error err;
  char *path = scratch_path("good.yaml"), *text = with("repetitions: 2\n", "");
  scratch_write(path, text, strlen(text));
  EXPECT_OK(config_read(path, &c, &err), &err);
  assert_string_equal(c.path, path);
  assert_string_equal(c.text, text);
  assert_int_equal(c.repetitions, 2);
  config_free(&c);
  free(text);
  free(path);
}

static void the_configs_of_this_project_are_read(void **state) {
  (void)state;
  static const char folder[] = LINKV_SOURCE_DIR "/configs";
  DIR *configs = opendir(folder);
  size_t count = 0;
  assert_non_null(configs);
  for (const struct dirent *e; (e = readdir(configs));) {
    char path[512];
    config c;
    error err;
    if (!strstr(e->d_name, ".yaml")) continue;
    snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
    EXPECT_OK(config_read(path, &c, &err), &err);
    config_free(&c);
    count++;
  }
  closedir(configs);
  assert_true(count > 0);
}

static void what_is_no_file_is_refused(void **state) {
  (void)state;
  config c;
  error err;
  char *path = scratch_path("missing.yaml");
  assert_false(config_read(path, &c, &err));
  EXPECT_SAYS(&err, path, "No such file");
  assert_false(config_read(scratch_folder, &c, &err));
  EXPECT_SAYS(&err, scratch_folder, "not a regular file; a config is a YAML file");
  assert_int_equal(mkfifo(path, 0600), 0);
  assert_false(config_read(path, &c, &err));
  EXPECT_SAYS(&err, path, "not a regular file");
  assert_int_equal(unlink(path), 0);
  scratch_write(path, "", 0);
  assert_int_equal(truncate(path, (1 << 20) + 1), 0);
  assert_false(config_read(path, &c, &err));
  EXPECT_SAYS(&err, path, "larger than 1 MiB");
  assert_int_equal(truncate(path, 1 << 20), 0);
  assert_false(config_read(path, &c, &err));
  EXPECT_SAYS(&err, path, "zero bytes");
  assert_null(c.path);
  free(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_least_config_has_every_default),
      cmocka_unit_test(every_key_is_read),
      cmocka_unit_test(ranges_double),
      cmocka_unit_test(leading_zeros_mean_nothing),
      cmocka_unit_test(bad_values_are_refused_with_their_place),
      cmocka_unit_test(bad_axes_are_refused_with_their_place),
      cmocka_unit_test(ranges_step_and_grow),
      cmocka_unit_test(points_and_presets_are_read),
      cmocka_unit_test(bad_points_are_refused_with_their_place),
      cmocka_unit_test(values_in_block_lists_are_found_too),
      cmocka_unit_test(bad_structure_is_refused),
      cmocka_unit_test(long_keys_are_cut_in_messages),
      cmocka_unit_test(too_many_values_are_refused),
      cmocka_unit_test(zero_bytes_are_refused),
      cmocka_unit_test(files_are_read),
      cmocka_unit_test(the_configs_of_this_project_are_read),
      cmocka_unit_test(what_is_no_file_is_refused),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
