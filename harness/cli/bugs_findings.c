#include "bugs_findings.h"

#include <math.h>

#include "bug_tally.h"
#include "linkv/registry.h"

size_t bugs_laws_broken(const bugs_findings *f, size_t k, const char **name) {
  size_t broken = 0;
  *name = NULL;
  for (size_t l = 0; l < law_count(); l++) {
    bool is = false;
    for (size_t i = 0; f->laws.law[l] && i < law_trials(law_at(l)); i++)
      is = is || law_survey_at(&f->laws, l, i, k)->state == LAW_BROKEN;
    if (is && !broken++) *name = law_at(l)->name;
  }
  return broken;
}

bool bugs_takes_part(const bugs_findings *f, size_t k) {
  return f->bugs.kernel[k] && bug_totals_of(&f->bugs, k).runs > 0;
}

bool bugs_is_planted(size_t k) {
  return bug_planted(lkv_kernel_at(k));
}

bool bugs_caught(const bugs_findings *f, size_t k) {
  const char *name;
  bool caught = bugs_laws_broken(f, k, &name) > 0;
  for (size_t r = 0; r < rule_count(); r++)
    caught = caught || (rule_at(r)->ours &&
                        bug_tally_of(&f->bugs, k, r, BUG_ALL_REGIMES).clear > 0);
  return caught;
}

size_t bugs_alarms(const bugs_findings *f, size_t k) {
  const char *name;
  size_t alarms = bugs_laws_broken(f, k, &name);
  for (size_t i = 0; i < f->bugs.cases; i++) {
    unsigned ours = 0;
    for (size_t r = 0; r < rule_count(); r++)
      if (rule_at(r)->ours) ours |= bug_survey_at(&f->bugs, i, k)->alarms & 1U << r;
    alarms += ours != 0;
  }
  return alarms;
}

bugs_summary bugs_sum_up(const bugs_findings *f) {
  bugs_summary s = {.r_max = NAN, .r_decided = NAN};
  for (size_t k = 0; k < f->bugs.kernels; k++) {
    if (!bugs_takes_part(f, k)) continue;
    const bug_totals t = bug_totals_of(&f->bugs, k);
    if (bugs_is_planted(k)) {
      s.bugs++;
      s.caught += bugs_caught(f, k);
      continue;
    }
    s.kernels++;
    s.runs += t.runs;
    s.elements += t.elements;
    s.false_alarms += bugs_alarms(f, k);
    s.r_max = fmax(s.r_max, t.r_max);
    s.r_decided = fmax(s.r_decided, t.r_decided);
  }
  return s;
}
