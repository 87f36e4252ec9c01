#include "compare_options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "whole_file.h"

const char *const compare_formats[] = {"table", "md", "json", "junit", "github", NULL};

compare_options compare_options_default(void) {
  const compare_rule rule = compare_rule_default();
  return (compare_options){
      .level = rule.level,
      .error_growth = rule.error_growth,
      .memory_growth = rule.memory_growth,
      .rule = rule,
      .faults = ((1u << COMPARE_FAULTS) - 1) & ~(unsigned)COMPARE_MISSING};
}

/* "3%" or "3" is 0.03. */
static bool take_percent(const cli_command *command, const char *name, const char *text,
                         double *out) {
  char *end;
  if (!text) return true;
  const double percent = strtod(text, &end);
  const bool number = end != text && (!*end || !strcmp(end, "%"));
  if (number && percent >= 0 && percent <= 1000) {
    *out = percent / 100;
    return true;
  }
  cli_fail(command, EXIT_USAGE, "--%s '%s' is no percentage from 0 to 1000, such as 3%%",
           name, text);
  return false;
}

static bool take_faults(const cli_command *command, compare_options *o) {
  if (!o->fail_on) return true;
  o->faults = 0;
  for (const char *word = o->fail_on; word;) {
    const size_t length = strcspn(word, ",");
    int fault = 0;
    while (compare_fault_names[fault] &&
           (strlen(compare_fault_names[fault]) != length ||
            memcmp(compare_fault_names[fault], word, length) != 0))
      fault++;
    if (fault == COMPARE_FAULTS) {
      cli_fail(command, EXIT_USAGE,
               "--fail-on: no '%.*s'; there are slower, wrong, failed, error, memory and "
               "missing",
               (int)length, word);
      return false;
    }
    o->faults |= 1u << fault;
    word = word[length] ? word + length + 1 : NULL;
  }
  return true;
}

const char *compare_report_file(const char *report, compare_format *format) {
  const char *equals = strchr(report, '=');
  if (!equals || !equals[1]) return NULL;
  for (int f = 0; compare_formats[f]; f++)
    if (strlen(compare_formats[f]) == (size_t)(equals - report) &&
        !memcmp(compare_formats[f], report, (size_t)(equals - report))) {
      *format = (compare_format)f;
      return equals + 1;
    }
  return NULL;
}

/* What cannot be written is told before hours of races, not after. */
static bool take_reports(const cli_command *command, const compare_options *o) {
  for (size_t i = 0; i < o->reports.count; i++) {
    compare_format format;
    const char *path = compare_report_file(o->reports.item[i], &format);
    whole_file file;
    error err;
    if (!path) {
      cli_fail(command, EXIT_USAGE,
               "--report '%s' is no FORMAT=FILE; formats are table, md, json, junit and "
               "github",
               o->reports.item[i]);
      return false;
    }
    if (!whole_file_open(&file, path, &err)) {
      cli_fail(command, EXIT_USAGE, "--report %s", err.text);
      return false;
    }
    whole_file_discard(&file);
  }
  return true;
}

static bool take_factor(const cli_command *command, const char *name, double factor) {
  if (factor >= 1) return true;
  cli_fail(command, EXIT_USAGE, "--%s %g: a factor of growth is at least 1", name,
           factor);
  return false;
}

bool compare_options_take(const cli_command *command, compare_options *o) {
  if (!(o->level < 1)) {
    cli_fail(command, EXIT_USAGE, "--error %g: a chance is below 1", o->level);
    return false;
  }
  o->rule.level = o->level;
  o->rule.error_growth = o->error_growth;
  o->rule.memory_growth = o->memory_growth;
  return take_percent(command, "max-slowdown", o->max_slowdown, &o->rule.margin) &&
         take_percent(command, "noise", o->noise, &o->rule.floor) &&
         take_factor(command, "max-error-growth", o->error_growth) &&
         take_factor(command, "max-memory-growth", o->memory_growth) &&
         take_faults(command, o) && take_reports(command, o);
}

int compare_exit(const comparison *c, unsigned faults) {
  const bool time_matters = faults & COMPARE_IS_SLOWER;
  if (!c->both) return EXIT_LITTLE;
  if (compare_fails(c, faults)) return EXIT_REGRESSION;
  if (time_matters && !c->timed) return EXIT_LITTLE;
  const bool unsure = c->by_verdict[COMPARE_UNSURE] || c->unjudged;
  return time_matters && unsure ? EXIT_UNSURE : EXIT_FINE;
}
