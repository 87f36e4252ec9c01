/* linkv verify: kernels on case files, or over regimes, judged. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bounds_set.h"
#include "cache_note.h"
#include "cache_options.h"
#include "commands.h"
#include "invocation.h"
#include "linkv/registry.h"
#include "reference.h"
#include "stages_set.h"
#include "verify_findings.h"
#include "verify_laws.h"
#include "verify_regimes.h"

static int run(int argc, char **argv);

static const char *const formats[] = {"table", "json", "md", NULL};
enum { FORMAT_TABLE, FORMAT_JSON, FORMAT_MD };
enum { SEEDS = 2 };

const cli_command cli_verify = {
    .name = "verify",
    .summary = "judge kernels on case files, or over regimes",
    .usage = "[--input CASE.npz ...] [options]",
    .details =
        "Each kernel runs on each case file and is judged against the bound on what "
        "rounding may\n"
        "do (docs/verdicts.md). Errors are against the float64 oracle, or against an "
        "array of the\n"
        "file (--reference), and then the oracle is a line of its own. Without --input "
        "each kernel\n"
        "runs on made inputs instead: every regime, edge shapes, some seeds; with --laws "
        "it "
        "is tried\n"
        "by the laws of the operator (docs/selftest.md).\n\n"
        "  linkv verify --kernel 'scalar_*' --regime cancelling\n"
        "  linkv verify --laws --kernel scalar_row\n"
        "  linkv verify --input tests/golden/cell69_b2_t24_h3_d8.npz\n"
        "  linkv verify --input tests/golden/cell69_b2_t24_h3_d8.npz --reference "
        "Y_float64",
    .run = run,
};

typedef struct verify_arguments {
  cli_list inputs, kernels, plugins, regimes, laws;
  const char *reference;
  int format;
  bool by_laws, list_regimes;
  size_t tile_q, tile_k, threads, seeds, seq_len, head_dim; /* 0: not given */
  int rows;
  cache_options kept;
} verify_arguments;

static finding *add_finding(findings *all, const char *input, const char *kernel) {
  finding *grown = realloc(all->item, (all->count + 1) * sizeof *grown);
  if (!grown) return NULL;
  all->item = grown;
  finding *f = &grown[all->count++];
  *f = (finding){.input = input, .kernel = kernel};
  return f;
}

static void take_metrics(findings *all, finding *f, const metrics *m) {
  f->metrics = *m;
  all->ran++;
  if (!f->judged) return;
  const verdict_kind kind = finding_kind(f);
  all->wrong += kind == VERDICT_WRONG;
  all->doubtful += kind == VERDICT_UNTRUSTED || kind == VERDICT_ILL_CONDITIONED;
}

static bool all_finite(const double *x, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!isfinite(x[i])) return false;
  return true;
}

/* The array the errors are against, as float64: of the output's shape, and finite. */
static double *named_reference(const npz *file, const char *name, const lin_case *c,
                               error *err) {
  size_t shape[TENSOR_RANK_MAX];
  const size_t rank = case_output_shape(c, shape);
  const tensor *found = npz_find(file, name);
  tensor wide;
  char text[128];
  if (!found) {
    error_set(err, "%s: no array '%s' to compare with; --reference names one of the file",
              file->path, name);
    return NULL;
  }
  if (found->rank != rank || memcmp(found->shape, shape, rank * sizeof *shape) != 0 ||
      found->type == TENSOR_INT64) {
    error_set(err, "%s: array '%s': %s %s is not of the output's shape and a float",
              file->path, name, tensor_type_name(found->type),
              tensor_shape_text(found, text, sizeof text));
    return NULL;
  }
  if (!tensor_convert(found, TENSOR_FLOAT64, &wide, err)) return NULL;
  if (all_finite(wide.data, wide.count)) return wide.data;
  tensor_free(&wide);
  error_set(err,
            "%s: array '%s' holds values that are not finite; it cannot be compared "
            "with",
            file->path, name);
  return NULL;
}

/* What kernels of one case are judged by. Errors may be against the file's own array
 * instead of the oracle's output. */
typedef struct references {
  bounds_set bounds;
  stages_set stages;
  cache_notes *notes;
  double *named;
} references;

