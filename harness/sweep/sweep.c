#include "sweep.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "estimate.h"
#include "linkv/registry.h"
#include "machine.h"
#include "progress.h"
#include "random.h"
#include "process.h"
#include "worker.h"

enum { ARGUMENTS_MAX = 64, COMMAND_MAX = 8192 };

static volatile sig_atomic_t stop_asked;

static void ask_stop(int signal) {
  (void)signal;
  stop_asked = 1;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A point of the plan and what the store has of it. */
typedef struct item {
  point_info info;
  char *command;
  uint64_t repetitions; /* bit r - 1 */
  int severity;
} item;

typedef struct sweep {
  const sweep_options *options;
  store *store;
  item *items;
  size_t count;
  int64_t run;
  estimate estimate;
  progress progress;
  process_outcome *outcome;
} sweep;

/* Words of a command line, in one block of memory. */
typedef struct words {
  char *item[ARGUMENTS_MAX];
  size_t count, used;
  bool overflow;
  char text[COMMAND_MAX];
} words;

__attribute__((format(printf, 2, 3))) static void add_word(words *w, const char *format,
                                                           ...) {
  va_list args;
  va_start(args, format);
  const size_t room = sizeof w->text - w->used;
  const size_t length = (size_t)vsnprintf(w->text + w->used, room, format, args);
  va_end(args);
  if (length >= room || w->count + 2 > ARGUMENTS_MAX) {
    w->overflow = true;
    return;
  }
  w->item[w->count++] = w->text + w->used;
  w->item[w->count] = NULL;
  w->used += length + 1;
}

static void add_size(words *w, const char *option, size_t size) {
  add_word(w, "--%s", option);
  add_word(w, "%zu", size);
}

/* The shortest of the decimals that read back the same. */
static void add_real(words *w, double real) {
  char text[40];
  int digits = 1;
  do snprintf(text, sizeof text, "%.*g", digits, real);
  while (strtod(text, NULL) != real && ++digits <= 17);
  add_word(w, "%s", text);
}

/* The options that `linkv time` and `linkv worker` share. */
static void add_point(words *w, const point *p, const sweep_options *options) {
  const lkv_problem *q = &p->problem;
  add_word(w, "--kernel");
  add_word(w, "%s", p->kernel->name);
  add_word(w, "--stage");
  add_word(w, "%s", lkv_stage_name(p->stage));
  add_word(w, "--regime");
  add_word(w, "%s", p->regime);
  add_word(w, "--seed");
  add_word(w, "%" PRIu64, p->seed);
  add_size(w, "batch", q->batch);
  add_size(w, "seq-len", q->seq_len);
  add_size(w, "heads", q->heads);
  add_size(w, "head-dim", q->head_dim);
  if (q->tile_q) add_size(w, "tile-q", q->tile_q);
  if (q->tile_k) add_size(w, "tile-k", q->tile_k);
  add_size(w, "threads", p->threads);
  add_word(w, "--min-time");
  add_real(w, options->min_time_s);
  for (size_t i = 0; i < options->plugin_count; i++) {
    add_word(w, "--plugin");
    add_word(w, "%s", options->plugins[i]);
  }
}

/* Appends a word as a shell reads it back. */
static void append_quoted(char *out, size_t size, const char *word) {
  size_t used = strlen(out);
  const bool plain = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_-./=:+,@") == strlen(word) && *word;
  used += (size_t)snprintf(out + used, size - used, plain ? "%s" : "'", word);
  if (plain) return;
  for (; *word && used + 6 < size; word++)
    used += (size_t)snprintf(out + used, size - used, *word == '\'' ? "'\\''" : "%c", *word);
  snprintf(out + used, size - used, "'");
}

char *sweep_point_command(const point *p, const sweep_options *options) {
  words *w = calloc(1, sizeof *w);
  char *line = calloc(1, 2 * COMMAND_MAX);
  if (w && line) {
    add_point(w, p, options);
    add_size(w, "repetitions", options->repetitions);
    strcpy(line, "linkv time");
    for (size_t i = 0; i < w->count; i++) {
      strcat(line, " ");
      append_quoted(line, 2 * COMMAND_MAX - 2, w->item[i]);
    }
  }
  char *command = w && line ? strdup(line) : NULL;
  free(w);
  free(line);
  return command;
}

/* The last line that says something, for a reason. */
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

/* The record of a worker that gave none. */
static bool failed_record(const process_outcome *s, double timeout_s, const char *why, record *out) {
  char said[256], reason[1536];
  last_line(s->output, said, sizeof said);
  if (s->timed_out)
    snprintf(reason, sizeof reason, "killed after %g s (timeout)", timeout_s);
  else if (!s->exited)
    snprintf(reason, sizeof reason, "killed by SIG%s (%s)%s%s", sigabbrev_np(s->signal),
             strsignal(s->signal), *said ? ": " : "", said);
  else
    snprintf(reason, sizeof reason, "worker exited with code %d, %s%s%s", s->exit_code, why,
             *said ? ": " : "", said);
  for (char *c = reason; *c; c++)
    if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f) *c = '?';
  *out = (record){0};
  return value_set_text(&out->field[RECORD_status], s->timed_out ? "timeout" : "crashed") &&
         value_set_text(&out->field[RECORD_reason], reason);
}

