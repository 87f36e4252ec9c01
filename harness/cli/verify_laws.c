#include "verify_laws.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "isolate.h"
#include "law_survey.h"
#include "linkv/registry.h"
#include "table.h"
#include "verify_regimes.h"

/* One kernel by one law, over its shapes. */
typedef struct standing {
  size_t held, broken, excused, empty;
  double largest;
  size_t first; /* the first trial that is broken, or else excused */
} standing;

static standing standing_of(const law_survey *s, size_t l, size_t k) {
  standing found = {.first = SIZE_MAX};
  for (size_t i = 0; i < law_trials(law_at(l)); i++) {
    const law_outcome *o = law_survey_at(s, l, i, k);
    const bool broken =
        o->state != LAW_HELD && o->state != LAW_EXCUSED && o->state != LAW_EMPTY;
    if (broken ? !found.broken : o->state == LAW_EXCUSED && found.first == SIZE_MAX)
      found.first = i;
    found.held += o->state == LAW_HELD;
    found.broken += broken;
    found.excused += o->state == LAW_EXCUSED;
    found.empty += o->state == LAW_EMPTY;
    if (o->largest > found.largest) found.largest = o->largest;
  }
  return found;
}

static bool choose(const cli_list *globs, size_t count, const char *(*name)(size_t),
                   bool *chosen) {
  bool any = false;
  for (size_t i = 0; i < count; i++) {
    chosen[i] = verify_chosen(globs, name(i));
    any = any || chosen[i];
  }
  return any;
}

static const char *law_name(size_t i) {
  return law_at(i)->name;
}

static const char *kernel_name(size_t i) {
  return lkv_kernel_at(i)->name;
}

/* Kernels by how they stand to one law. */
typedef struct tally {
  size_t held, broken, excused;
  double largest;
} tally;

static tally tally_of(const law_survey *s, size_t l) {
  tally t = {0};
  for (size_t k = 0; k < s->kernels; k++) {
    if (!s->kernel[k]) continue;
    const standing found = standing_of(s, l, k);
    t.broken += found.broken > 0;
    t.held += !found.broken && found.held > 0;
    t.excused += !found.broken && !found.held;
    if (found.largest > t.largest) t.largest = found.largest;
  }
  return t;
}

static bool add_count(table *t, size_t count, table_tone tone, error *err) {
  char text[24];
  snprintf(text, sizeof text, "%zu", count);
  return table_add(t, text, tone, err);
}

static bool print_laws(const law_survey *s, table_style style, error *err) {
  static const table_column columns[] = {
      {"law", TABLE_LEFT},        {"shapes", TABLE_RIGHT},  {"held by", TABLE_RIGHT},
      {"broken by", TABLE_RIGHT}, {"not for", TABLE_RIGHT}, {"of allowed", TABLE_RIGHT},
      {"says", TABLE_LEFT}};
  table t;
  bool ok = true;
  table_make(&t, columns, sizeof columns / sizeof *columns);
  for (size_t l = 0; ok && l < law_count(); l++) {
    char share[24];
    if (!s->law[l]) continue;
    const tally found = tally_of(s, l);
    snprintf(share, sizeof share, "%.3f", found.largest);
    ok = table_add(&t, law_at(l)->name, TABLE_PLAIN, err) &&
         add_count(&t, law_trials(law_at(l)), TABLE_PLAIN, err) &&
         add_count(&t, found.held, TABLE_PLAIN, err) &&
         add_count(&t, found.broken, found.broken ? TABLE_BAD : TABLE_PLAIN, err) &&
         add_count(&t, found.excused, TABLE_PLAIN, err) &&
         table_add(&t, law_at(l)->kind == LAW_BOUND ? share : NULL, TABLE_PLAIN, err) &&
         table_add(&t, law_at(l)->statement, TABLE_PLAIN, err);
  }
  ok = ok && table_print(&t, stdout, style, err);
  table_free(&t);
  return ok;
}

/* Whether every law says nothing of this kernel: it does not run here. */
static bool left_out(const law_survey *s, size_t k) {
  for (size_t l = 0; l < law_count(); l++) {
    if (!s->law[l]) continue;
    const standing found = standing_of(s, l, k);
    if (found.excused < law_trials(law_at(l))) return false;
  }
  return true;
}

static bool add_exception(const law_survey *s, table *t, size_t l, size_t k,
                          bool every_law, error *err) {
  char where[96], count[48], why[256];
  const standing found = standing_of(s, l, k);
  if (found.first == SIZE_MAX) return true;
  snprintf(count, sizeof count, "%zu of %zu", found.broken ? found.broken : found.excused,
           law_trials(law_at(l)));
  snprintf(why, sizeof why, "%s%s",
           found.broken ? "" : "not for it: ", law_survey_at(s, l, found.first, k)->text);
  law_trial_text(law_at(l), found.first, where, sizeof where);
  return table_add(t, kernel_name(k), TABLE_PLAIN, err) &&
         table_add(t, every_law ? "every law" : law_name(l), TABLE_PLAIN, err) &&
         table_add(t, every_law ? NULL : count, TABLE_PLAIN, err) &&
         table_add(t, every_law ? NULL : where, TABLE_PLAIN, err) &&
         table_add(t, why, found.broken ? TABLE_BAD : TABLE_PLAIN, err);
}

