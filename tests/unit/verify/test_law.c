/* Guarded memory, work apart, and the table of laws. That each law can be broken is seen
 * in tests/e2e/laws.sh, by planted bugs. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "guarded.h"
#include "inputs.h"
#include "isolate.h"
#include "law.h"
#include "linkv/registry.h"

static void test_table(void **state) {
  (void)state;
  for (size_t l = 0; l < law_count(); l++) {
    const lin_law *law = law_at(l);
    assert_true(law->variants >= 1 && *law->statement);
    assert_true(law_trials(law) >= 1);
    for (size_t r = 0; r < LAW_REGIMES && law->regime[r]; r++)
      assert_non_null(regime_find(law->regime[r]));
    for (size_t other = 0; other < l; other++)
      assert_string_not_equal(law->name, law_at(other)->name);
  }
  assert_null(law_at(law_count()));
}

/* What each item of a job does, in its child. */
enum { FINE, STEP_AFTER, STEP_BEFORE, WRITE_LOCKED, LEAVE, HANG, ITEMS };

typedef struct found {
  unsigned done, died[ITEMS], begun[ITEMS];
} found;

static char how[ITEMS][200];

static void misbehave(void *context, size_t item) {
  found *f = context;
  guarded g;
  error err;
  if (f->begun[item]++) return; /* once is enough */
  if (!guarded_make(&g, "operand KK", 100, 4,
                    item == STEP_BEFORE ? GUARDED_AT_START : GUARDED_AT_END, 0, &err))
    _exit(1);
  volatile unsigned char *data = g.data;
  if (item == STEP_AFTER) data[100] = 1;
  if (item == STEP_BEFORE) *(data - 1) = 1;
  if (item == WRITE_LOCKED && guarded_lock(&g, &err)) data[0] = 1;
  if (item == LEAVE) _exit(7);
  if (item == HANG) {
    alarm(1);
    for (;;) pause();
  }
  f->done++;
  guarded_free(&g);
}

static bool take_death(void *context, size_t item, const char *text) {
  found *f = context;
  f->died[item]++;
  snprintf(how[item], sizeof how[item], "%s", text);
  return item == STEP_AFTER;
}

static void test_apart(void **state) {
  (void)state;
  error err;
  found *f = isolate_memory(sizeof *f);
  assert_non_null(f);
  const isolate_job job = {.items = ITEMS,
                           .processes = 2,
                           .context = f,
                           .work = misbehave,
                           .died = take_death};
  EXPECT_OK(isolate_run(&job, &err), &err);
  assert_int_equal(f->done, 1);
  assert_int_equal(f->begun[STEP_AFTER], 2); /* taken up again */
  for (size_t i = 0; i < ITEMS; i++) assert_int_equal(f->died[i], i == FINE ? 0 : 1);
  assert_non_null(strstr(how[STEP_AFTER], "after the end of operand KK"));
  assert_non_null(strstr(how[STEP_BEFORE], "before the start of operand KK"));
  assert_non_null(strstr(how[WRITE_LOCKED], "writes to operand KK"));
  assert_non_null(strstr(how[LEAVE], "exit status 7"));
  assert_non_null(strstr(how[HANG], "does not come to an end"));
  isolate_release(f, sizeof *f);
}

/* Between the data and the page that crashes. */
static void test_watched_bytes(void **state) {
  (void)state;
  for (guarded_place place = GUARDED_AT_END; place <= GUARDED_AT_START; place++) {
    guarded g;
    error err;
    EXPECT_OK(guarded_make(&g, "the workspace", 100, 64, place, 0xff, &err), &err);
    assert_int_equal((uintptr_t)g.data % 64, 0);
    assert_int_equal(g.data[99], 0xff);
    assert_true(guarded_intact(&g, &err));
    g.data[100] = 0;
    assert_false(guarded_intact(&g, &err));
    EXPECT_SAYS(&err, "after the end of the workspace");
    guarded_free(&g);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_table),
      cmocka_unit_test(test_apart),
      cmocka_unit_test(test_watched_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
