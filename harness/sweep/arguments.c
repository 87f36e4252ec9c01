#include "arguments.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_word(FILE *out, const char *word) {
  fwrite(word, 1, strlen(word) + 1, out);
}

static void put_text(FILE *out, const char *option, const char *text) {
  put_word(out, option);
  put_word(out, text);
}

static void put_whole(FILE *out, const char *option, uint64_t number) {
  char text[24];
  snprintf(text, sizeof text, "%" PRIu64, number);
  put_text(out, option, text);
}

/* The shortest of the decimals that read back the same. */
static void put_real(FILE *out, const char *option, double real) {
  char text[40];
  int digits = 1;
  do snprintf(text, sizeof text, "%.*g", digits, real);
  while (strtod(text, NULL) != real && ++digits <= 17);
  put_text(out, option, text);
}

/* The options that `linkv time` and `linkv worker` share. */
static void put_point(FILE *out, const point *p, const sweep_options *options,
                      double min_time_s) {
  const lkv_problem *q = &p->problem;
  put_text(out, "--kernel", p->kernel->name);
  put_text(out, "--stage", lkv_stage_name(p->stage));
  put_text(out, "--regime", p->regime);
  put_whole(out, "--seed", p->seed);
  put_whole(out, "--batch", q->batch);
  put_whole(out, "--seq-len", q->seq_len);
  put_whole(out, "--heads", q->heads);
  put_whole(out, "--head-dim", q->head_dim);
  if (q->tile_q) put_whole(out, "--tile-q", q->tile_q);
  if (q->tile_k) put_whole(out, "--tile-k", q->tile_k);
  put_whole(out, "--threads", p->threads);
  put_real(out, "--min-time", min_time_s);
  for (size_t i = 0; i < options->plugin_count; i++)
    put_text(out, "--plugin", options->plugins[i]);
}

/* Lists the zero-ended words of `text`, which the list owns from now on. */
static bool list_words(char *text, size_t bytes, arguments *out) {
  *out = (arguments){.text = text};
  for (size_t i = 0; i < bytes; i++) out->count += !text[i];
  out->item = calloc(out->count + 1, sizeof *out->item);
  for (size_t i = 0; out->item && i < out->count; i++, text += strlen(text) + 1)
    out->item[i] = text;
  if (!out->item) arguments_free(out);
  return out->item != NULL;
}

bool arguments_of_worker(const point *p, const sweep_options *options, double min_time_s,
                         const char *const *flags, arguments *out) {
  char *text = NULL;
  size_t bytes = 0;
  FILE *words = open_memstream(&text, &bytes);
  *out = (arguments){0};
  if (!words) return false;
  put_text(words, "linkv", "worker");
  put_point(words, p, options, min_time_s);
  if (options->cache) {
    put_text(words, "--cache", options->cache);
    put_whole(words, "--cache-limit", options->cache_limit);
  }
  for (; *flags; flags++) put_word(words, *flags);
  const bool complete = !ferror(words);
  if (fclose(words) == 0 && complete) return list_words(text, bytes, out);
  free(text);
  return false;
}

const char *const *settings_of_worker(const point *p) {
  static const char *const one_thread[] = {"OPENBLAS_NUM_THREADS=1", "OMP_DYNAMIC=false",
                                           NULL};
  static const char *const threads[] = {"OPENBLAS_NUM_THREADS=1", "OMP_DYNAMIC=false",
                                        "OMP_PROC_BIND=close", "OMP_PLACES=cores", NULL};
  return p->threads > 1 ? threads : one_thread;
}

void arguments_free(arguments *a) {
  free(a->item);
  free(a->text);
  *a = (arguments){0};
}

void arguments_put_quoted(FILE *out, const char *word) {
  const size_t plain = strspn(word,
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "0123456789_-./=:+,@");
  if (*word && !word[plain]) {
    fputs(word, out);
    return;
  }
  fputc('\'', out);
  for (; *word; word++)
    if (*word == '\'')
      fputs("'\\''", out);
    else
      fputc(*word, out);
  fputc('\'', out);
}

char *arguments_command(int argc, char **argv) {
  char *text = NULL;
  size_t bytes = 0;
  FILE *out = open_memstream(&text, &bytes);
  if (!out) return NULL;
  fputs("linkv", out);
  for (int i = 0; i < argc; i++) {
    fputc(' ', out);
    arguments_put_quoted(out, argv[i]);
  }
  const bool complete = !ferror(out);
  if (fclose(out) == 0 && complete) return text;
  free(text);
  return NULL;
}

char *sweep_point_command(const point *p, const sweep_options *options,
                          const point_effort *effort) {
  static const char *const no_flags[] = {NULL};
  arguments a;
  char *line = NULL;
  size_t bytes = 0;
  sweep_options plain = *options;
  plain.cache = NULL; /* changes no figure */
  if (!arguments_of_worker(p, &plain, effort->min_time_s, no_flags, &a)) return NULL;
  FILE *out = open_memstream(&line, &bytes);
  if (out) {
    fputs("linkv time", out);
    for (size_t i = 2; i < a.count; i++) {
      fputc(' ', out);
      arguments_put_quoted(out, a.item[i]);
    }
    fprintf(out, " --repetitions %u", effort->repetitions);
    const bool complete = !ferror(out);
    if (fclose(out) || !complete) {
      free(line);
      line = NULL;
    }
  }
  arguments_free(&a);
  return line;
}
