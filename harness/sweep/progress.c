#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "estimate.h"
#include "progress_block.h"
#include "progress_json.h"
#include "progress_text.h"

#define TERMINAL_PERIOD_S 0.1
#define PLAIN_PERIOD_S    10.0
#define COST_FACTOR       50.0 /* a line costs 2 % of the time at most */

progress progress_start(progress_style style, size_t points, size_t repetitions) {
  progress p = {.style = style,
                .terminal = style == PROGRESS_AUTO && isatty(STDERR_FILENO),
                .points = points,
                .total = repetitions,
                .left_s = -1};
  if (style == PROGRESS_AUTO && !p.terminal) p.due_s = clock_now() + PLAIN_PERIOD_S;
  block_begin();
  if (style == PROGRESS_JSON) progress_json_start(&p);
  return p;
}

bool progress_due(progress *p) {
  p->asked_s = clock_now();
  return p->style != PROGRESS_NONE && p->asked_s >= p->due_s;
}

static void put_line(const progress *p) {
  char left[32], now[PROGRESS_LINE_SIZE];
  progress_point_text(p->now, now, sizeof now);
  fprintf(stderr, "%zu/%zu (%.0f %%), %s left", p->done, p->total,
          100.0 * (double)p->done / (double)p->total,
          duration_text(p->left_s, left, sizeof left));
  if (p->failed) fprintf(stderr, ", %zu failed", p->failed);
  if (p->skipped) fprintf(stderr, ", %zu skipped", p->skipped);
  fprintf(stderr, ": %s\n", now);
  fflush(stderr);
}

void progress_begin(progress *p, const point *now, unsigned repetition) {
  p->now = now;
  p->repetition = repetition;
  p->began_s = clock_now();
}

void progress_show(progress *p, double left_s) {
  p->left_s = fmax(left_s - (clock_now() - p->began_s), 0);
  if (p->terminal)
    block_draw(p);
  else if (p->style == PROGRESS_AUTO)
    put_line(p);
  const double shown_s = clock_now(), cost_s = shown_s - p->asked_s;
  const double period_s =
      p->style == PROGRESS_AUTO && !p->terminal ? PLAIN_PERIOD_S : TERMINAL_PERIOD_S;
  p->due_s = shown_s + fmax(period_s, COST_FACTOR * cost_s);
}

static void keep_verdict(progress *p, const char *line) {
  if (p->verdicts == PROGRESS_VERDICTS)
    memmove(p->verdict[0], p->verdict[1], sizeof *p->verdict * (PROGRESS_VERDICTS - 1));
  else
    p->verdicts++;
  snprintf(p->verdict[p->verdicts - 1], PROGRESS_LINE_SIZE, "%s", line);
}

void progress_tell(progress *p, double half_width, const record *r) {
  char line[PROGRESS_LINE_SIZE];
  if (p->style == PROGRESS_NONE) return;
  if (p->style == PROGRESS_JSON) {
    progress_json_repetition(p, half_width, r);
    return;
  }
  progress_verdict_text(p->now, half_width, r, line, sizeof line);
  keep_verdict(p, line);
  const int severity = status_severity(r->field[RECORD_status].text);
  if (!p->terminal && severity > status_severity("skipped"))
    fprintf(stderr, "%s\n", line);
}

void progress_end(progress *p, bool interrupted) {
  if (p->terminal) block_clear();
  if (p->style == PROGRESS_JSON) progress_json_end(p, interrupted);
}

void progress_say(const char *line) {
  block_give_up();
  if (write(STDERR_FILENO, line, strlen(line)) < 0) {
    /* There is nobody to tell. */
  }
}
