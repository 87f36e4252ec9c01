#include "sweep.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "admission.h"
#include "clock.h"
#include "linkv/registry.h"
#include "machine.h"
#include "state.h"

static volatile sig_atomic_t stop_asked;

/* The first signal lets the repetition under way finish, the second gives it up. */
static void ask_stop(int signal) {
  (void)signal;
  const int saved = errno;
  if (stop_asked++)
    process_cancel();
  else
    progress_say("finishing the repetition under way; once more to give it up\n");
  errno = saved;
}

static void close_sweep(sweep *w) {
  for (size_t i = 0; i < w->count; i++) free(w->items[i].command);
  free(w->items);
  free(w->ran_out);
  free(w->outcome);
  repetition_drop_shapes(w);
  estimate_free(&w->estimate);
}

static void forget_failure(item *it) {
  if (it->severity <= status_severity("ill_conditioned") ||
      it->severity == status_severity("wrong"))
    return;
  it->severity = 0;
  it->repetitions = 0;
}

/* Keys every point and looks it up. A forecast writes nothing: what would be forgotten to
 * be tried again counts as not there. */
static bool open_sweep(sweep *w, const plan *p, const sweep_options *options, store *s,
                       bool forecast, error *err) {
  const point_effort usual = {options->repetitions, options->min_time_s,
                              options->timeout_s};
  rows seen = {0};
  *w = (sweep){
      .options = options,
      .store = s,
      .items = calloc(p->count + 1, sizeof *w->items),
      .ran_out = calloc(p->count + 1, sizeof *w->ran_out),
      .outcome = malloc(sizeof *w->outcome),
      .memory_limit =
          options->memory_limit ? options->memory_limit : admission_usual_limit(),
      .start_s = clock_now(),
  };
  bool ok = (w->items && w->ran_out && w->outcome) ||
            error_set(err, "out of memory for a plan");
  ok = ok && store_rows(s, STORE_LATEST_BUILD, NULL, &seen, err);
  if (ok) estimate_see_rows(&w->estimate, &seen);
  rows_free(&seen);
  for (size_t i = 0; ok && i < p->count; i++) {
    item *it = &w->items[w->count++];
    it->effort = p->effort ? p->effort[i] : usual;
    it->wanted = it->effort.repetitions;
    it->command = sweep_point_command(&p->point[i], options, &it->effort);
    it->info = (point_info){.point = &p->point[i],
                            .label = options->label,
                            .commit = build_commit(),
                            .machine = machine_id(),
                            .kernel_build = lkv_kernel_build(p->point[i].kernel),
                            .command = it->command};
    point_make_key(&it->info, it->effort.min_time_s);
    ok = (it->command || error_set(err, "out of memory for a plan")) &&
         (!options->retry || forecast || store_forget_failures(s, it->info.key, err)) &&
         item_refresh(w, it, err);
    /* What a precision has asked for before is asked for again. */
    if (ok && options->precision > 0 && it->repetitions)
      item_extend(w, it, options->precision);
  }
  for (size_t i = 0; ok && options->retry && forecast && i < w->count; i++)
    forget_failure(&w->items[i]);
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

/* Seconds for all ceilings of the machine, and the share of a sweep that may go into
 * measuring them again. */
#define CEILING_SECONDS 0.5
#define CEILING_SHARE   0.005

/* At the end, so that a sweep that is killed again and again still gets on; not where the
 * user waits for it to stop, nor for a single point, whose store nobody reads again. */
static bool record_ceilings(sweep *w, error *err) {
  bool known;
  if (stop_asked || !w->options->config_text) return true;
  if (!store_has_ceilings(w->store, machine_id(), &known, err)) return false;
  if (known && CEILING_SHARE * (clock_now() - w->start_s) < CEILING_SECONDS) return true;
  json_t *facts = machine_facts_measured(CEILING_SECONDS);
  char *text = facts ? json_dumps(facts, JSON_COMPACT) : NULL;
  const bool ok = store_set_machine(w->store, machine_id(), text, err);
  free(text);
  json_decref(facts);
  return ok;
}

static void summarize(const sweep *w, sweep_summary *out) {
  for (size_t i = 0; i < w->count; i++) {
    const item *it = &w->items[i];
    if (it->repetitions && item_left(it))
      out->unfinished++;
    else if (it->repetitions)
      out->by_severity[it->severity]++;
  }
}

bool sweep_run(const plan *p, const sweep_options *options, store *s, sweep_summary *out,
               error *err) {
  sweep w;
  size_t repetitions;
  struct sigaction on_stop = {.sa_handler = ask_stop}, old_int, old_term;
  const double start = clock_now();
  *out = (sweep_summary){.points = p->count};
  if (!open_sweep(&w, p, options, s, false, err)) return false;
  for (size_t i = 0; i < w.count; i++) out->complete_before += !item_left(&w.items[i]);
  sweep_seconds_left(&w, &repetitions);
  w.progress = progress_start(options->progress, p->count, repetitions);

  stop_asked = 0;
  on_stop.sa_flags = SA_RESTART;
  sigemptyset(&on_stop.sa_mask);
  sigaction(SIGINT, &on_stop, &old_int);
  sigaction(SIGTERM, &on_stop, &old_term);
  bool ok = (!repetitions && options->budget_s <= 0) ||
            (begin_run(&w, err) && rounds_measure(&w, &stop_asked, out, err) &&
             record_ceilings(&w, err));
  sigaction(SIGINT, &old_int, NULL);
  sigaction(SIGTERM, &old_term, NULL);

  progress_end(&w.progress, out->interrupted);
  cache_notes_print(&w.notes, options->cache, options->progress == PROGRESS_AUTO, stderr);
  summarize(&w, out);
  out->wall_s = clock_now() - start;
  out->kernel_s = w.kernel_s;
  out->judge_s = w.judge_s;
  close_sweep(&w);
  return ok;
}

bool sweep_forecast_of(const plan *p, const sweep_options *options, store *s,
                       sweep_forecast *out, error *err) {
  sweep w;
  *out =
      (sweep_forecast){.points = p->count, .each = calloc(p->count, sizeof *out->each)};
  if (!out->each) return error_set(err, "out of memory for a forecast");
  if (!open_sweep(&w, p, options, s, true, err)) {
    sweep_forecast_free(out);
    return false;
  }
  out->memory_limit = w.memory_limit;
  for (size_t i = 0; i < w.count; i++) {
    const point_forecast f = item_forecast(&w, i);
    out->each[i] = f;
    out->complete += !f.repetitions && !*f.skipped;
    out->skipped += *f.skipped != 0;
    out->repetitions += f.repetitions;
    out->guessed += f.guessed ? f.repetitions : 0;
    out->seconds += f.seconds + f.oracle_seconds;
  }
  close_sweep(&w);
  return true;
}

void sweep_forecast_free(sweep_forecast *f) {
  free(f->each);
  *f = (sweep_forecast){0};
}
