/* One repetition: a worker, its record, the store. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "admission.h"
#include "arguments.h"
#include "clock.h"
#include "failure.h"
#include "state.h"
#include "worker.h"

/* Only a person waits longer for an oracle. */
#define PREPARE_TIMEOUT_S 1e6

/* Times in a row that a disturbed repetition is measured again. */
enum { DISCARDED_MAX = 2 };

/* A worker runs: shows how far the sweep is, where that is due. */
static void show_progress(void *context) {
  sweep *w = context;
  size_t repetitions;
  if (progress_due(&w->progress))
    progress_show(&w->progress, sweep_seconds_left(w, &repetitions));
}

static bool start_worker(sweep *w, const point *p, double min_time_s,
                         const char *const *flags, int lent, double timeout_s,
                         uint64_t memory_limit, error *err) {
  const process_options options = {.record_fd = WORKER_RECORD_FD,
                                   .timeout_s = timeout_s,
                                   .memory_limit = memory_limit,
                                   .settings = settings_of_worker(p),
                                   .lent = lent,
                                   .lent_as = WORKER_SHAPE_FD,
                                   .tick = show_progress,
                                   .context = w};
  arguments a;
  if (!arguments_of_worker(p, w->options, min_time_s, flags, &a))
    return error_set(err, "out of memory for a worker's arguments");
  const bool ok = process_run_self(a.item, &options, w->outcome, err);
  arguments_free(&a);
  if (ok) cache_note_gather(w->outcome->output, &w->notes);
  return ok;
}

void repetition_drop_shapes(sweep *w) {
  for (size_t i = 0; i < w->lent_count; i++)
    if (w->lent[i].fd >= 0) close(w->lent[i].fd);
  w->lent_count = 0;
}

/* NULL where none was prepared. */
static lending *find_lending(sweep *w, const point *p) {
  for (size_t i = 0; i < w->lent_count; i++)
    if (precision_equal(w->lent[i].of, precision_of(p->kernel))) return &w->lent[i];
  return NULL;
}

/* An empty file in memory, or -1. */
static int make_file(void) {
  const int fd = memfd_create("linkv shape", MFD_CLOEXEC);
  if (fd < 0 || fd >= PROCESS_LOW_FD) return fd;
  const int high = fcntl(fd, F_DUPFD_CLOEXEC, PROCESS_LOW_FD);
  close(fd);
  return high;
}

bool repetition_prepare(sweep *w, const item *it, error *err) {
  const point *p = it->info.point;
  static const char *const flags[] = {"--prepare", NULL};
  if (find_lending(w, p) || w->lent_count == LENDINGS_MAX) return true;
  lending *made = &w->lent[w->lent_count++];
  *made = (lending){.of = precision_of(p->kernel), .fd = make_file()};
  if (made->fd < 0) return true;
  progress_begin(&w->progress, p, 0);
  const double start = clock_now();
  if (!start_worker(w, p, it->effort.min_time_s, flags, made->fd, PREPARE_TIMEOUT_S, 0,
                    err))
    return false;
  w->judge_s += clock_now() - start;
  if (w->outcome->exited && w->outcome->exit_code == 0) return true;
  close(made->fd);
  made->fd = -1;
  return true;
}

/* Runs a worker for one repetition, where the point is not refused, and gets its record.
 */
