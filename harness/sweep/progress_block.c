#include "progress_block.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"
#include "estimate.h"
#include "progress_text.h"

enum { LINES = 2 + PROGRESS_VERDICTS, WIDTH_MIN = 20, WIDTH_MAX = 160, BAR = 24 };

/* What is on the screen: how long its lines are, in columns. */
static size_t drawn[LINES], drawn_count;
static volatile sig_atomic_t given_up;

/* From the block's end to its beginning, and everything below away; ready for a signal
 * handler. */
static char undo[32];

static size_t width_now(void) {
  struct winsize size;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col < WIDTH_MIN) return 80;
  return size.ws_col < WIDTH_MAX ? size.ws_col : WIDTH_MAX;
}

/* Rows of the screen the block takes: its lines wrap where the window has become narrower
 * than they are. */
static size_t rows_up(size_t width) {
  size_t up = 0;
  for (size_t i = 0; i < drawn_count; i++)
    up += drawn[i] ? (drawn[i] - 1) / width + 1 : 1;
  return up ? up - 1 : 0;
}

static void make_undo(void) {
  const size_t up = rows_up(width_now());
  if (!drawn_count)
    *undo = 0;
  else if (up)
    snprintf(undo, sizeof undo, "\033[%zuA\r\033[J", up);
  else
    snprintf(undo, sizeof undo, "\r\033[J");
}

static void write_all(const char *text, size_t size) {
  for (size_t at = 0; at < size;) {
    const ssize_t wrote = write(STDERR_FILENO, text + at, size - at);
    if (wrote <= 0) return; /* nobody is there to see it */
    at += (size_t)wrote;
  }
}

static bool colours(void) {
  const char *no = getenv("NO_COLOR");
  return !no || !*no;
}

/* The block's lines in `line`; how many. */
static size_t compose(const progress *p, char line[LINES][PROGRESS_LINE_SIZE]) {
  char left[32], bar[BAR + 1], now[PROGRESS_LINE_SIZE];
  size_t count = 0;
  const double share = p->total ? (double)p->done / (double)p->total : 1;
  for (int i = 0; i < BAR; i++) bar[i] = (double)i < share * BAR ? '#' : '.';
  bar[BAR] = 0;
  int used =
      snprintf(line[count], PROGRESS_LINE_SIZE,
               "%s %.0f %%, %zu done, %zu left, about %s", bar, 100 * share, p->done,
               p->total - p->done, duration_text(p->left_s, left, sizeof left));
  if (p->failed)
    used += snprintf(line[count] + used, PROGRESS_LINE_SIZE - (size_t)used,
                     ", %zu failed", p->failed);
  if (p->skipped)
    snprintf(line[count] + used, PROGRESS_LINE_SIZE - (size_t)used, ", %zu skipped",
             p->skipped);
  count++;
  if (p->now) {
    progress_point_text(p->now, now, sizeof now);
    if (p->repetition)
      used = snprintf(line[count], PROGRESS_LINE_SIZE, "now  %.180s, repetition %u", now,
                      p->repetition);
    else
      used =
          snprintf(line[count], PROGRESS_LINE_SIZE, "now  the oracle, for %.180s", now);
    const double running_s = clock_now() - p->began_s;
    if (running_s >= 1)
      snprintf(line[count] + used, PROGRESS_LINE_SIZE - (size_t)used, ", for %s",
               duration_text(running_s, left, sizeof left));
    count++;
  }
  for (size_t i = 0; i < p->verdicts; i++)
    snprintf(line[count++], PROGRESS_LINE_SIZE, "%s%.240s", i ? "     " : "last ",
             p->verdict[i]);
  return count;
}

/* A verdict's colour: by its first word. */
static const char *colour_of(const char *line) {
  static const char ok[] = "ok ", skipped[] = "skipped ";
  const char *word = strlen(line) > 5 ? line + 5 : "";
  if (strncmp(line, "last ", 5) && strncmp(line, "     ", 5)) return NULL;
  return !strncmp(word, ok, sizeof ok - 1)             ? "\033[32m"
         : !strncmp(word, skipped, sizeof skipped - 1) ? "\033[33m"
                                                       : "\033[31m";
}

void block_begin(void) {
  drawn_count = 0;
  given_up = 0;
  *undo = 0;
}

void block_draw(const progress *p) {
  char line[LINES][PROGRESS_LINE_SIZE], text[LINES * (PROGRESS_LINE_SIZE + 16) + 64];
  const size_t count = compose(p, line), width = width_now();
  const bool coloured = colours();
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &before);
  if (!given_up) {
    make_undo();
    int used = snprintf(text, sizeof text, "%s", undo);
    for (size_t i = 0; i < count; i++) {
      const char *colour = coloured ? colour_of(line[i]) : NULL;
      const size_t length = strlen(line[i]);
      drawn[i] = length < width ? length : width - 1;
      used +=
          snprintf(text + used, sizeof text - (size_t)used, "%s%s%.*s%s", i ? "\r\n" : "",
                   colour ? colour : "", (int)drawn[i], line[i], colour ? "\033[0m" : "");
    }
    drawn_count = count;
    make_undo();
    write_all(text, (size_t)used);
  }
  sigprocmask(SIG_SETMASK, &before, NULL);
}

void block_clear(void) {
  if (given_up) return;
  make_undo();
  write_all(undo, strlen(undo));
  drawn_count = 0;
  *undo = 0;
}

void block_give_up(void) {
  if (!given_up++) write_all(undo, strlen(undo));
}
