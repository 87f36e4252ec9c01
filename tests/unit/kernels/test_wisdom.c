#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linkv/registry.h"
#include "linkv/wisdom.h"

enum { KERNELS = 2, CHOICES = 3 };

static lkv_wisdom_kernel kernels[KERNELS];
static const lkv_wisdom_choice choices[CHOICES] = {
    {LKV_STAGE_ATTENTION, 1, 64, 2, 32, 1, 0, 0, 0},
    {LKV_STAGE_ATTENTION, 1, 1024, 2, 32, 1, 1, 16, 64},
    {LKV_STAGE_BLOCK, 3, 5, 7, 9, 2, 0, 0, SIZE_MAX}};

static lkv_wisdom sample(void) {
  const char *const names[KERNELS] = {"scalar_row", "scalar_tile"};
  for (size_t i = 0; i < KERNELS; i++)
    kernels[i] = (lkv_wisdom_kernel){
        .name = names[i], .build = lkv_kernel_build(lkv_kernel_find(names[i]))};
  return (lkv_wisdom){.schema = LKV_WISDOM_SCHEMA,
                      .machine = lkv_machine_id(),
                      .machine_name = "some \"machine\" \\ µ",
                      .kernel = kernels,
                      .kernels = KERNELS,
                      .choice = choices,
                      .choices = CHOICES};
}

static char *sample_text(void) {
  const lkv_wisdom w = sample();
  char *text = lkv_wisdom_text(&w);
  assert_non_null(text);
  return text;
}

static void what_is_written_is_read_back(void **state) {
  (void)state;
  char error[256], *text = sample_text(), *again;
  lkv_wisdom *w;
  assert_true(lkv_wisdom_parse("w.json", text, strlen(text), &w, error, sizeof error));
  assert_int_equal(w->schema, LKV_WISDOM_SCHEMA);
  assert_string_equal(w->machine, lkv_machine_id());
  assert_string_equal(w->machine_name, "some ?machine? ? ??");
  assert_int_equal(w->kernels, KERNELS);
  assert_string_equal(w->kernel[1].name, "scalar_tile");
  assert_string_equal(w->kernel[1].build, kernels[1].build);
  assert_int_equal(w->choices, CHOICES);
  for (size_t i = 0; i < CHOICES; i++)
    assert_memory_equal(&w->choice[i], &choices[i], sizeof choices[i]);
  assert_true(lkv_wisdom_check(w, error, sizeof error));
  again = lkv_wisdom_text(w);
  assert_string_equal(again, text);
  lkv_wisdom_free(w);
  free(again);
  free(text);
}

static void white_space_may_change(void **state) {
  (void)state;
  char error[256], *text = sample_text(), *spaced = calloc(3, strlen(text) + 1);
  lkv_wisdom *w;
  size_t n = 0;
  for (const char *c = text; *c; c++) {
    spaced[n++] = *c;
    if (*c == ',' || *c == '{') spaced[n++] = '\r', spaced[n++] = '\n';
  }
  assert_true(lkv_wisdom_parse("w.json", spaced, n, &w, error, sizeof error));
  lkv_wisdom_free(w);
  free(spaced);
  free(text);
}

/* The text with the first `from` replaced; the caller frees it. */
static char *replaced(const char *text, const char *from, const char *to) {
  const char *at = strstr(text, from);
  char *out;
  assert_non_null(at);
  assert_true(asprintf(&out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) >
              0);
  return out;
}

