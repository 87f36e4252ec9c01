/* linkv judge: an output made anywhere, against the bound on what rounding may do. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache_note.h"
#include "cache_options.h"
#include "clock.h"
#include "commands.h"
#include "judge_isolated.h"
#include "judged_json.h"
#include "ratio_text.h"
#include "table.h"
#include "verdict.h"

static int run(int argc, char **argv);

static const char *const formats[] = {"table", "json", NULL};
enum { FORMAT_TABLE, FORMAT_JSON };
static const char *const types[] = {"array", "float32", "float64", "bfloat16", NULL};
enum { TYPE_ARRAY, TYPE_FLOAT32, TYPE_FLOAT64, TYPE_BFLOAT16 };

/* Rows that --explain shows. */
enum { EXPLAINED = 10 };

const cli_command cli_judge = {
    .name = "judge",
    .summary = "judge an output made anywhere: wrong, or rounding?",
    .usage = "CASE.npz --output Y.npz [options]",
    .details =
        "Every element is compared with the float64 oracle, and with a computed bound on "
        "what\n"
        "rounding may do to it in a kernel of the output's type (docs/verdicts.md). Exit "
        "status:\n"
        "0 nothing is wrong, 3 some row is, 5 too few rows could be decided.\n\n"
        "  linkv judge tests/golden/cell69_b2_t24_h3_d8.npz \\\n"
        "    --output tests/golden/cell69_b2_t24_h3_d8.npz --array Y_flash --explain",
    .run = run,
};

typedef struct judge_arguments {
  const char *input, *output, *array;
  int format, type, rows;
  bool explain;
  cache_options kept;
} judge_arguments;

/* What is judged, and what came of it. */
typedef struct judging {
  lin_case c;
  bounds bounds;
  double oracle_s; /* it took to have them */
  bool from_cache;
  tensor y; /* float64 */
  precision of;
  metrics metrics;
  verdict verdict;
  verdict_row *rows;
  isolated isolated;
} judging;

/* The array to judge: the one named, or the file's only one, or Y. */
static const npz_array *choose_array(const npz *file, const char *name, error *err) {
  for (size_t i = 0; i < file->count; i++)
    if (!strcmp(file->arrays[i].name, name ? name : "Y")) return &file->arrays[i];
  if (!name && file->count == 1) return &file->arrays[0];
  char names[768] = "";
  for (size_t i = 0, used = 0; i < file->count && used < sizeof names; i++)
    used += (size_t)snprintf(names + used, sizeof names - used, "%s'%s'", i ? ", " : "",
                             file->arrays[i].name);
  error_set(err, "%s: no array '%s'; name the output with --array, one of %s", file->path,
            name ? name : "Y", names);
  return NULL;
}

static bool check_array(const npz *file, const npz_array *array, const lin_case *c,
                        error *err) {
  size_t shape[TENSOR_RANK_MAX];
  char found[128], wanted[128];
  const size_t rank = case_output_shape(c, shape);
  const tensor *y = &array->value;
  tensor like = {.rank = rank};
  memcpy(like.shape, shape, rank * sizeof *shape);
  if (y->rank != rank || memcmp(y->shape, shape, rank * sizeof *shape) != 0)
    return error_set(err, "%s: array '%s' is %s; the case's output is %s", file->path,
                     array->name, tensor_shape_text(y, found, sizeof found),
                     tensor_shape_text(&like, wanted, sizeof wanted));
  if (y->type != TENSOR_FLOAT32 && y->type != TENSOR_FLOAT64)
    return error_set(err, "%s: array '%s' is %s; float32 or float64 can be judged",
                     file->path, array->name, tensor_type_name(y->type));
  return true;
}

static bool read_output(const judge_arguments *a, judging *j, error *err) {
  npz file = {0};
  bool ok = npz_read(a->output, &file, err);
  const npz_array *array = ok ? choose_array(&file, a->array, err) : NULL;
  ok = array && check_array(&file, array, &j->c, err) &&
       tensor_convert(&array->value, TENSOR_FLOAT64, &j->y, err) &&
       isolated_read(&file, &j->c, &j->isolated, err);
  if (ok) {
    static const lkv_dtype asked[] = {[TYPE_FLOAT32] = LKV_FLOAT32,
                                      [TYPE_FLOAT64] = LKV_FLOAT64,
                                      [TYPE_BFLOAT16] = LKV_BFLOAT16};
    const bool wide = array->value.type == TENSOR_FLOAT64;
    const lkv_dtype own = wide ? LKV_FLOAT64 : LKV_FLOAT32;
    j->of = precision_throughout(a->type == TYPE_ARRAY ? own : asked[a->type]);
  }
  npz_free(&file);
  return ok;
}

static bool read_case(const judge_arguments *a, judging *j, error *err) {
  npz file = {0};
  const bool ok = npz_read(a->input, &file, err) && case_from_npz(&file, &j->c, err);
  npz_free(&file);
  return ok;
}

