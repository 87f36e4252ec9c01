#include "arguments.h"

#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "linkv/registry.h"

static const char *const no_flags[] = {NULL}, *const judging[] = {"--judge", NULL};

static point a_point(void) {
  return (point){.kernel = lkv_kernel_find("scalar_row"),
                 .stage = LKV_STAGE_BLOCK,
                 .regime = "positive",
                 .seed = INT64_MAX,
                 .problem = {.batch = 2,
                             .seq_len = (size_t)1 << 32,
                             .heads = 3,
                             .head_dim = 65,
                             .tile_k = 16},
                 .threads = 4};
}

static void workers_are_told_everything(void **state) {
  (void)state;
  static const char *const plugins[] = {"./mine.so", "it's \"odd\".so"};
  static const char *const want[] = {"linkv",      "worker",
                                     "--kernel",   "scalar_row",
                                     "--stage",    "block",
                                     "--regime",   "positive",
                                     "--seed",     "9223372036854775807",
                                     "--batch",    "2",
                                     "--seq-len",  "4294967296",
                                     "--heads",    "3",
                                     "--head-dim", "65",
                                     "--tile-k",   "16",
                                     "--threads",  "4",
                                     "--min-time", "0.05",
                                     "--plugin",   "./mine.so",
                                     "--plugin",   "it's \"odd\".so",
                                     "--judge"};
  const sweep_options options = {.plugins = plugins, .plugin_count = 2};
  const point p = a_point();
  arguments a;
  assert_true(arguments_of_worker(&p, &options, 0.05, judging, &a));
  assert_int_equal(a.count, COUNT_OF(want));
  for (size_t i = 0; i < a.count; i++) assert_string_equal(a.item[i], want[i]);
  assert_null(a.item[a.count]);
  arguments_free(&a);
  assert_true(arguments_of_worker(&p, &options, 0.05, no_flags, &a));
  assert_int_equal(a.count, COUNT_OF(want) - 1);
  arguments_free(&a);
  arguments_free(&a);
}

/* The shortest decimal that reads back the same. */
static void times_are_exact_and_short(void **state) {
  (void)state;
  static const struct {
    double seconds;
    const char *text;
  } known[] = {{0.05, "0.05"},
               {0.1, "0.1"},
               {1, "1"},
               {1e6, "1e+06"},
               {1.0 / 3, "0.3333333333333333"},
               {1e-300, "1e-300"},
               {0.1 + 0.2, "0.30000000000000004"}};
  const point p = a_point();
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    const sweep_options options = {0};
    arguments a;
    assert_true(arguments_of_worker(&p, &options, known[i].seconds, no_flags, &a));
    assert_string_equal(a.item[a.count - 1], known[i].text);
    arguments_free(&a);
  }
}

static void commands_read_plainly(void **state) {
  (void)state;
  const sweep_options options = {0};
  const point_effort effort = {.repetitions = 5, .min_time_s = 0.05};
  const point p = a_point();
  char *command = sweep_point_command(&p, &options, &effort);
  assert_string_equal(command,
                      "linkv time --kernel scalar_row --stage block --regime positive "
                      "--seed 9223372036854775807 --batch 2 --seq-len 4294967296 "
                      "--heads 3 --head-dim 65 --tile-k 16 --threads 4 --min-time 0.05 "
                      "--repetitions 5");
  free(command);
}

/* The words a shell makes of a command line, one a line. */
static void shell_words(const char *command, char *out, size_t size) {
  char *script = NULL;
  assert_true(asprintf(&script, "linkv() { printf '%%s\\n' \"$@\"; }\n%s", command) > 0);
  assert_int_equal(setenv("LINKV_TEST_SCRIPT", script, 1), 0);
  FILE *shell = popen("eval \"$LINKV_TEST_SCRIPT\"", "r");
  assert_non_null(shell);
  out[fread(out, 1, size - 1, shell)] = 0;
  assert_int_equal(pclose(shell), 0);
  free(script);
}

static void a_shell_reads_odd_words_back(void **state) {
  (void)state;
  static const char *const odd[] = {
      "plain.so",
      "",
      "two words.so",
      "it's",
      "'",
      "''\"''",
      "$HOME `id` $(id)",
      "a;b&c|d>e<f",
      "*?[a-z]~{x,y}",
      "back\\slash \\n",
      "%s%n",
      "#not a comment",
      "!history",
      "caf\xc3\xa9 \xff",
      "tab\there",
      "-dash",
  };
  const sweep_options options = {.plugins = odd, .plugin_count = COUNT_OF(odd)};
  const point_effort effort = {.repetitions = 1, .min_time_s = 0.05};
  const point p = a_point();
  char said[4096], want[4096] = "";
  char *command = sweep_point_command(&p, &options, &effort);
  shell_words(command, said, sizeof said);
  for (size_t i = 0; i < COUNT_OF(odd); i++) {
    strcat(want, "--plugin\n");
    strcat(want, odd[i]);
    strcat(want, "\n");
  }
  strcat(want, "--repetitions\n1\n");
  const char *plugins = strstr(said, "--plugin\n");
  assert_non_null(plugins);
  assert_string_equal(plugins, want);
  free(command);
}

/* However many and long. */
static void nothing_is_cut(void **state) {
  (void)state;
  enum { PLUGINS = 100, LENGTH = 2000 };
  static char path[LENGTH + 1];
  const char *plugins[PLUGINS];
  memset(path, '\'', LENGTH);
  for (int i = 0; i < PLUGINS; i++) plugins[i] = path;
  const sweep_options options = {.plugins = plugins, .plugin_count = PLUGINS};
  const point_effort effort = {.repetitions = 7, .min_time_s = 0.05};
  const point p = a_point();
  char *command = sweep_point_command(&p, &options, &effort);
  assert_non_null(command);
  assert_true(strlen(command) > (size_t)PLUGINS * LENGTH * 4);
  const char *end = command + strlen(command) - strlen(" --repetitions 7");
  assert_string_equal(end, " --repetitions 7");
  free(command);
}

static void commands_are_as_they_were_given(void **state) {
  (void)state;
  char *words[] = {"ab", "--base", "old builds/a.so", "it's.yaml", "--quiet"};
  char *line = arguments_command(COUNT_OF(words), words);
  assert_string_equal(line, "linkv ab --base 'old builds/a.so' 'it'\\''s.yaml' --quiet");
  free(line);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(commands_are_as_they_were_given),
      cmocka_unit_test(workers_are_told_everything),
      cmocka_unit_test(times_are_exact_and_short),
      cmocka_unit_test(commands_read_plainly),
      cmocka_unit_test(a_shell_reads_odd_words_back),
      cmocka_unit_test(nothing_is_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
