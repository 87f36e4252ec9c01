#include "failure.h"

#include <stdio.h>
#include <string.h>

/* The last line that says something. */
static void last_line(const char *text, char *out, size_t size) {
  const char *line = "";
  size_t length = 0;
  while (*text) {
    const size_t n = strcspn(text, "\n");
    if (strspn(text, " \t\r") < n) {
      line = text;
      length = n;
    }
    text += n + (text[n] == '\n');
  }
  snprintf(out, size, "%.*s", (int)(length < size ? length : size - 1), line);
}

/* "SIGSEGV (Segmentation fault)"; signals without a name by number. */
static const char *signal_text(int number, char *buffer, size_t size) {
  const char *name = sigabbrev_np(number);
  if (name)
    snprintf(buffer, size, "SIG%s (%s)", name, sigdescr_np(number));
  else
    snprintf(buffer, size, "signal %d", number);
  return buffer;
}

bool failure_record(const process_outcome *worker, double timeout_s, const char *why,
                    record *out) {
  char said[256], name[64], reason[1536];
  last_line(worker->output, said, sizeof said);
  const char *colon = *said ? ": " : "";
  if (worker->timed_out)
    snprintf(reason, sizeof reason, "killed after %g s (timeout)", timeout_s);
  else if (!worker->exited)
    snprintf(reason, sizeof reason, "killed by %s%s%s",
             signal_text(worker->signal, name, sizeof name), colon, said);
  else
    snprintf(reason, sizeof reason, "worker exited with code %d, %s%s%s",
             worker->exit_code, why, colon, said);
  for (char *c = reason; *c; c++)
    if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f) *c = '?';
  *out = (record){0};
  return value_set_text(&out->field[RECORD_status],
                        worker->timed_out ? "timeout" : "crashed") &&
         value_set_text(&out->field[RECORD_reason], reason);
}