static void what_is_not_written_is_refused(void **state) {
  static const struct {
    const char *from, *to, *says;
  } bad[] = {
      {"\"linkv_wisdom\": 1", "\"linkv_wisdom\": 2", "w.json: wisdom of schema 2"},
      {"\"seq_len\": 64", "\"seq_len\": 65", "w.json: changed after it was written"},
      {"\"build\": \"", "\"build\": \"0", "w.json: changed after it was written"},
      {"\"seq_len\": 64", "\"seq_len\": 064", "w.json:10: a whole number is missing"},
      {"\"seq_len\": 64", "\"seq_len\": 0", "w.json:10: a number is 0"},
      {"\"seq_len\": 64", "\"seq_len\": -1", "w.json:10: a whole number is missing"},
      {"\"seq_len\": 64", "\"seq_len\": 99999999999999999999", "a number is too large"},
      {"\"seq_len\"", "\"seqlen\"", "w.json:10: key \"seq_len\" is missing"},
      {"\"attention\"", "\"both\"", "w.json:10: the stage is neither"},
      {"\"kernel\": \"scalar_row\"", "\"kernel\": \"other\"", "not one of \"kernels\""},
      {"\"name\": \"scalar_tile\"", "\"name\": \"scalar_row\"",
       "a kernel is there twice"},
      {"\"name\": \"scalar_row\"", "\"name\": \"a\\nb\"",
       "a character that none here has"},
      {"{", "", "w.json:2: '{' is missing"},
      {"\"choices\": [", "\"choices\": [],", "w.json:9: '{' is missing"},
      {"\"\n}\n", "\"\n} 1\n", "something stands after the end"},
      {"\"\n}\n", "\"\n", "'}' is missing, for the file ends here"},
      {"\"\n}\n", "", "a string is not closed, for the file ends here"},
  };
  (void)state;
  char error[256], *text = sample_text();
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char *mutant = replaced(text, bad[i].from, bad[i].to);
    lkv_wisdom *w = (lkv_wisdom *)text;
    assert_false(
        lkv_wisdom_parse("w.json", mutant, strlen(mutant), &w, error, sizeof error));
    if (!strstr(error, bad[i].says)) fail_msg("'%s' lacks '%s'", error, bad[i].says);
    assert_non_null(strstr(error, "write the file again with 'linkv pick'"));
    assert_null(w);
    free(mutant);
  }
  free(text);
}

static void every_cut_text_is_refused(void **state) {
  (void)state;
  char error[256], *text = sample_text();
  lkv_wisdom *w;
  for (size_t n = 0; n + 2 < strlen(text); n++)
    assert_false(lkv_wisdom_parse("w.json", text, n, &w, error, sizeof error));
  free(text);
}

static void what_does_not_match_is_named(void **state) {
  (void)state;
  char error[512];
  lkv_wisdom w = sample();
  lkv_wisdom_choice choice = choices[0];
  w.schema = 7;
  assert_false(lkv_wisdom_check(&w, error, sizeof error));
  assert_non_null(strstr(error, "schema 7"));
  w = sample();
  w.machine = "0123456789abcdef";
  assert_false(lkv_wisdom_check(&w, error, sizeof error));
  assert_non_null(strstr(error, "measured on machine 0123456789abcdef"));
  w = sample();
  kernels[1].build = "0123456789abcdef";
  assert_false(lkv_wisdom_check(&w, error, sizeof error));
  assert_non_null(
      strstr(error, "kernel 'scalar_tile' was measured as build 0123456789ab"));
  w = sample();
  kernels[0].name = "mine";
  assert_false(lkv_wisdom_check(&w, error, sizeof error));
  assert_non_null(strstr(error, "kernel 'mine' is not here; load its plug-in"));
  w = sample();
  w.choice = &choice;
  w.choices = 1;
  choice.kernel = KERNELS;
  assert_false(lkv_wisdom_check(&w, error, sizeof error));
  choice = choices[0];
  choice.threads = 0;
  assert_false(lkv_wisdom_check(&w, error, sizeof error));
  w.choices = 0;
  assert_false(lkv_wisdom_check(&w, error, sizeof error));
}

static void files_that_cannot_be_read_are_named(void **state) {
  (void)state;
  char error[256];
  lkv_wisdom *w;
  assert_false(lkv_wisdom_read("/no/such/file", &w, error, sizeof error));
  assert_non_null(strstr(error, "/no/such/file: No such file"));
  assert_non_null(strstr(error, "'linkv pick --wisdom' writes one"));
  assert_false(lkv_wisdom_read("/", &w, error, sizeof error));
  assert_non_null(strstr(error, "/: cannot be read"));
  assert_false(lkv_wisdom_parse("w", "{\0}", 3, &w, error, sizeof error));
  assert_non_null(strstr(error, "w: not a text"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_written_is_read_back),
      cmocka_unit_test(white_space_may_change),
      cmocka_unit_test(what_is_not_written_is_refused),
      cmocka_unit_test(every_cut_text_is_refused),
      cmocka_unit_test(what_does_not_match_is_named),
      cmocka_unit_test(files_that_cannot_be_read_are_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