static bool judge(judge_arguments *a, judging *j, error *err) {
  oracle_cache cache = cache_options_take(&a->kept);
  cache_notes notes = {0};
  if (!read_case(a, j, err) || !read_output(a, j, err)) return false;
  const double start = clock_now();
  const bool ok =
      oracle_cache_bounds(&cache, &j->c, j->of, (sample_rule)a->rows, &j->bounds, err);
  j->oracle_s = clock_now() - start;
  j->from_cache = cache.used;
  cache_note_take(&cache, &notes);
  cache_notes_print(&notes, cache.folder, true, stderr);
  if (!ok) return false;
  j->metrics = metrics_of_rows(&j->c.problem, j->of.output_type, j->y.data, &j->bounds);
  j->rows = calloc(j->bounds.rows, sizeof *j->rows);
  return (j->rows || error_set(err, "out of memory for verdicts")) &&
         verdict_of(&j->c.problem, j->of.output_type, &j->bounds, j->y.data, j->rows,
                    &j->verdict, err) &&
         isolated_judge(&j->isolated, &j->c, j->of, (sample_rule)a->rows, &cache,
                        j->y.data, err);
}

static void judging_free(judging *j) {
  free(j->rows);
  bounds_free(&j->bounds);
  tensor_free(&j->y);
  isolated_free(&j->isolated);
  case_free(&j->c);
}

/* How much a row is worth explaining: wrong first, then the undecided, then by r. */
static double rank_of(const verdict_row *r) {
  static const double ranks[JUDGEMENTS] = {0, 0, 4e9, 4e9, 2e9, 3e9, -1};
  const double rank = ranks[r->judgement];
  return isnan(r->r_stat) ? rank : rank + fmin(r->r_stat, 1e9);
}

/* The rows most worth explaining, best first. Returns how many. */
static size_t choose_rows(const judging *j, size_t chosen[EXPLAINED]) {
  size_t count = 0;
  for (size_t i = 0; i < j->bounds.rows; i++) {
    const double rank = rank_of(&j->rows[i]);
    if (rank < 0) continue;
    size_t at = count < EXPLAINED ? count++ : EXPLAINED;
    while (at > 0 && rank > rank_of(&j->rows[chosen[at - 1]])) {
      if (at < EXPLAINED) chosen[at] = chosen[at - 1];
      at--;
    }
    if (at < EXPLAINED) chosen[at] = i;
  }
  return count;
}

static element element_at(const judging *j, size_t index) {
  element e = bounds_element(&j->bounds, j->c.problem.heads, index);
  e.column = j->rows[index].column;
  return e;
}

static bool add_text(table *t, error *err, const char *format, double number) {
  char text[48];
  snprintf(text, sizeof text, format, number);
  return table_add(t, isnan(number) ? NULL : text, TABLE_PLAIN, err);
}

/* What the oracle computed a row in. */
static const char *oracle_type(const judging *j, size_t index) {
  const uint64_t wide = j->bounds.row[index].wide;
  return wide ? wide_type_name((wide_type)(wide - 1)) : "float64";
}

static bool add_row(table *t, const judging *j, size_t index, error *err) {
  const element e = element_at(j, index);
  const bound_culprit *k = &j->bounds.row[index].culprit;
  const verdict_row *r = &j->rows[index];
  const size_t at = index * j->bounds.head_dim + r->column;
  const bool wrong =
      r->judgement == JUDGED_WRONG || r->judgement == JUDGED_WRONG_STATISTICAL;
  char where[96], offender[64];
  snprintf(where, sizeof where, "b=%zu h=%zu t=%zu c=%zu", e.batch, e.head, e.token,
           e.column);
  snprintf(offender, sizeof offender, "(%zu, %zu) %s", (size_t)k->token, e.token,
           k->in_value ? "V" : "K");
  return table_add(t, where, TABLE_PLAIN, err) &&
         table_add(t, judgement_name(r->judgement), wrong ? TABLE_BAD : TABLE_PLAIN,
                   err) &&
         add_text(t, err, "%.6g", ((const double *)j->y.data)[at]) &&
         add_text(t, err, "%.6g", j->bounds.y[at]) &&
         add_text(t, err, "%.2g", j->bounds.stat[at]) &&
         add_text(t, err, "%.3g", r->r_stat) &&
         table_add(t, offender, TABLE_PLAIN, err) &&
         add_text(t, err, "%.2g", k->denominator) && add_text(t, err, "%.2g", k->error) &&
         add_text(t, err, "%.2g", k->lambda) && add_text(t, err, "%.3g", k->weight) &&
         table_add(t, oracle_type(j, index), TABLE_PLAIN, err);
}