static bool run_worker(sweep *w, const item *it, unsigned repetition, record *out,
                       error *err) {
  const process_outcome *worker = w->outcome;
  const double timeout_s = it->effort.timeout_s;
  const char *flags[5] = {NULL};
  char limit[24], refusal[ADMISSION_REASON_SIZE];
  size_t count = 0;
  if (admission_refuses(w, it, refusal)) {
    w->outcome->cancelled = false;
    return admission_record(refusal, out) || error_set(err, "out of memory for a record");
  }
  error note = {"without a whole record"};
  if (repetition == 1) flags[count++] = "--judge";
  const lending *found = find_lending(w, it->info.point);
  const int lent = found ? found->fd : -1;
  if (lent >= 0) flags[count++] = "--lent";
  if (w->memory_limit) {
    snprintf(limit, sizeof limit, "%" PRIu64, w->memory_limit);
    flags[count++] = "--memory-limit";
    flags[count++] = limit;
  }
  if (!start_worker(w, it->info.point, it->effort.min_time_s, flags, lent, timeout_s,
                    w->memory_limit, err))
    return false;
  if (worker->cancelled) return true;
  const char *end = strchr(worker->record, '\n');
  const bool finished = !worker->timed_out && !worker->out_of_memory && worker->exited &&
                        worker->exit_code == 0 && end && !end[1];
  const bool told = finished && record_from_json(worker->record, out, &note);
  return (told ? failure_amend(worker, w->memory_limit, out)
               : failure_record(worker, timeout_s, w->memory_limit, note.text, out)) ||
         error_set(err, "out of memory for a record");
}

/* What a worker's life was spent on. */
static void account(sweep *w, const record *r) {
  const value *kernel = &r->field[RECORD_kernel_ns], *judge = &r->field[RECORD_judge_ns];
  w->kernel_s += kernel->known ? 1e-9 * kernel->real : 0;
  w->judge_s += judge->known ? 1e-9 * judge->real : 0;
}

/* Not where the machine is always busy: all would be thrown away. */
static bool may_discard(const sweep *w) {
  return 4 * w->discarded <= w->turn + 4;
}

/* Runs a worker, and puts into its record how long it lived. */
static bool run_worker_timed(sweep *w, const item *it, unsigned repetition, record *out,
                             error *err) {
  const double start = clock_now();
  if (!run_worker(w, it, repetition, out, err)) return false;
  if (w->outcome->cancelled) return true;
  value_set_real(&out->field[RECORD_wall_ns], 1e9 * (clock_now() - start));
  account(w, out);
  return true;
}

/* Measures a disturbed repetition again, in its place, and counts how often. One that
 * cannot be measured again, or is given up then, stays. */
static bool measure_again(sweep *w, const item *it, unsigned round, record *r,
                          int64_t *discarded, error *err) {
  while (r->field[RECORD_disturbed].known && *discarded < DISCARDED_MAX &&
         may_discard(w)) {
    record again = {0};
    if (!run_worker_timed(w, it, round, &again, err)) return false;
    if (w->outcome->cancelled) {
      record_free(&again);
      return true;
    }
    record_free(r);
    *r = again;
    ++*discarded;
    w->discarded++;
  }
  return true;
}

bool repetition_measure(sweep *w, item *it, unsigned round, bool *added, error *err) {
  const point *p = it->info.point;
  record r = {0};
  *added = false;
  const double start = clock_now();
  const double predicted = estimate_repetition(&w->estimate, p, it->effort.min_time_s);
  progress_begin(&w->progress, p, round);
  show_progress(w);
  int64_t discarded = 0;
  error failed = {""};
  if (!run_worker_timed(w, it, round, &r, err)) return false;
  if (w->outcome->cancelled) {
    record_free(&r);
    return true;
  }
  const bool again = measure_again(w, it, round, &r, &discarded, &failed);
  value_set_integer(&r.field[RECORD_discarded], discarded);
  const double end = clock_now();
  estimate_learn(&w->estimate, predicted, end - start);
  if (r.field[RECORD_time_ns].known)
    estimate_see(&w->estimate, p, 1e-9 * r.field[RECORD_time_ns].real);
  value_set_integer(&r.field[RECORD_turn], ++w->turn);
  const bool ok = store_add(w->store, w->run, &it->info, round, &r, added, err) &&
                  item_refresh(w, it, err);
  if (ok && *added) progress_tell(&w->progress, it->half_width, &r);
  record_free(&r);
  if (ok && !again) *err = failed;
  return ok && again;
}
