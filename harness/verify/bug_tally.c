#include "bug_tally.h"

#include <math.h>

bug_tally bug_tally_of(const bug_survey *s, size_t kernel, size_t by, size_t in) {
  const unsigned bit = 1U << by;
  bug_tally t = {0};
  for (size_t i = 0; i < s->cases; i++) {
    const bug_run *run = bug_survey_at(s, i, kernel);
    if (in != BUG_ALL_REGIMES && bug_survey_regime(s, i) != in) continue;
    t.runs += (run->spoken & bit) != 0;
    t.alarms += (run->alarms & bit) != 0;
    if (run->alarms & bit) t.clear += (bug_survey_quiet(s, i) & bit) != 0;
  }
  return t;
}

bug_totals bug_totals_of(const bug_survey *s, size_t kernel) {
  bug_totals t = {.r_max = NAN, .r_decided = NAN};
  for (size_t i = 0; i < s->cases; i++) {
    const bug_run *run = bug_survey_at(s, i, kernel);
    if (run->state != BUG_JUDGED && run->state != BUG_DIED) continue;
    t.runs++;
    t.elements += run->elements;
    t.compared += run->compared;
    t.decided += run->decided;
    t.r_max = fmax(t.r_max, (double)run->r_stat);
    t.r_decided = fmax(t.r_decided, (double)run->r_decided);
  }
  return t;
}

size_t bug_first_alarm(const bug_survey *s, size_t kernel) {
  for (size_t i = 0; i < s->cases; i++)
    for (size_t r = 0; r < rule_count(); r++)
      if (rule_at(r)->ours && bug_survey_at(s, i, kernel)->alarms & 1U << r) return i;
  return SIZE_MAX;
}