/* The block stage in two, where it is that. */
static bool judge_stages(const invocation *v, stages_set *stages, const double *y,
                         stages_verdict *out, error *err) {
  lin_case made;
  if (v->inputs.stage != LKV_STAGE_BLOCK) return true;
  if (!invocation_project(v, &made, err)) return false;
  const stages_reference *r = stages_set_get(stages, precision_of(v->kernel), &made, err);
  return r && stages_judge(r, &v->problem, v->kernel->output_type, y, out, err);
}

static bool judge_output(const invocation *v, const bounds *b, references *against,
                         finding *f, findings *all, error *err) {
  const double *named = against->named;
  const lkv_dtype type = v->kernel->output_type;
  double *y = invocation_output(v);
  bool ok = y || error_set(err, "out of memory");
  ok = ok && verdict_of(&v->problem, type, b, y, NULL, &f->verdict, err) &&
       judge_stages(v, &against->stages, y, &f->stages, err);
  if (ok) {
    const metrics m = named ? metrics_of(&v->problem, type, y, named)
                            : metrics_of_rows(&v->problem, type, y, b);
    f->judged = true;
    take_metrics(all, f, &m);
  }
  free(y);
  return ok;
}

static bool verify_kernel(const verify_arguments *a, const char *input,
                          const lkv_kernel *kernel, const lin_case *c,
                          references *against, findings *all, error *err) {
  invocation v = {0};
  oracle_cache *cache = against->bounds.cache;
  *cache->note.text = 0;
  const bounds *b = bounds_set_get(&against->bounds, precision_of(kernel), err);
  cache_note_take(cache, against->notes);
  if (!b) return false;
  error why;
  finding *f = add_finding(all, input, kernel->name);
  if (!f) return error_set(err, "out of memory");
  if (!invocation_make(&v, kernel, c, a->tile_q, a->tile_k, a->threads ? a->threads : 1,
                       &why) ||
      !invocation_run(&v, &why)) {
    snprintf(f->reason, sizeof f->reason, "%.*s", (int)sizeof f->reason - 1, why.text);
    invocation_free(&v);
    return true;
  }
  const bool ok = judge_output(&v, b, against, f, all, err);
  invocation_free(&v);
  return ok;
}

/* The oracle's rows, of a sample, against the file's own array. */
static bool verify_sample(const char *input, references *against, findings *all,
                          error *err) {
  const bounds *b =
      bounds_set_get(&against->bounds, precision_throughout(LKV_FLOAT64), err);
  finding *f = b ? add_finding(all, input, "oracle") : NULL;
  if (!f) return b && error_set(err, "out of memory");
  const metrics m =
      metrics_of_rows(&against->bounds.given->problem, LKV_FLOAT64, against->named, b);
  take_metrics(all, f, &m);
  return true;
}

/* The oracle on the inputs as they are, against the file's own array. */
static bool verify_oracle(const char *input, references *against, findings *all,
                          error *err) {
  const lin_case *c = against->bounds.given;
  const double *named = against->named;
  const oracle_shape shape = {c->problem.batch, c->problem.seq_len, c->problem.heads,
                              c->problem.head_dim};
  if (sample_is_wanted(&shape, against->bounds.rows))
    return verify_sample(input, against, all, err);
  double *oracle = reference_output(c, err);
  finding *f = oracle ? add_finding(all, input, "oracle") : NULL;
  if (f) {
    const metrics m = metrics_of(&c->problem, LKV_FLOAT64, oracle, named);
    take_metrics(all, f, &m);
  }
  free(oracle);
  return f || (oracle && error_set(err, "out of memory"));
}

/* A kernel that rounds its operands solves another problem than a case file's: it is
 * asked for by name. */
static bool takes_case(const verify_arguments *a, const lkv_kernel *kernel) {
  return a->kernels.count ? verify_chosen(&a->kernels, kernel->name)
                          : kernel->operand_type != LKV_BFLOAT16;
}

