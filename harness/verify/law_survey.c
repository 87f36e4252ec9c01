#include "law_survey.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "isolate.h"
#include "linkv/registry.h"

/* Seconds a kernel may take for one law on one shape. */
enum { PATIENCE_S = 60 };

static size_t first_trial(size_t law) {
  size_t first = 0;
  for (size_t l = 0; l < law; l++) first += law_trials(law_at(l));
  return first;
}

/* Which law, and which of its trials. */
static size_t law_of(size_t item, size_t *trial) {
  size_t l = 0;
  for (; item >= law_trials(law_at(l)); l++) item -= law_trials(law_at(l));
  *trial = item;
  return l;
}

const law_outcome *law_survey_at(const law_survey *s, size_t law, size_t trial,
                                 size_t kernel) {
  return &s->outcome[(first_trial(law) + trial) * s->kernels + kernel];
}

/* What stops a whole trial breaks it for every kernel not tried yet. */
static void give_up(const law_survey *s, law_outcome *row, const error *err) {
  for (size_t k = 0; k < s->kernels; k++)
    if (s->kernel[k] && (row[k].state == LAW_PENDING || row[k].state == LAW_BEGUN)) {
      row[k].state = LAW_BROKEN;
      snprintf(row[k].text, sizeof row[k].text, "not tried: %.200s", err->text);
    }
}

static bool is_asked_for(const law_survey *s, size_t l, size_t trial) {
  const size_t trials = law_trials(law_at(l));
  if (!s->law[l]) return false;
  return !s->at_most || trials <= s->at_most || trial * s->at_most % trials < s->at_most;
}

static void work(void *context, size_t item) {
  const law_survey *s = context;
  law_outcome *row = &s->outcome[item * s->kernels];
  law_trial t;
  error err;
  size_t trial;
  const size_t l = law_of(item, &trial);
  if (!is_asked_for(s, l, trial)) return;
  if (!law_trial_make(&t, law_at(l), trial, &err)) {
    give_up(s, row, &err);
    return;
  }
  bool ok = true;
  for (size_t k = 0; ok && k < s->kernels; k++) {
    if (!s->kernel[k] || row[k].state != LAW_PENDING) continue;
    alarm(PATIENCE_S);
    ok = law_try(&t, lkv_kernel_at(k), &row[k], &err);
    alarm(0);
  }
  if (!ok) give_up(s, row, &err);
  law_trial_free(&t);
}

static bool died(void *context, size_t item, const char *how) {
  const law_survey *s = context;
  law_outcome *row = &s->outcome[item * s->kernels];
  for (size_t k = 0; k < s->kernels; k++)
    if (row[k].state == LAW_BEGUN) {
      row[k].state = LAW_BROKEN;
      snprintf(row[k].text, sizeof row[k].text, "the kernel %s", how);
      return true;
    }
  const error err = {"the process ended"};
  give_up(s, row, &err);
  return false;
}

bool law_survey_run(law_survey *s, error *err) {
  s->trials = first_trial(law_count());
  s->kernels = lkv_kernel_count();
  s->bytes = s->trials * s->kernels * sizeof *s->outcome;
  s->outcome = isolate_memory(s->bytes);
  if (!s->outcome) return error_set(err, "out of memory for the outcomes of laws");
  const isolate_job job = {.items = s->trials,
                           .processes = s->processes,
                           .context = s,
                           .work = work,
                           .died = died};
  return isolate_run(&job, err);
}

void law_survey_free(law_survey *s) {
  isolate_release(s->outcome, s->bytes);
  s->outcome = NULL;
}