/* A line for each kernel a law is broken by, or says nothing of. */
static bool print_exceptions(const law_survey *s, table_style style, error *err) {
  static const table_column columns[] = {{"kernel", TABLE_LEFT},
                                         {"law", TABLE_LEFT},
                                         {"trials", TABLE_RIGHT},
                                         {"first on", TABLE_LEFT},
                                         {"", TABLE_LEFT}};
  table t;
  bool ok = true;
  table_make(&t, columns, sizeof columns / sizeof *columns);
  for (size_t k = 0; ok && k < s->kernels; k++) {
    const bool every_law = s->kernel[k] && left_out(s, k);
    bool told = false;
    for (size_t l = 0; ok && s->kernel[k] && !told && l < law_count(); l++) {
      if (!s->law[l]) continue;
      ok = add_exception(s, &t, l, k, every_law, err);
      told = every_law;
    }
  }
  if (ok && t.cells) {
    puts("");
    ok = table_print(&t, stdout, style, err);
  }
  table_free(&t);
  return ok;
}

static json_t *as_json(const law_survey *s, size_t l, size_t k) {
  const standing found = standing_of(s, l, k);
  char where[96] = "";
  const bool any = found.first != SIZE_MAX;
  if (any) law_trial_text(law_at(l), found.first, where, sizeof where);
  return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:s?, s:s?}", "law",
                   law_name(l), "statement", law_at(l)->statement, "kernel",
                   kernel_name(k), "held", (json_int_t)found.held, "broken",
                   (json_int_t)found.broken, "not_for", (json_int_t)found.excused,
                   "nothing_compared", (json_int_t)found.empty, "of_allowed",
                   law_at(l)->kind == LAW_BOUND ? json_real(found.largest) : json_null(),
                   "first", any ? where : NULL, "reason",
                   any ? law_survey_at(s, l, found.first, k)->text : NULL);
}

static bool print_json(const law_survey *s, error *err) {
  json_t *list = json_array();
  bool ok = list != NULL;
  for (size_t k = 0; ok && k < s->kernels; k++)
    for (size_t l = 0; ok && l < law_count(); l++)
      if (s->kernel[k] && s->law[l])
        ok = json_array_append_new(list, as_json(s, l, k)) == 0;
  ok = ok && json_dumpf(list, stdout, JSON_INDENT(2)) == 0;
  putchar('\n');
  json_decref(list);
  return ok || error_set(err, "cannot print the laws");
}

static int code_of(const law_survey *s) {
  size_t broken = 0, held = 0;
  for (size_t l = 0; l < law_count(); l++) {
    if (!s->law[l]) continue;
    const tally found = tally_of(s, l);
    broken += found.broken;
    held += found.held;
  }
  return broken ? EXIT_WRONG : held ? EXIT_FINE : EXIT_LITTLE;
}

static bool survey(law_survey *s, const laws_options *options, error *err) {
  const table_style style = options->markdown            ? TABLE_MARKDOWN
                            : table_wants_colour(stdout) ? TABLE_COLOUR
                                                         : TABLE_TEXT;
  if (!law_survey_run(s, err)) return false;
  return options->json ? print_json(s, err)
                       : print_laws(s, style, err) && print_exceptions(s, style, err);
}

size_t verify_processes(void) {
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  if (online < 1) return 1;
  return online > ISOLATE_PROCESSES ? ISOLATE_PROCESSES : (size_t)online;
}

int verify_laws(const cli_command *command, const laws_options *options) {
  error err;
  int code = EXIT_USAGE;
  bool *law = calloc(law_count() + lkv_kernel_count(), sizeof *law);
  bool *kernel = law ? law + law_count() : NULL;
  law_survey s = {.law = law, .kernel = kernel, .processes = verify_processes()};
  if (!law)
    cli_fail(command, EXIT_USAGE, "out of memory");
  else if (!choose(&options->kernels, lkv_kernel_count(), kernel_name, kernel))
    cli_fail(command, EXIT_USAGE,
             "--kernel '%s' matches no kernel; 'linkv kernels' lists them",
             options->kernels.item[0]);
  else if (!choose(&options->laws, law_count(), law_name, law))
    cli_fail(command, EXIT_USAGE,
             "--law '%s' matches no law; 'linkv verify --laws' lists them",
             options->laws.item[0]);
  else if (!survey(&s, options, &err))
    cli_fail(command, EXIT_USAGE, "%s", err.text);
  else
    code = cli_finish(command, code_of(&s));
  law_survey_free(&s);
  free(law);
  return code;
}
