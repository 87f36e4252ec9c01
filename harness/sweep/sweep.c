#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arguments.h"
#include "clock.h"
#include "estimate.h"
#include "failure.h"
#include "linkv/driver.h"
#include "linkv/registry.h"
#include "machine.h"
#include "precision.h"
#include "process.h"
#include "progress.h"
#include "random.h"
#include "worker.h"

/* Only a person waits longer for an oracle. */
#define PREPARE_TIMEOUT_S 1e6

static volatile sig_atomic_t stop_asked;

/* The first signal lets the repetition under way finish, the second gives it up. */
static void ask_stop(int signal) {
  static const char word[] =
      "\nfinishing the repetition under way; once more to give it up\n";
  (void)signal;
  const int saved = errno;
  if (stop_asked++) {
    process_cancel();
  } else if (write(STDERR_FILENO, word, sizeof word - 1) < 0) {
    /* There is nobody to tell. */
  }
  errno = saved;
}

/* A point of the plan and what the store has of it. */
typedef struct item {
  point_info info;
  char *command;
  unsigned wanted;      /* repetitions */
  uint64_t repetitions; /* bit r - 1 */
  int severity;
} item;

/* A file in memory with what points of one shape and precision share. */
typedef struct lending {
  precision of;
  int fd; /* -1: there is none, each worker makes its own */
} lending;

enum { LENDINGS_MAX = 8 };

typedef struct sweep {
  const sweep_options *options;
  store *store;
  item *items;
  size_t count;
  int64_t run;
  estimate estimate;
  progress progress;
  process_outcome *outcome;
  lending lent[LENDINGS_MAX]; /* of the shape being measured */
  size_t lent_count;
} sweep;

/* A worker's own threads are OpenMP's: BLAS must not start any. Several are pinned to a
 * core each, or two may share one for a whole repetition; one is left to the scheduler.
 */
static const char *const one_thread[] = {"OPENBLAS_NUM_THREADS=1", "OMP_DYNAMIC=false",
                                         NULL};
static const char *const threads[] = {"OPENBLAS_NUM_THREADS=1", "OMP_DYNAMIC=false",
                                      "OMP_PROC_BIND=close", "OMP_PLACES=cores", NULL};

static bool start_worker(sweep *w, const point *p, const char *const *flags, int lent,
                         double timeout_s, error *err) {
  const process_options options = {.record_fd = WORKER_RECORD_FD,
                                   .timeout_s = timeout_s,
                                   .settings = p->threads > 1 ? threads : one_thread,
                                   .lent = lent,
                                   .lent_as = WORKER_SHAPE_FD};
  arguments a;
  if (!arguments_of_worker(p, w->options, flags, &a))
    return error_set(err, "out of memory for a worker's arguments");
  const bool ok = process_run_self(a.item, &options, w->outcome, err);
  arguments_free(&a);
  return ok;
}