static bool verify_case(const verify_arguments *a, oracle_cache *cache,
                        cache_notes *notes, const char *input, findings *all,
                        error *err) {
  npz file = {0};
  lin_case c = {0};
  error why;
  bool ok = npz_read(input, &file, err) && case_from_npz(&file, &c, err);
  references against = {
      .bounds = {.given = &c, .cache = cache, .rows = (sample_rule)a->rows},
      .stages = {.given = &c, .cache = cache, .rows = (sample_rule)a->rows},
      .notes = notes};
  if (ok && a->reference)
    ok = (against.named = named_reference(&file, a->reference, &c, err)) != NULL &&
         verify_oracle(input, &against, all, err);
  for (size_t k = 0; ok && k < lkv_kernel_count(); k++)
    if (takes_case(a, lkv_kernel_at(k)) &&
        !verify_kernel(a, input, lkv_kernel_at(k), &c, &against, all, &why))
      ok = error_set(err, "%s: %s", input, why.text);
  free(against.named);
  bounds_set_free(&against.bounds);
  stages_set_free(&against.stages);
  case_free(&c);
  npz_free(&file);
  return ok;
}

static int tell(const verify_arguments *a, const findings *all) {
  error err;
  const table_style style = a->format == FORMAT_MD       ? TABLE_MARKDOWN
                            : table_wants_colour(stdout) ? TABLE_COLOUR
                                                         : TABLE_TEXT;
  const bool ok = a->format == FORMAT_JSON ? findings_print_json(all, &err)
                                           : findings_print(all, style, &err);
  if (!ok) return cli_fail(&cli_verify, EXIT_USAGE, "%s", err.text);
  const int code = all->wrong      ? EXIT_WRONG
                   : !all->ran     ? EXIT_LITTLE
                   : all->doubtful ? EXIT_UNSURE
                                   : EXIT_FINE;
  return cli_finish(&cli_verify, code);
}

/* What kernels are judged on. */
enum judged_on { ON_FILES = 1u, ON_REGIMES = 2u, ON_LAWS = 4u };

/* Whether every option given says something of `on`, a judged_on; prints one line for one
 * that does not. */
static bool options_suit(const verify_arguments *a, unsigned on) {
  const struct {
    const char *name;
    bool given;
    unsigned on; /* judged_on, one or more */
  } options[] = {{"input", a->inputs.count > 0, ON_FILES},
                 {"reference", a->reference != NULL, ON_FILES},
                 {"tile-q", a->tile_q > 0, ON_FILES},
                 {"tile-k", a->tile_k > 0, ON_FILES},
                 {"rows", a->rows > 0, ON_FILES | ON_REGIMES},
                 {"regime", a->regimes.count > 0, ON_REGIMES},
                 {"seq-len", a->seq_len > 0, ON_REGIMES},
                 {"head-dim", a->head_dim > 0, ON_REGIMES},
                 {"seeds", a->seeds > 0, ON_REGIMES},
                 {"threads", a->threads > 0, ON_FILES | ON_REGIMES}};
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    if (!options[i].given || options[i].on & on) continue;
    cli_fail(&cli_verify, EXIT_USAGE,
             on == ON_LAWS ? "--%s goes without --laws: laws bring their own inputs"
             : on == ON_FILES
                 ? "--%s goes without --input: a case file has its own inputs"
                 : "--%s goes with --input: it is about case files",
             options[i].name);
    return false;
  }
  return true;
}

static int check_and_try(const verify_arguments *a) {
  if (!options_suit(a, ON_LAWS)) return EXIT_USAGE;
  const laws_options options = {.laws = a->laws,
                                .kernels = a->kernels,
                                .json = a->format == FORMAT_JSON,
                                .markdown = a->format == FORMAT_MD};
  return verify_laws(&cli_verify, &options);
}

static int check_and_survey(const verify_arguments *a) {
  if (!options_suit(a, ON_REGIMES)) return EXIT_USAGE;
  if (!a->seq_len != !a->head_dim)
    return cli_fail(&cli_verify, EXIT_USAGE, "--seq-len and --head-dim go together");
  if (a->format == FORMAT_MD)
    return cli_fail(&cli_verify, EXIT_USAGE,
                    "--format md goes with --input; table or json is wanted");
  const regime_options options = {.regimes = a->regimes,
                                  .kernels = a->kernels,
                                  .seeds = a->seeds ? a->seeds : SEEDS,
                                  .threads = a->threads ? a->threads : 1,
                                  .seq_len = a->seq_len,
                                  .head_dim = a->head_dim,
                                  .rows = (sample_rule)a->rows,
                                  .json = a->format == FORMAT_JSON};
  return verify_regimes(&cli_verify, &options);
}

