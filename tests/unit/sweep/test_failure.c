#include "failure.h"

#include <signal.h>
#include <stdio.h>

#include "../check.h"

/* The status and reason of a worker that ended so. */
static void expect(const process_outcome *worker, const char *status,
                   const char *reason) {
  record r;
  assert_true(failure_record(worker, 2.5, 0, "without a whole record", &r));
  assert_string_equal(r.field[RECORD_status].text, status);
  assert_string_equal(r.field[RECORD_reason].text, reason);
  for (int f = 0; f < RECORD_FIELDS; f++)
    assert_true(r.field[f].known == (f == RECORD_status || f == RECORD_reason ||
                                     (f == RECORD_said && *worker->output)));
  record_free(&r);
}

static process_outcome worker;

static process_outcome *ended(bool exited, int number, const char *output) {
  memset(&worker, 0, sizeof worker);
  worker.exited = exited;
  if (exited)
    worker.exit_code = number;
  else
    worker.signal = number;
  snprintf(worker.output, sizeof worker.output, "%s", output);
  return &worker;
}

static void exits(void **state) {
  (void)state;
  expect(ended(true, 0, ""), "crashed",
         "worker exited with code 0, without a whole record");
  expect(ended(true, 255, "one\ntwo: three\n\n \t\n"), "crashed",
         "worker exited with code 255, without a whole record: two: three");
}

static void signals(void **state) {
  (void)state;
  expect(ended(false, SIGSEGV, ""), "crashed", "killed by SIGSEGV (Segmentation fault)");
  expect(ended(false, SIGABRT, "kernel.c:3: assertion failed"), "crashed",
         "killed by SIGABRT (Aborted): kernel.c:3: assertion failed");
  expect(ended(false, 40, ""), "crashed", "killed by signal 40");
}

static void timeouts(void **state) {
  (void)state;
  process_outcome *w = ended(false, SIGKILL, "still here\n");
  w->timed_out = true;
  expect(w, "timeout", "killed after 2.5 s (timeout)");
}

static void memory(void **state) {
  (void)state;
  record r;
  process_outcome *w = ended(false, SIGKILL, "still here\n");
  w->out_of_memory = true;
  w->peak_bytes = (size_t)1 << 20; /* of the worker alone */
  w->held_bytes = (uint64_t)300 << 20;
  assert_true(failure_record(w, 2.5, (uint64_t)256 << 20, "", &r));
  assert_string_equal(r.field[RECORD_status].text, "out_of_memory");
  assert_string_equal(r.field[RECORD_reason].text,
                      "had 300.0 MiB, limit 256.0 MiB; killed: still here");
  record_free(&r);
}

static void odd_characters_are_replaced(void **state) {
  (void)state;
  expect(ended(false, SIGBUS, "\033[31mred\033[0m \xc3\xa9\t|\x7f"), "crashed",
         "killed by SIGBUS (Bus error): ?[31mred?[0m ???|?");
}

static void long_lines_are_cut(void **state) {
  (void)state;
  char output[2000], reason[400] = "killed by SIGFPE (Floating point exception): ";
  memset(output, 'x', sizeof output);
  output[sizeof output - 1] = 0;
  memset(reason + strlen(reason), 'x', 255);
  expect(ended(false, SIGFPE, output), "crashed", reason);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exits),
      cmocka_unit_test(signals),
      cmocka_unit_test(timeouts),
      cmocka_unit_test(memory),
      cmocka_unit_test(odd_characters_are_replaced),
      cmocka_unit_test(long_lines_are_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