static void drop_shape(sweep *w) {
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

/* Has a worker make what points of the shape and of that point's precision share, however
 * long the oracle takes: no kernel is charged for it. Where that fails each worker makes
 * its own. */
static bool prepare_shape(sweep *w, const point *p, error *err) {
  static const char *const flags[] = {"--prepare", NULL};
  if (find_lending(w, p) || w->lent_count == LENDINGS_MAX) return true;
  lending *made = &w->lent[w->lent_count++];
  *made = (lending){.of = precision_of(p->kernel), .fd = make_file()};
  if (made->fd < 0) return true;
  if (!start_worker(w, p, flags, made->fd, PREPARE_TIMEOUT_S, err)) return false;
  if (w->outcome->exited && w->outcome->exit_code == 0) return true;
  close(made->fd);
  made->fd = -1;
  return true;
}

/* Runs a worker for one repetition and reads its record. */
static bool run_worker(sweep *w, const item *it, unsigned repetition, record *out,
                       error *err) {
  const process_outcome *worker = w->outcome;
  const double timeout_s = w->options->timeout_s;
  const char *flags[3] = {NULL};
  size_t count = 0;
  error note = {"without a whole record"};
  if (repetition == 1) flags[count++] = "--judge";
  const lending *found = find_lending(w, it->info.point);
  const int lent = found ? found->fd : -1;
  if (lent >= 0) flags[count++] = "--lent";
  if (!start_worker(w, it->info.point, flags, lent, timeout_s, err)) return false;
  if (worker->cancelled) return true;
  const char *end = strchr(worker->record, '\n');
  const bool finished =
      !worker->timed_out && worker->exited && worker->exit_code == 0 && end && !end[1];
  if (finished && record_from_json(worker->record, out, &note)) return true;
  return failure_record(worker, timeout_s, note.text, out) ||
         error_set(err, "out of memory for a record");
}

static bool item_open(const item *it, unsigned repetition) {
  const bool good =
      it->severity == 0 || it->severity == status_severity("ill_conditioned");
  return good && !(it->repetitions >> (repetition - 1) & 1) && repetition <= it->wanted;
}

static size_t item_left(const item *it) {
  size_t left = 0;
  for (unsigned r = 1; r <= it->wanted; r++) left += item_open(it, r);
  return left;
}

/* What one repetition is expected to take, its timeout at most. */
static double expected(const sweep *w, const point *p) {
  return fmin(estimate_repetition(&w->estimate, p), w->options->timeout_s);
}

/* Whether item i is the first left of its shape and precision. */
static bool needs_preparing(const sweep *w, size_t i) {
  const point *p = w->items[i].info.point;
  for (size_t k = i; k-- > 0 && plan_same_shape(w->items[k].info.point, p);)
    if (item_left(&w->items[k]) &&
        precision_equal(precision_of(w->items[k].info.point->kernel),
                        precision_of(p->kernel)))
      return false;
  return true;
}

static double seconds_left(const sweep *w, size_t *repetitions, size_t *guessed) {
  double seconds = 0;
  *repetitions = *guessed = 0;
  for (size_t i = 0; i < w->count; i++) {
    const item *it = &w->items[i];
    const size_t left = item_left(it);
    if (!left) continue;
    if (needs_preparing(w, i)) seconds += estimate_shape(it->info.point);
    seconds += expected(w, it->info.point) * (double)left;
    if (!estimate_knows(&w->estimate, it->info.point)) *guessed += left;
    *repetitions += left;
  }
  return seconds;
}

/* Learns from the store what has become of a point: what one that is not ok leaves undone
 * will not be done. */
static bool refresh(sweep *w, item *it, error *err) {
  const int good = status_severity("skipped");
  const size_t left = item_left(it);
  const bool was_good = it->severity <= good;
  if (!store_progress(w->store, it->info.key, &it->repetitions, &it->severity, err))
    return false;
  w->progress.done += left - item_left(it);
  w->progress.bad += was_good && it->severity > good;
  return true;
}

/* Measures and stores one repetition; `added` is false where it was given up, or another
 * sweep had it first. */
static bool measure_one(sweep *w, item *it, unsigned repetition, bool *added,
                        error *err) {
  const point *p = it->info.point;
  record r = {0};
  *added = false;
  const double start = clock_now();
  const double predicted = estimate_repetition(&w->estimate, p);
  if (progress_due(&w->progress)) {
    size_t repetitions, guessed;
    progress_show(&w->progress, p, seconds_left(w, &repetitions, &guessed));
  }
  if (!run_worker(w, it, repetition, &r, err)) return false;
  if (w->outcome->cancelled) return true;
  estimate_learn(&w->estimate, predicted, clock_now() - start);
  if (r.field[RECORD_time_ns].known)
    estimate_see(&w->estimate, p, 1e-9 * r.field[RECORD_time_ns].real);
  const bool ok = store_add(w->store, w->run, &it->info, repetition, &r, added, err) &&
                  refresh(w, it, err);
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

/* Whether a point can be measured at all here: what the CPU or the kernel does not do
 * needs no inputs. */
static bool worth_preparing(const point *p) {
  const char *why;
  return lkv_check(p->kernel, &p->problem, &why) == LKV_OK;
}

static bool prepare_if_needed(sweep *w, size_t first, size_t count, error *err) {
  drop_shape(w);
  for (size_t i = first; i < first + count; i++) {
    const point *p = w->items[i].info.point;
    if (item_left(&w->items[i]) && worth_preparing(p) && !prepare_shape(w, p, err))
      return false;
  }
  return true;
}

static bool measure_shape(sweep *w, size_t first, size_t count, size_t *order,
                          sweep_summary *out, error *err) {
  if (!prepare_if_needed(w, first, count, err)) return false;
  unsigned rounds = 0;
  for (size_t i = first; i < first + count; i++)
    if (w->items[i].wanted > rounds) rounds = w->items[i].wanted;
  for (unsigned round = 1; round <= rounds; round++) {
    shuffle(order, first, count, w->options->order_seed, round);
    for (size_t i = 0; i < count; i++) {
      item *it = &w->items[order[i]];
      bool added;
      if (!item_open(it, round)) continue;
      if (stop_asked) {
        out->interrupted = true;
        return true;
      }
      /* Another sweep on this database may have been faster. */
      if (!refresh(w, it, err)) return false;
      if (!item_open(it, round)) continue;
      if (!measure_one(w, it, round, &added, err)) return false;
      out->measured += added;
    }
  }
  return true;
}

static bool measure_all(sweep *w, sweep_summary *out, error *err) {
  size_t *order = calloc(w->count + 1, sizeof *order);
  bool ok = order || error_set(err, "out of memory");
  for (size_t first = 0, next; ok && !out->interrupted && first < w->count;
       first = next) {
    next = first + 1;
    while (next < w->count &&
           plan_same_shape(w->items[first].info.point, w->items[next].info.point))
      next++;
    ok = measure_shape(w, first, next - first, order, out, err);
  }
  drop_shape(w);
  free(order);
  return ok;
}

static void close_sweep(sweep *w) {
  for (size_t i = 0; i < w->count; i++) free(w->items[i].command);
  free(w->items);
  free(w->outcome);
  drop_shape(w);
  estimate_free(&w->estimate);
}

/* Keys every point and looks it up. */
static bool open_sweep(sweep *w, const plan *p, const sweep_options *options, store *s,
                       error *err) {
  rows seen = {0};
  *w = (sweep){
      .options = options,
      .store = s,
      .items = calloc(p->count + 1, sizeof *w->items),
      .estimate = {.min_time_s = options->min_time_s},
      .outcome = malloc(sizeof *w->outcome),
  };
  bool ok = (w->items && w->outcome) || error_set(err, "out of memory for a plan");
  ok = ok && store_rows(s, STORE_LATEST_BUILD, NULL, &seen, err);
  if (ok) estimate_see_rows(&w->estimate, &seen);
  rows_free(&seen);
  for (size_t i = 0; ok && i < p->count; i++) {
    item *it = &w->items[w->count++];
    it->wanted = p->repetitions ? p->repetitions[i] : options->repetitions;
    it->command = sweep_point_command(&p->point[i], options);
    it->info = (point_info){.point = &p->point[i],
                            .label = options->label,
                            .commit = build_commit(),
                            .machine = machine_id(),
                            .kernel_build = lkv_kernel_build(p->point[i].kernel),
                            .command = it->command};
    point_make_key(&it->info, options->min_time_s);
    ok = (it->command || error_set(err, "out of memory for a plan")) &&
         (!options->retry || store_forget_failures(s, it->info.key, err)) &&
         store_progress(s, it->info.key, &it->repetitions, &it->severity, err);
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
 * user waits for it to stop, nor for a single point, whose store nobody reads again. */
static bool record_ceilings(sweep *w, error *err) {
  if (stop_asked || !w->options->config_text) return true;
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
  for (size_t i = 0; i < w.count; i++) out->complete_before += !item_left(&w.items[i]);
  seconds_left(&w, &repetitions, &guessed);
  w.progress = progress_start(options->progress, repetitions);

  stop_asked = 0;
  on_stop.sa_flags = SA_RESTART;
  sigemptyset(&on_stop.sa_mask);
  sigaction(SIGINT, &on_stop, &old_int);
  sigaction(SIGTERM, &on_stop, &old_term);
  bool ok = !repetitions ||
            (begin_run(&w, err) && measure_all(&w, out, err) && record_ceilings(&w, err));
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
  for (size_t i = 0; i < w.count; i++) out->complete += !item_left(&w.items[i]);
  out->seconds = seconds_left(&w, &out->repetitions, &out->guessed);
  close_sweep(&w);
  return true;
}