static int check_and_verify(verify_arguments *a) {
  findings all = {0};
  error err;
  int code = EXIT_USAGE;
  if (a->list_regimes) return verify_list_regimes(&cli_verify);
  if (!cli_load_plugins(&cli_verify, &a->plugins)) return EXIT_USAGE;
  if (a->by_laws || a->laws.count) return check_and_try(a);
  if (!a->inputs.count) return check_and_survey(a);
  if (!options_suit(a, ON_FILES)) return EXIT_USAGE;
  oracle_cache cache = cache_options_take(&a->kept);
  cache_notes notes = {0};
  bool ok = true;
  for (size_t i = 0; ok && i < a->inputs.count; i++)
    ok = verify_case(a, &cache, &notes, a->inputs.item[i], &all, &err);
  cache_notes_print(&notes, cache.folder, true, stderr);
  if (!ok)
    cli_fail(&cli_verify, EXIT_USAGE, "%s", err.text);
  else if (!all.count)
    cli_fail(&cli_verify, EXIT_USAGE,
             "--kernel '%s' matches no kernel; 'linkv kernels' "
             "lists them",
             a->kernels.item[0]);
  else
    code = tell(a, &all);
  free(all.item);
  return code;
}

static int run(int argc, char **argv) {
  verify_arguments a = {.kept = cache_options_default()};
  const cli_option options[] = {
      {"input", CLI_LIST, &a.inputs, "CASE.npz", "case file; may be repeated", NULL},
      {"regime", CLI_LIST, &a.regimes, "GLOB",
       "without --input: regimes, default all; may be repeated", NULL},
      {"list-regimes", CLI_FLAG, &a.list_regimes, NULL,
       "print the regimes and what their inputs are", NULL},
      {"seq-len", CLI_SIZE, &a.seq_len, "T",
       "without --input: one head of this length, instead of the edge shapes", NULL},
      {"head-dim", CLI_SIZE, &a.head_dim, "D", "of that head", NULL},
      {"seeds", CLI_SIZE, &a.seeds, "N", "without --input: seeds 1 to N, default 2",
       NULL},
      {"laws", CLI_FLAG, &a.by_laws, NULL, "try kernels by the laws of the operator",
       NULL},
      {"law", CLI_LIST, &a.laws, "GLOB", "laws, default all; may be repeated", NULL},
      {"kernel", CLI_LIST, &a.kernels, "GLOB",
       "kernels, default all, but those of bfloat16 on case files; may be repeated",
       NULL},
      {"reference", CLI_TEXT, &a.reference, "ARRAY",
       "array of the case file errors are against, default the oracle's output", NULL},
      {"tile-q", CLI_SIZE, &a.tile_q, "N", "queries a tile, default the kernel's", NULL},
      {"tile-k", CLI_SIZE, &a.tile_k, "N", "keys a tile, default the kernel's", NULL},
      {"threads", CLI_THREADS, &a.threads, "N", "default 1", NULL},
      CACHE_OPTIONS(a.kept),
      {"plugin", CLI_LIST, &a.plugins, "FILE.so",
       "kernels of a shared object; may be repeated", NULL},
      {"rows", CLI_CHOICE, &a.rows, "WHICH", cli_row_help, cli_row_rules},
      {"format", CLI_CHOICE, &a.format, "FORMAT", "default table", formats},
      {0}};
  cli_list words = {0};
  const cli_parsed parsed = cli_parse(&cli_verify, options, argc, argv, &words);
  int code = parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  if (parsed == CLI_GO && words.count)
    cli_fail(&cli_verify, EXIT_USAGE,
             "unexpected word '%s'; a case file is named by "
             "--input",
             words.item[0]);
  else if (parsed == CLI_GO)
    code = check_and_verify(&a);
  cli_list_free(&words);
  cli_list_free(&a.inputs);
  cli_list_free(&a.kernels);
  cli_list_free(&a.regimes);
  cli_list_free(&a.laws);
  cli_list_free(&a.plugins);
  return code;
}
