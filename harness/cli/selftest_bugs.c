#include "selftest_bugs.h"

#include <assert.h>
#include <stdlib.h>

#include "beside.h"
#include "bugs_export.h"
#include "bugs_tables.h"
#include "linkv/registry.h"
#include "table.h"
#include "verify_laws.h"
#include "verify_regimes.h"

const char *const bugs_formats[] = {"table", "json", "csv", "md", NULL};
enum { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV, FORMAT_MD };

enum { LAW_TRIALS = 8 };

static bool print_findings(const bugs_findings *f, const bugs_summary *s, int format,
                           error *err) {
  const table_style style = format == FORMAT_MD          ? TABLE_MARKDOWN
                            : table_wants_colour(stdout) ? TABLE_COLOUR
                                                         : TABLE_TEXT;
  if (format == FORMAT_JSON) return bugs_print_json(f, s, err);
  if (format == FORMAT_CSV) return bugs_print_csv(f, err);
  return bugs_print_tables(f, s, style, err);
}

static bool choose(const bugs_options *options, bugs_findings *f, error *err) {
  const size_t regimes = regime_count(), kernels = lkv_kernel_count();
  assert(regimes <= BUGS_REGIMES_MAX && rule_count() <= RULE_MAX);
  bool *in = calloc(regimes + kernels + law_count(), sizeof *in), any = false;
  bool *kernel = in + regimes, *law = kernel + kernels, any_bug = false;
  if (!in) return error_set(err, "out of memory");
  f->chosen = in;
  for (size_t r = 0; r < regimes; r++)
    any = (in[r] = verify_chosen(&options->regimes, regime_at(r)->name)) || any;
  for (size_t k = 0; k < kernels; k++) {
    kernel[k] = verify_chosen(&options->kernels, lkv_kernel_at(k)->name);
    any_bug = any_bug || (kernel[k] && bugs_is_planted(k));
  }
  for (size_t l = 0; l < law_count(); l++) law[l] = law_at(l)->kind == LAW_BITS;
  f->bugs = (bug_survey){.regime = in,
                         .kernel = kernel,
                         .seeds = options->seeds,
                         .processes = verify_processes()};
  f->laws = (law_survey){.law = law,
                         .kernel = kernel,
                         .processes = f->bugs.processes,
                         .at_most = LAW_TRIALS};
  if (!any)
    return error_set(err,
                     "--regime '%s' matches no regime; 'linkv verify --list-regimes' "
                     "lists them",
                     options->regimes.item[0]);
  return any_bug || error_set(err,
                              "--kernel '%s' matches no planted bug; leave it, or "
                              "name some: 'mutant_*'",
                              options->kernels.item[0]);
}

static bool load_mutants(const cli_command *command, const char *named) {
  char found[4096], why[1024];
  if (!named && !beside_mutants(found, sizeof found)) {
    cli_fail(command, EXIT_USAGE,
             "the planted bugs, mutants.so, are not beside linkv; in its sources 'cmake "
             "--build --preset release --target mutants' builds them, or name them by "
             "--mutants FILE.so");
    return false;
  }
  if (lkv_plugin_load(named ? named : found, why, sizeof why)) return true;
  cli_fail(command, EXIT_USAGE, "--mutants: %s", why);
  return false;
}

static int code_of(const bugs_summary *s) {
  if (!s->runs) return EXIT_LITTLE;
  const bool good = s->caught == s->bugs && !s->false_alarms &&
                    s->r_decided >= BUGS_LEAST_R && s->r_max <= 1;
  return good ? EXIT_FINE : EXIT_WRONG;
}

int selftest_bugs(const cli_command *command, const bugs_options *options) {
  error err;
  bugs_findings f = {0};
  int code = EXIT_USAGE;
  if (!load_mutants(command, options->mutants) ||
      !cli_load_plugins(command, &options->plugins))
    return EXIT_USAGE;
  bool ok = choose(options, &f, &err) && bug_survey_run(&f.bugs, &err) &&
            law_survey_run(&f.laws, &err);
  if (ok) {
    const bugs_summary s = bugs_sum_up(&f);
    ok = print_findings(&f, &s, options->format, &err);
    code = cli_finish(command, code_of(&s));
  }
  if (!ok) code = cli_fail(command, EXIT_USAGE, "%s", err.text);
  bug_survey_free(&f.bugs);
  law_survey_free(&f.laws);
  free(f.chosen);
  return code;
}