static bool print_rows(const judging *j, table_style style, error *err) {
  static const table_column columns[] = {
      {"element", TABLE_LEFT}, {"row is", TABLE_LEFT}, {"output", TABLE_RIGHT},
      {"oracle", TABLE_RIGHT}, {"B", TABLE_RIGHT},     {"r", TABLE_RIGHT},
      {"(i, t)", TABLE_LEFT},  {"D", TABLE_RIGHT},     {"E_D", TABLE_RIGHT},
      {"lambda", TABLE_RIGHT}, {"p", TABLE_RIGHT},     {"oracle in", TABLE_LEFT}};
  size_t chosen[EXPLAINED];
  const size_t count = choose_rows(j, chosen);
  table t;
  bool ok = true;
  table_make(&t, columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; ok && i < count; i++) ok = add_row(&t, j, chosen[i], err);
  puts("");
  ok = ok && table_print(&t, stdout, style, err);
  table_free(&t);
  return ok;
}

/* How errors and r are spread, and what is not finite. */
static void print_spread(const judging *j) {
  char ulp[ULP_TEXT_SIZE], map[NONFINITE_TEXT_SIZE];
  const verdict *v = &j->verdict;
  const metrics *m = &j->metrics;
  printf("oracle, bounds %.3g s%s\n", j->oracle_s,
         j->from_cache ? ", from the cache" : "");
  printf("median r       %.2g statistical, %.2g worst case\n", v->r_stat.median,
         v->r_det.median);
  printf("99.9 %% of r    %.2g statistical, %.2g worst case, at most\n", v->r_stat.p999,
         v->r_det.p999);
  printf("errors         max %.2g, of the row %.2g; RMS %.2g, NMSE %.2g of the output\n",
         m->max_abs, m->max_rel, m->rms_rel, m->nmse);
  if (*ulp_histogram_text(&m->ulp, ulp)) printf("ulp            %s\n", ulp);
  if (*nonfinite_text(&m->map, map)) printf("not finite     %s\n", map);
}

static bool print_table(const judge_arguments *a, const judging *j, error *err) {
  const verdict *v = &j->verdict;
  const double denominators = (double)v->denominators;
  char why[512], ratio[32], worst_case[32];
  printf("verdict        %s\n",
         verdict_name(stages_conclude(&j->isolated.verdict, v->kind)));
  if (j->isolated.verdict.known) printf("end to end     %s\n", verdict_name(v->kind));
  if (*verdict_reason(v, why, sizeof why)) printf("               %s\n", why);
  if (v->rows < v->rows_of_output)
    printf("rows           %zu, a sample of %zu:", v->rows, v->rows_of_output);
  else
    printf("rows           %zu:", v->rows);
  for (int i = 0, first = 1; i < JUDGEMENTS; i++)
    if (v->count[i]) {
      printf("%s %zu %s", first ? "" : ",", v->count[i], judgement_name((judgement)i));
      first = 0;
    }
  printf("\nlargest r      %s statistical, %s worst case\n",
         ratio_text(v->r_stat_max, ratio, sizeof ratio),
         ratio_text(v->r_det_max, worst_case, sizeof worst_case));
  if (v->r_stat_decided > 0.5 && v->r_stat_decided <= 1)
    puts("               more than half the statistical bound: look at it again");
  else if (v->r_stat_open > 0.5 && v->r_stat_open <= 1) {
    fputs("               in rows that r alone does not decide", stdout);
    if (isnan(v->r_stat_decided))
      puts("; there are no others");
    else
      printf("; in the others %.3g\n", v->r_stat_decided);
  }
  printf("decided        %.3g %% of the rows\n", 100 * v->decided_share);
  if (v->rows_finite) {
    printf("unresolved     %.2g %% of K, %.2g %% of V denominators\n",
           100 * (double)v->unresolved_k / denominators,
           100 * (double)v->unresolved_v / denominators);
    printf("softmax        entropy %.3g nats, largest weight %.3g, means over rows\n",
           v->entropy, v->largest_weight);
  }
  if (!isnan(v->own_max))
    printf("oracle         own error at most %.2g of the bound\n", v->own_max);
  else if (v->rows_finite)
    puts("oracle         as precise as the output: the bound is that of both");
  for (wide_type type = 0; type < WIDE_TYPES; type++)
    if (v->wide[type])
      printf("rows again     %zu in %s\n", v->wide[type], wide_type_name(type));
  isolated_print(&j->isolated);
  if (a->explain) print_spread(j);
  return !a->explain ||
         print_rows(j, table_wants_colour(stdout) ? TABLE_COLOUR : TABLE_TEXT, err);
}

