/* linkv compare: the same points before and after a change. */
#include "compare.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "compare_print.h"
#include "import.h"
#include "store.h"

typedef struct compare_arguments {
  const char *db, *where;
  bool cross_machine;
  compare_options how;
} compare_arguments;

static bool is_database(const char *path) {
  static const char magic[16] = "SQLite format 3";
  char begins[sizeof magic] = "";
  FILE *in = fopen(path, "re");
  if (!in) return false;
  const bool is =
      fread(begins, sizeof begins, 1, in) == 1 && !memcmp(begins, magic, sizeof magic);
  fclose(in);
  return is;
}

static bool of_label(const row *r, const char *label) {
  return r->field[ROW_label].known && !strcmp(r->field[ROW_label].text, label);
}

enum { LABELS_SIZE = 256 };

/* Adds the row's label, in quotes, to a list of them; those that have no room are left
 * out. */
static void list_label(const row *r, char labels[LABELS_SIZE]) {
  char quoted[LABELS_SIZE];
  const size_t used = strlen(labels);
  const char *label = r->field[ROW_label].known ? r->field[ROW_label].text : "";
  const int length = snprintf(quoted, sizeof quoted, "'%s'", label);
  if (length < 0 || used + (size_t)length + 3 > LABELS_SIZE || strstr(labels, quoted))
    return;
  char *at = labels + used;
  if (used) at = stpcpy(at, ", ");
  memcpy(at, quoted, (size_t)length + 1);
}

/* Rows of one label of --db; their rounds tell which were measured together. */
static bool read_label(const compare_arguments *a, const char *label, rows *out,
                       error *err) {
  size_t kept = 0;
  char labels[LABELS_SIZE] = "";
  if (!store_read_rows(a->db, STORE_LATEST_BUILD, a->where, out, err)) return false;
  for (size_t i = 0; i < out->count; i++) {
    list_label(&out->row[i], labels);
    if (of_label(&out->row[i], label))
      out->row[kept++] = out->row[i];
    else
      row_free(&out->row[i]);
  }
  out->count = kept;
  return kept > 0 ||
         error_set(err, "%s: no row of label '%s'%s; there are %s", a->db, label,
                   a->where ? " matches --where" : "", *labels ? labels : "no others");
}

static bool read_file(const compare_arguments *a, const char *path, rows *out,
                      error *err) {
  if (!is_database(path)) {
    if (a->where)
      return error_set(err, "%s: --where chooses among rows of databases; leave it out",
                       path);
    return import_rows(path, out, err);
  }
  if (!store_read_rows(path, STORE_LATEST_BUILD, a->where, out, err)) return false;
  /* Runs are numbered in each database anew. */
  for (size_t i = 0; i < out->count; i++)
    for (size_t s = 0; s < out->row[i].samples; s++) out->row[i].sample[s].run = 0;
  return out->count > 0 ||
         error_set(err, "%s: no row%s", path, a->where ? " matches --where" : "");
}

/* A file that is there is a file, whatever labels there are. */
static bool read_side(const compare_arguments *a, const char *word, rows *out,
                      error *err) {
  struct stat info;
  if (!stat(word, &info)) return read_file(a, word, out, err);
  if (a->db) return read_label(a, word, out, err);
  return error_set(err, "%s: %s; give a database, a JSON export, or a label and --db",
                   word, strerror(errno));
}

static const char *machine_of(const row *r) {
  return r->field[ROW_machine].known ? r->field[ROW_machine].text : "(not known)";
}

/* The machine that differs from that of the first row of `base`; NULL: none does. */
static const char *other_machine(const rows *base, const rows *head) {
  const rows *const sides[] = {base, head};
  for (int s = 0; s < 2; s++)
    for (size_t i = 0; i < sides[s]->count; i++) {
      const char *machine = machine_of(&sides[s]->row[i]);
      if (strcmp(machine, machine_of(&base->row[0])) != 0) return machine;
    }
  return NULL;
}

static int compare_rows(compare_arguments *a, const rows *base, const rows *head) {
  comparison c;
  error err;
  const char *other = other_machine(base, head);
  if (other && !a->cross_machine)
    return cli_fail(&cli_compare, EXIT_USAGE,
                    "measured on machines %s and %s, whose times are not comparable; "
                    "--cross-machine compares shares of each machine's own peak",
                    machine_of(&base->row[0]), other);
  a->how.rule.shares = a->cross_machine;
  if (!compare_make(base, head, &a->how.rule, &c, &err))
    return cli_fail(&cli_compare, EXIT_USAGE, "%s", err.text);
  int code = compare_exit(&c, a->how.faults);
  if (!compare_print(&c, &a->how, &err))
    code = cli_fail(&cli_compare, EXIT_USAGE, "%s", err.text);
  else if (!c.both)
    cli_fail(&cli_compare, code, "base and head have no point in common");
  compare_free(&c);
  return cli_finish(&cli_compare, code);
}

/* The floors are those that `linkv selftest --noise` left in --db, or else in a database
 * that BASE is. */
static bool open_noise(compare_arguments *a, const char *base, error *err) {
  const char *path = a->db ? a->db : is_database(base) ? base : NULL;
  return !path || store_open_reader(path, &a->how.rule.noise, err);
}

static int compare(compare_arguments *a, const cli_list *words) {
  rows base = {0}, head = {0};
  error err;
  int code;
  if (!compare_options_take(&cli_compare, &a->how)) return EXIT_USAGE;
  if (!read_side(a, words->item[0], &base, &err) ||
      !read_side(a, words->item[1], &head, &err) || !open_noise(a, words->item[0], &err))
    code = cli_fail(&cli_compare, EXIT_USAGE, "%s", err.text);
  else
    code = compare_rows(a, &base, &head);
  store_close(a->how.rule.noise);
  rows_free(&base);
  rows_free(&head);
  return code;
}

static int run(int argc, char **argv) {
  compare_arguments a = {.how = compare_options_default()};
  const cli_option options[] = {
      {"db", CLI_TEXT, &a.db, "FILE", "results database that BASE and HEAD are labels of",
       NULL},
      {"where", CLI_TEXT, &a.where, "SQL",
       "which rows: an SQL expression over the fields", NULL},
      COMPARE_OPTIONS(a.how),
      {"cross-machine", CLI_FLAG, &a.cross_machine, NULL,
       "machines may differ: compare shares of each machine's own measured peak", NULL},
      {0}};
  cli_list words = {0};
  const cli_parsed parsed = cli_parse(&cli_compare, options, argc, argv, &words);
  int code = parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  if (parsed == CLI_GO && words.count != 2)
    cli_fail(&cli_compare, EXIT_USAGE,
             "BASE and HEAD are needed: labels of --db, databases or JSON exports");
  else if (parsed == CLI_GO)
    code = compare(&a, &words);
  cli_list_free(&words);
  cli_list_free(&a.how.reports);
  return code;
}

const cli_command cli_compare = {
    .name = "compare",
    .summary = "what a change did to time, error and memory of each point",
    .usage = "BASE HEAD [--db FILE] [--max-slowdown PERCENT] [--fail-on A,B] [options]",
    .details =
        "BASE and HEAD are labels of --db, databases, or exports in json or jsonl. Each "
        "point\n"
        "is the same, faster, slower or unsure; docs/compare.md says how that is "
        "told.\n\n"
        "  linkv compare before after --db results/quick.db --max-slowdown 3%\n"
        "  linkv compare reference.json results/quick.db --fail-on wrong,error,memory\n\n"
        "Exit status: 0 fine, 1 a point fails, 4 nothing in common or nothing timed, 5 "
        "unsure.",
    .run = run,
};
