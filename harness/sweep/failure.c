#include "failure.h"

#include <stdio.h>
#include <string.h>

#include "bytes_text.h"

/* Share of the limit from which on it is to blame. */
#define NEAR 0.8

enum { SAID_MAX = 1024 };

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

/* Whether it was killed for its limit, or died near it. */
static bool near_limit(const process_outcome *worker, uint64_t memory_limit) {
  return worker->out_of_memory ||
         (memory_limit && (double)worker->peak_bytes >= NEAR * (double)memory_limit);
}

static void clean(char *text) {
  for (char *c = text; *c; c++)
    if ((*c != '\n' && (unsigned char)*c < ' ') || (unsigned char)*c >= 0x7f) *c = '?';
}

/* The end of what it said, in whole lines where there are any. */
static bool set_said(const process_outcome *worker, record *out) {
  char text[PROCESS_OUTPUT_MAX];
  const char *said = worker->output;
  const size_t length = strlen(said);
  if (length >= SAID_MAX) {
    said += length - SAID_MAX;
    const char *line = strchr(said, '\n');
    if (line && line[1]) said = line + 1;
  }
  snprintf(text, sizeof text, "%s", said);
  clean(text);
  return value_set_text(&out->field[RECORD_said], *text ? text : NULL);
}

static bool set_out_of_memory(const process_outcome *worker, uint64_t memory_limit,
                              const char *reason, record *out) {
  char text[1792];
  char had[BYTES_TEXT_SIZE], limit[BYTES_TEXT_SIZE];
  const uint64_t bytes = worker->out_of_memory ? worker->held_bytes : worker->peak_bytes;
  snprintf(text, sizeof text, "had %s, limit %s; %s", bytes_text((size_t)bytes, had),
           bytes_text((size_t)memory_limit, limit), reason);
  return value_set_text(&out->field[RECORD_status], "out_of_memory") &&
         value_set_text(&out->field[RECORD_reason], text);
}

bool failure_amend(const process_outcome *worker, uint64_t memory_limit, record *out) {
  const value *reason = &out->field[RECORD_reason];
  if (strcmp(out->field[RECORD_status].text, "crashed") != 0) return true;
  if (!set_said(worker, out)) return false;
  if (!near_limit(worker, memory_limit)) return true;
  char before[1024];
  snprintf(before, sizeof before, "%s", reason->known ? reason->text : "");
  return set_out_of_memory(worker, memory_limit, before, out);
}

bool failure_record(const process_outcome *worker, double timeout_s,
                    uint64_t memory_limit, const char *why, record *out) {
  char said[256], name[64], reason[1536];
  last_line(worker->output, said, sizeof said);
  const char *colon = *said ? ": " : "";
  if (worker->timed_out)
    snprintf(reason, sizeof reason, "killed after %g s (timeout)", timeout_s);
  else if (worker->out_of_memory)
    snprintf(reason, sizeof reason, "killed%s%s", colon, said);
  else if (!worker->exited)
    snprintf(reason, sizeof reason, "killed by %s%s%s",
             signal_text(worker->signal, name, sizeof name), colon, said);
  else
    snprintf(reason, sizeof reason, "worker exited with code %d, %s%s%s",
             worker->exit_code, why, colon, said);
  clean(reason);
  *out = (record){0};
  if (!set_said(worker, out)) return false;
  if (!worker->timed_out && near_limit(worker, memory_limit))
    return set_out_of_memory(worker, memory_limit, reason, out);
  return value_set_text(&out->field[RECORD_status],
                        worker->timed_out ? "timeout" : "crashed") &&
         value_set_text(&out->field[RECORD_reason], reason);
}
