#include "wisdom_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "hash.h"
#include "linkv/wisdom.h"

uint64_t wisdom_checksum(const char *text, size_t bytes) {
  uint64_t hash = HASH_START;
  for (size_t i = 0; i < bytes; i++)
    if (!wisdom_is_space(text[i])) hash = hash_byte(hash, (unsigned char)text[i]);
  return hash;
}

/* As a string without escapes: what would need one, or is not ASCII, becomes '?'. */
static void put_string(const char *text, FILE *out) {
  fputc('"', out);
  for (; *text; text++)
    fputc(*text < ' ' || *text > '~' || *text == '"' || *text == '\\' ? '?' : *text, out);
  fputc('"', out);
}

static void put_choice(const lkv_wisdom *w, const lkv_wisdom_choice *c, FILE *out) {
  fprintf(out,
          "{\"stage\": \"%s\", \"batch\": %zu, \"seq_len\": %zu, \"heads\": %zu, "
          "\"head_dim\": %zu, \"threads\": %zu, \"kernel\": ",
          lkv_stage_name(c->stage), c->batch, c->seq_len, c->heads, c->head_dim,
          c->threads);
  put_string(w->kernel[c->kernel].name, out);
  fprintf(out, ", \"tile_q\": %zu, \"tile_k\": %zu}", c->tile_q, c->tile_k);
}

char *lkv_wisdom_text(const lkv_wisdom *w) {
  char *text = NULL;
  size_t bytes = 0;
  FILE *out = open_memstream(&text, &bytes);
  if (!out) return NULL;
  fprintf(out, "{\n  \"linkv_wisdom\": %" PRIu32 ",\n  \"machine\": ", w->schema);
  put_string(w->machine, out);
  fputs(",\n  \"machine_name\": ", out);
  put_string(w->machine_name, out);
  fputs(",\n  \"kernels\": [", out);
  for (size_t i = 0; i < w->kernels; i++) {
    fputs(i ? ",\n    {\"name\": " : "\n    {\"name\": ", out);
    put_string(w->kernel[i].name, out);
    fputs(", \"build\": ", out);
    put_string(w->kernel[i].build, out);
    fputc('}', out);
  }
  fputs("\n  ],\n  \"choices\": [", out);
  for (size_t i = 0; i < w->choices; i++) {
    fputs(i ? ",\n    " : "\n    ", out);
    put_choice(w, &w->choice[i], out);
  }
  fputs("\n  ],\n  ", out);
  if (fflush(out)) {
    fclose(out);
    free(text);
    return NULL;
  }
  fprintf(out, "\"checksum\": \"%016" PRIx64 "\"\n}\n", wisdom_checksum(text, bytes));
  if (fclose(out)) {
    free(text);
    return NULL;
  }
  return text;
}