/* Runs a worker for one repetition and reads its record. */
static bool run_worker(sweep *w, const item *it, unsigned repetition, record *out,
                       error *err) {
  error note = {"without a record"};
  words *arguments = calloc(1, sizeof *arguments);
  bool ok = arguments || error_set(err, "out of memory for a worker's arguments");
  if (ok) {
    add_word(arguments, "linkv");
    add_word(arguments, "worker");
    add_point(arguments, it->info.point, w->options);
    if (repetition == 1) add_word(arguments, "--judge");
    ok = !arguments->overflow || error_set(err, "too many or too long --plugin paths");
  }
  ok = ok && process_run_self(arguments->item, WORKER_RECORD_FD, w->options->timeout_s, w->outcome,
                        err);
  free(arguments);
  if (!ok) return false;
  const process_outcome *s = w->outcome;
  const char *end = strchr(s->record, '\n');
  const bool finished = !s->timed_out && s->exited && s->exit_code == 0 && end && !end[1];
  if (finished && record_from_json(s->record, out, &note)) return true;
  return failed_record(s, w->options->timeout_s, note.text, out) ||
         error_set(err, "out of memory for a record");
}

static bool item_open(const sweep *w, const item *it, unsigned repetition) {
  return it->severity == 0 && !(it->repetitions >> (repetition - 1) & 1) &&
         repetition <= w->options->repetitions;
}

static bool item_complete(const sweep *w, const item *it) {
  for (unsigned r = 1; r <= w->options->repetitions; r++)
    if (item_open(w, it, r)) return false;
  return true;
}

static double seconds_left(const sweep *w, size_t *repetitions, size_t *guessed) {
  double seconds = 0;
  *repetitions = *guessed = 0;
  for (size_t i = 0; i < w->count; i++)
    for (unsigned r = 1; r <= w->options->repetitions; r++) {
      if (!item_open(w, &w->items[i], r)) continue;
      seconds += estimate_repetition(&w->estimate, w->items[i].info.point, r == 1);
      *guessed += !estimate_knows(&w->estimate, w->items[i].info.point);
      ++*repetitions;
    }
  return seconds;
}

static bool measure_one(sweep *w, item *it, unsigned repetition, error *err) {
  const point *p = it->info.point;
  record r = {0};
  bool added;
  const double start = now();
  const double predicted = estimate_repetition(&w->estimate, p, repetition == 1);
  if (progress_due(&w->progress)) {
    size_t repetitions, guessed;
    progress_show(&w->progress, p, seconds_left(w, &repetitions, &guessed));
  }
  if (!run_worker(w, it, repetition, &r, err)) return false;
  estimate_learn(&w->estimate, predicted, now() - start);
  if (r.field[RECORD_time_ns].known)
    estimate_see(&w->estimate, p, 1e-9 * r.field[RECORD_time_ns].real);
  const bool ok = store_add(w->store, w->run, &it->info, repetition, &r, &added, err);
  if (ok) {
    const int severity = status_severity(r.field[RECORD_status].text);
    it->repetitions |= UINT64_C(1) << (repetition - 1);
    if (severity > it->severity) it->severity = severity;
    w->progress.bad += severity > status_severity("skipped");
    w->progress.done++;
    /* What a point that is not ok leaves undone will not be done. */
    if (severity > 0)
      for (unsigned later = 1; later <= w->options->repetitions; later++)
        w->progress.done += !(it->repetitions >> (later - 1) & 1);
  }
  record_free(&r);
  return ok;
}

/* A random order of first..first+count-1, drawn from the seed for this round. */
static void shuffle(size_t *order, size_t first, size_t count, uint64_t seed,
                    unsigned round) {
  for (size_t i = 0; i < count; i++) order[i] = first + i;
  for (size_t i = count; i > 1; i--) {
    const double u = random_uniform(seed, round, first + i);
    const size_t j = (size_t)(u * (double)i);
    const size_t swapped = order[i - 1];
    order[i - 1] = order[j];
    order[j] = swapped;
  }
}

static bool measure_shape(sweep *w, size_t first, size_t count, size_t *order,
                          sweep_summary *out, error *err) {
  for (unsigned round = 1; round <= w->options->repetitions; round++) {
    shuffle(order, first, count, w->options->order_seed, round);
    for (size_t i = 0; i < count; i++) {
      item *it = &w->items[order[i]];
      if (!item_open(w, it, round)) continue;
      if (stop_asked) {
        out->interrupted = true;
        return true;
      }
      if (!measure_one(w, it, round, err)) return false;
      out->measured++;
    }
  }
  return true;
}