static json_t *row_json(const judging *j, size_t index) {
  const element e = element_at(j, index);
  const bound_culprit *k = &j->bounds.row[index].culprit;
  const verdict_row *r = &j->rows[index];
  const size_t at = index * j->bounds.head_dim + r->column;
  return json_pack(
      "{s:I, s:I, s:I, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:s, s:o, s:o, s:o, s:o, "
      "s:s}",
      "batch", (json_int_t)e.batch, "head", (json_int_t)e.head, "token",
      (json_int_t)e.token, "column", (json_int_t)e.column, "judgement",
      judgement_name(r->judgement), "output",
      judged_real(((const double *)j->y.data)[at]), "oracle",
      judged_real(j->bounds.y[at]), "bound", judged_real(j->bounds.stat[at]), "r_stat",
      judged_real(r->r_stat), "r_det", judged_real(r->r_det), "offending_token",
      (json_int_t)k->token, "offending", k->in_value ? "V" : "K", "denominator",
      judged_real(k->denominator), "denominator_error", judged_real(k->error), "lambda",
      judged_real(k->lambda), "weight", judged_real(k->weight), "oracle_type",
      oracle_type(j, index));
}

static bool print_json(const judge_arguments *a, const judging *j, error *err) {
  const verdict *v = &j->verdict;
  char why[512];
  const double denominators = (double)v->denominators;
  json_t *counts = json_object(), *worst = json_array();
  for (int i = 0; i < JUDGEMENTS; i++)
    json_object_set_new(counts, judgement_name((judgement)i),
                        json_integer((json_int_t)v->count[i]));
  size_t chosen[EXPLAINED];
  const size_t count = a->explain ? choose_rows(j, chosen) : 0;
  for (size_t i = 0; i < count; i++) json_array_append_new(worst, row_json(j, chosen[i]));
  verdict_reason(v, why, sizeof why);
  json_t *all = judged_json(&j->metrics, v, &j->isolated.verdict);
  if (all &&
      json_object_update_new(
          all, json_pack("{s:s, s:s, s:s?, s:I, s:o, s:o, s:o, s:o, s:o}", "verdict",
                         verdict_name(stages_conclude(&j->isolated.verdict, v->kind)),
                         "end_to_end", verdict_name(v->kind), "reason", *why ? why : NULL,
                         "rows", (json_int_t)v->rows, "row_counts", counts,
                         "unresolved_k_share",
                         judged_real((double)v->unresolved_k / denominators),
                         "unresolved_v_share",
                         judged_real((double)v->unresolved_v / denominators), "worst",
                         worst, "isolated", isolated_json(&j->isolated)))) {
    json_decref(all);
    all = NULL;
  }
  const bool ok = all && json_dumpf(all, stdout, JSON_INDENT(2)) == 0;
  putchar('\n');
  json_decref(all);
  return ok || error_set(err, "cannot print the verdict");
}

static int judge_and_tell(judge_arguments *a) {
  static const int codes[] = {EXIT_FINE, EXIT_WRONG, EXIT_UNSURE, EXIT_UNSURE};
  judging j = {0};
  error err;
  const bool ok =
      judge(a, &j, &err) &&
      (a->format == FORMAT_JSON ? print_json(a, &j, &err) : print_table(a, &j, &err));
  const int code =
      ok ? cli_finish(&cli_judge,
                      codes[stages_conclude(&j.isolated.verdict, j.verdict.kind)])
         : cli_fail(&cli_judge, EXIT_USAGE, "%s", err.text);
  judging_free(&j);
  return code;
}

static int check_and_judge(judge_arguments *a, const cli_list *words) {
  if (words->count != 1)
    return cli_fail(&cli_judge, EXIT_USAGE,
                    "%zu case files are named, one is wanted; see 'linkv judge --help'",
                    words->count);
  if (!a->output)
    return cli_fail(&cli_judge, EXIT_USAGE,
                    "--output is missing; see 'linkv judge --help'");
  a->input = words->item[0];
  return judge_and_tell(a);
}

static int run(int argc, char **argv) {
  judge_arguments a = {.kept = cache_options_default()};
  const cli_option options[] = {
      {"output", CLI_TEXT, &a.output, "Y.npz", "file that holds the output", NULL},
      {"array", CLI_TEXT, &a.array, "NAME", "the output's array, default Y", NULL},
      {"type", CLI_CHOICE, &a.type, "TYPE",
       "what it was computed in, default the array's own", types},
      {"rows", CLI_CHOICE, &a.rows, "WHICH", cli_row_help, cli_row_rules},
      {"explain", CLI_FLAG, &a.explain, NULL,
       "name the worst rows and the denominators that offend", NULL},
      CACHE_OPTIONS(a.kept),
      {"format", CLI_CHOICE, &a.format, "FORMAT", "default table", formats},
      {0}};
  cli_list words = {0};
  const cli_parsed parsed = cli_parse(&cli_judge, options, argc, argv, &words);
  int code = parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  if (parsed == CLI_GO) code = check_and_judge(&a, &words);
  cli_list_free(&words);
  return code;
}
