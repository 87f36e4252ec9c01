/* linkv run: one kernel on the tensors of a case file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "invocation.h"
#include "linkv/registry.h"
#include "point_options.h"

static int run(int argc, char **argv);

const cli_command cli_run = {
    .name = "run",
    .summary = "run one kernel on your tensors (.npz)",
    .usage = "--kernel K --input CASE.npz --output Y.npz [options]",
    .details =
        "A case file holds X (T, D) or (B, T, D), W_Q W_QK W_KK W_VK W_QV W_KV W_VV (D, "
        "D)\n"
        "and num_heads; or, for the attention stage, Q QK KK VK QV KV VV (B, T, H, d). "
        "eps is\n"
        "1e-6 where it is absent. The output file holds Y, of the kernel's type and of "
        "the\n"
        "input's rank.\n\n"
        "  linkv run --kernel scalar_row --input tests/golden/cell69_b2_t24_h3_d8.npz "
        "--output y.npz",
    .run = run,
};

typedef struct run_arguments {
  const char *kernel, *input, *output;
  size_t tile_q, tile_k, threads;
  cli_list plugins;
} run_arguments;

/* Says which inputs are in another type than the kernel computes in. */
static void tell_conversions(const lin_case *c, const lkv_kernel *kernel) {
  const char *to = tensor_type_name(
      case_type_for(c->stage, kernel->operand_type, kernel->output_type));
  const char *prefix = c->stage == LKV_STAGE_BLOCK ? "W_" : "";
  if (c->stage == LKV_STAGE_BLOCK && strcmp(tensor_type_name(c->x.type), to))
    printf("converted X from %s to %s\n", tensor_type_name(c->x.type), to);
  for (int o = 0; o < LKV_OPERANDS; o++)
    if (strcmp(tensor_type_name(c->operand[o].type), to))
      printf("converted %s%s from %s to %s\n", prefix, lkv_operand_name(o),
             tensor_type_name(c->operand[o].type), to);
}

static size_t count_nonfinite(const double *y, size_t count) {
  size_t n = 0;
  for (size_t i = 0; i < count; i++) n += isfinite(y[i]) ? 0 : 1;
  return n;
}

static bool write_output(const char *path, const lin_case *c, const invocation *v,
                         error *err) {
  npz_array y = {.name = (char *)"Y"};
  size_t shape[TENSOR_RANK_MAX];
  const size_t rank = case_output_shape(c, shape);
  const bool wide = v->kernel->output_type == LKV_FLOAT64;
  if (!tensor_make(&y.value, wide ? TENSOR_FLOAT64 : TENSOR_FLOAT32, rank, shape, err))
    return false;
  memcpy(y.value.data, v->y.data, v->y.bytes);
  const bool ok = npz_write(path, 1, &y, err);
  if (ok) {
    char text[128];
    printf("%s: Y %s %s, by %s (%s stage)\n", path,
           tensor_shape_text(&y.value, text, sizeof text), tensor_type_name(y.value.type),
           v->kernel->name, lkv_stage_name(c->stage));
  }
  tensor_free(&y.value);
  return ok;
}

/* Whether two paths name one file. */
static bool same_file(const char *a, const char *b) {
  struct stat x, y;
  return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static bool run_case(const run_arguments *a, const lkv_kernel *kernel, error *err) {
  npz file = {0};
  lin_case c = {0};
  invocation v = {0};
  double *y = NULL;
  bool ok = npz_read(a->input, &file, err) && case_from_npz(&file, &c, err);
  npz_free(&file);
  if (ok) tell_conversions(&c, kernel);
  ok = ok && invocation_make(&v, kernel, &c, a->tile_q, a->tile_k, a->threads, err) &&
       invocation_run(&v, err) && write_output(a->output, &c, &v, err);
  if (ok && (y = invocation_output(&v))) {
    const size_t n = count_nonfinite(y, v.y_count);
    if (n) printf("note: %zu of %zu outputs are not finite\n", n, v.y_count);
  }
  free(y);
  invocation_free(&v);
  case_free(&c);
  return ok;
}

static int check_and_run(const run_arguments *a) {
  error err;
  if (!cli_load_plugins(&cli_run, &a->plugins)) return EXIT_USAGE;
  if (!a->kernel || !a->input || !a->output)
    return cli_fail(&cli_run, EXIT_USAGE, "--%s is missing; see 'linkv run --help'",
                    !a->kernel  ? "kernel"
                    : !a->input ? "input"
                                : "output");
  const lkv_kernel *kernel = lkv_kernel_find(a->kernel);
  if (!kernel)
    return cli_fail(&cli_run, EXIT_USAGE, "no kernel '%s'; 'linkv kernels' lists them",
                    a->kernel);
  if (!point_options_tiles(&cli_run, kernel, a->tile_q, a->tile_k)) return EXIT_USAGE;
  if (same_file(a->input, a->output))
    return cli_fail(
        &cli_run, EXIT_USAGE,
        "%s is input and output; the case would be lost: name another --output",
        a->output);
  if (!run_case(a, kernel, &err)) return cli_fail(&cli_run, EXIT_USAGE, "%s", err.text);
  return cli_finish(&cli_run, EXIT_FINE);
}

static int run(int argc, char **argv) {
  run_arguments a = {.threads = 1};
  const cli_option options[] = {
      {"kernel", CLI_TEXT, &a.kernel, "K", "kernel, as 'linkv kernels' names it", NULL},
      {"input", CLI_TEXT, &a.input, "CASE.npz", "inputs", NULL},
      {"output", CLI_TEXT, &a.output, "Y.npz", "gets array Y; replaced whole", NULL},
      {"tile-q", CLI_SIZE, &a.tile_q, "N", "queries a tile, default the kernel's", NULL},
      {"tile-k", CLI_SIZE, &a.tile_k, "N", "keys a tile, default the kernel's", NULL},
      {"threads", CLI_THREADS, &a.threads, "N", "default 1", NULL},
      {"plugin", CLI_LIST, &a.plugins, "FILE.so",
       "kernels of a shared object; may be repeated", NULL},
      {0}};
  cli_list words = {0};
  const cli_parsed parsed = cli_parse(&cli_run, options, argc, argv, &words);
  int code = parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  if (parsed == CLI_GO && words.count)
    cli_fail(&cli_run, EXIT_USAGE,
             "unexpected word '%s'; files are named by --input and "
             "--output",
             words.item[0]);
  else if (parsed == CLI_GO)
    code = check_and_run(&a);
  cli_list_free(&words);
  cli_list_free(&a.plugins);
  return code;
}