static bool measure_all(sweep *w, sweep_summary *out, error *err) {
  size_t *order = calloc(w->count + 1, sizeof *order);
  bool ok = order || error_set(err, "out of memory");
  for (size_t first = 0, next; ok && !out->interrupted && first < w->count; first = next) {
    next = first + 1;
    while (next < w->count &&
           plan_same_shape(w->items[first].info.point, w->items[next].info.point))
      next++;
    ok = measure_shape(w, first, next - first, order, out, err);
  }
  free(order);
  return ok;
}

static void close_sweep(sweep *w) {
  for (size_t i = 0; i < w->count; i++) free(w->items[i].command);
  free(w->items);
  free(w->outcome);
  estimate_free(&w->estimate);
}

/* Keys every point and looks it up. */
static bool open_sweep(sweep *w, const plan *p, const sweep_options *options, store *s,
                       error *err) {
  rows seen = {0};
  *w = (sweep){.options = options,
               .store = s,
               .items = calloc(p->count + 1, sizeof *w->items),
               .estimate = {.min_time_s = options->min_time_s},
               .outcome = malloc(sizeof *w->outcome)};
  bool ok = (w->items && w->outcome) || error_set(err, "out of memory for a plan");
  if (ok && store_rows(s, NULL, &seen, err)) estimate_see_rows(&w->estimate, &seen);
  rows_free(&seen);
  for (size_t i = 0; ok && i < p->count; i++) {
    item *it = &w->items[w->count++];
    it->command = sweep_point_command(&p->point[i], options);
    it->info = (point_info){.point = &p->point[i],
                            .label = options->label,
                            .commit = build_commit(),
                            .machine = machine_id(),
                            .kernel_build = lkv_kernel_build(p->point[i].kernel),
                            .command = it->command};
    point_make_key(&it->info, options->min_time_s);
    ok = it->command ? store_progress(s, it->info.key, &it->repetitions, &it->severity, err)
                     : error_set(err, "out of memory for a plan");
  }
  if (!ok) close_sweep(w);
  return ok;
}

static bool begin_run(sweep *w, error *err) {
  json_t *facts = machine_facts();
  char *text = facts ? json_dumps(facts, JSON_COMPACT) : NULL;
  const run_info info = {.label = w->options->label,
                         .command = w->options->command,
                         .config = w->options->config_text,
                         .order_seed = w->options->order_seed,
                         .machine = machine_id(),
                         .machine_facts = text,
                         .commit = build_commit()};
  const bool ok = store_begin_run(w->store, &info, &w->run, err);
  free(text);
  json_decref(facts);
  return ok;
}

/* Seconds for all ceilings of the machine. */
#define CEILING_SECONDS 0.5

/* At the end, so that a sweep that is killed again and again still gets on; not where the
 * user waits for it to stop. */
static bool record_ceilings(sweep *w, error *err) {
  if (stop_asked) return true;
  json_t *facts = machine_facts_measured(CEILING_SECONDS);
  char *text = facts ? json_dumps(facts, JSON_COMPACT) : NULL;
  const bool ok = store_set_machine(w->store, machine_id(), text, err);
  free(text);
  json_decref(facts);
  return ok;
}

static void summarize(const sweep *w, sweep_summary *out) {
  for (size_t i = 0; i < w->count; i++)
    if (w->items[i].repetitions) out->by_severity[w->items[i].severity]++;
}

bool sweep_run(const plan *p, const sweep_options *options, store *s, sweep_summary *out,
               error *err) {
  sweep w;
  size_t repetitions, guessed;
  struct sigaction on_stop = {.sa_handler = ask_stop}, old_int, old_term;
  *out = (sweep_summary){.points = p->count};
  if (!open_sweep(&w, p, options, s, err)) return false;
  for (size_t i = 0; i < w.count; i++) out->complete_before += item_complete(&w, &w.items[i]);
  seconds_left(&w, &repetitions, &guessed);
  w.progress = progress_start(options->progress, repetitions);

  stop_asked = 0;
  on_stop.sa_flags = SA_RESTART;
  sigemptyset(&on_stop.sa_mask);
  sigaction(SIGINT, &on_stop, &old_int);
  sigaction(SIGTERM, &on_stop, &old_term);
  bool ok = !repetitions || (begin_run(&w, err) && measure_all(&w, out, err) &&
                             record_ceilings(&w, err));
  sigaction(SIGINT, &old_int, NULL);
  sigaction(SIGTERM, &old_term, NULL);

  progress_end(&w.progress);
  summarize(&w, out);
  close_sweep(&w);
  return ok;
}

bool sweep_forecast_of(const plan *p, const sweep_options *options, store *s,
                       sweep_forecast *out, error *err) {
  sweep w;
  *out = (sweep_forecast){.points = p->count};
  if (!open_sweep(&w, p, options, s, err)) return false;
  for (size_t i = 0; i < w.count; i++) out->complete += item_complete(&w, &w.items[i]);
  out->seconds = seconds_left(&w, &out->repetitions, &out->guessed);
  close_sweep(&w);
  return true;
}
