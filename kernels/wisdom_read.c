/* A strict reader of the one shape that wisdom_text.c writes: what is read is written
 * back the same, and all else is refused with its line. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linkv/wisdom.h"
#include "message.h"
#include "wisdom_text.h"

enum { FILE_BYTES_MAX = 1 << 24 };

#define REMEDY "write the file again with 'linkv pick'"

/* What lkv_wisdom_read hands out: strings point into `text`. */
typedef struct owned {
  lkv_wisdom wisdom;
  lkv_wisdom_kernel *kernel;
  lkv_wisdom_choice *choice;
  char *text;
} owned;

typedef struct reader {
  const char *path;
  char *text, *at; /* zero-ended */
  char *error;
  size_t error_size;
} reader;

static void skip_space(reader *r) {
  while (wisdom_is_space(*r->at)) r->at++;
}

static bool refuse(const reader *r, const char *what) {
  size_t line = 1;
  for (const char *c = r->text; c < r->at; c++) line += *c == '\n';
  return lkv_fail(r->error, r->error_size, "%s:%zu: %s%s; " REMEDY, r->path, line, what,
                  *r->at ? "" : ", for the file ends here");
}

/* Whether the next character is `c`, which is then passed. */
static bool take(reader *r, char c) {
  skip_space(r);
  if (*r->at != c) return false;
  r->at++;
  return true;
}

static bool expect(reader *r, char c) {
  char what[24];
  if (take(r, c)) return true;
  snprintf(what, sizeof what, "'%c' is missing", c);
  return refuse(r, what);
}

/* A string without escapes, zero-ended where its closing quote was. */
static bool read_string(reader *r, const char **out) {
  if (!take(r, '"')) return refuse(r, "a string is missing");
  *out = r->at;
  while (*r->at >= ' ' && *r->at <= '~' && *r->at != '"' && *r->at != '\\') r->at++;
  if (!*r->at) return refuse(r, "a string is not closed");
  if (*r->at != '"') return refuse(r, "a string has a character that none here has");
  *r->at++ = '\0';
  return true;
}

static bool read_size(reader *r, size_t low, size_t *out) {
  skip_space(r);
  const char *digits = r->at;
  size_t value = 0;
  for (; *r->at >= '0' && *r->at <= '9'; r->at++)
    if (__builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, (size_t)(*r->at - '0'), &value))
      return refuse(r, "a number is too large");
  if (r->at == digits || (*digits == '0' && r->at > digits + 1))
    return refuse(r, "a whole number is missing");
  *out = value;
  return value >= low || refuse(r, "a number is 0 where it is 1 or more");
}

/* `"name":`, after a comma where it is not the first. */
static bool read_key(reader *r, bool first, const char *name) {
  char what[64];
  const char *found = "";
  if (!first && !expect(r, ',')) return false;
  skip_space(r);
  const char *here = r->at;
  snprintf(what, sizeof what, "key \"%s\" is missing", name);
  if (*here != '"' || strncmp(here + 1, name, strlen(name)) != 0 ||
      here[1 + strlen(name)] != '"')
    return refuse(r, what);
  return read_string(r, &found) && expect(r, ':');
}

static bool read_named_size(reader *r, const char *name, size_t low, size_t *out) {
  return read_key(r, false, name) && read_size(r, low, out);
}

/* Room for one more of `count`, doubling at powers of two. */
static void *grown(void *items, size_t count, size_t size) {
  if (count & (count - 1)) return items;
  return reallocarray(items, count ? 2 * count : 1, size);
}

static bool read_kernel(reader *r, owned *o) {
  lkv_wisdom_kernel *more = grown(o->kernel, o->wisdom.kernels, sizeof *more);
  if (!more) return refuse(r, "out of memory");
  o->kernel = more;
  lkv_wisdom_kernel *k = &more[o->wisdom.kernels];
  if (!expect(r, '{') || !read_key(r, true, "name") || !read_string(r, &k->name) ||
      !read_key(r, false, "build") || !read_string(r, &k->build) || !expect(r, '}'))
    return false;
  for (size_t i = 0; i < o->wisdom.kernels; i++)
    if (!strcmp(more[i].name, k->name)) return refuse(r, "a kernel is there twice");
  o->wisdom.kernels++;
  return true;
}

static bool read_stage(reader *r, lkv_stage *out) {
  const char *name = "";
  if (!read_key(r, true, "stage") || !read_string(r, &name)) return false;
  for (int s = LKV_STAGE_ATTENTION; s <= LKV_STAGE_BLOCK; s++)
    if (!strcmp(name, lkv_stage_name((lkv_stage)s))) {
      *out = (lkv_stage)s;
      return true;
    }
  return refuse(r, "the stage is neither \"attention\" nor \"block\"");
}

static bool read_kernel_name(reader *r, const owned *o, size_t *out) {
  const char *name = "";
  if (!read_key(r, false, "kernel") || !read_string(r, &name)) return false;
  for (*out = 0; *out < o->wisdom.kernels; ++*out)
    if (!strcmp(o->kernel[*out].name, name)) return true;
  return refuse(r, "the kernel is not one of \"kernels\"");
}

static bool read_choice(reader *r, owned *o) {
  lkv_wisdom_choice *more = grown(o->choice, o->wisdom.choices, sizeof *more);
  if (!more) return refuse(r, "out of memory");
  o->choice = more;
  lkv_wisdom_choice *c = memset(&more[o->wisdom.choices], 0, sizeof *c);
  if (!expect(r, '{') || !read_stage(r, &c->stage) ||
      !read_named_size(r, "batch", 1, &c->batch) ||
      !read_named_size(r, "seq_len", 1, &c->seq_len) ||
      !read_named_size(r, "heads", 1, &c->heads) ||
      !read_named_size(r, "head_dim", 1, &c->head_dim) ||
      !read_named_size(r, "threads", 1, &c->threads) ||
      !read_kernel_name(r, o, &c->kernel) ||
      !read_named_size(r, "tile_q", 0, &c->tile_q) ||
      !read_named_size(r, "tile_k", 0, &c->tile_k) || !expect(r, '}'))
    return false;
  o->wisdom.choices++;
  return true;
}

/* `"name": [ item, ... ]`, one item or more. */
static bool read_list(reader *r, const char *name, bool (*item)(reader *r, owned *o),
                      owned *o) {
  if (!read_key(r, false, name) || !expect(r, '[')) return false;
  do {
    if (!item(r, o)) return false;
  } while (take(r, ','));
  return expect(r, ']');
}

static bool read_schema(reader *r, uint32_t *out) {
  size_t schema = 0;
  if (!read_key(r, true, "linkv_wisdom") || !read_size(r, 0, &schema)) return false;
  *out = (uint32_t)schema;
  return schema == LKV_WISDOM_SCHEMA ||
         lkv_fail(r->error, r->error_size,
                  "%s: wisdom of schema %zu, this linkv reads %u; " REMEDY, r->path,
                  schema, LKV_WISDOM_SCHEMA);
}

/* `intact` is the text as it was read. */
static bool read_checksum(reader *r, const char *intact) {
  const char *found = "";
  char wanted[17];
  skip_space(r);
  if (!expect(r, ',')) return false;
  snprintf(wanted, sizeof wanted, "%016" PRIx64,
           wisdom_checksum(intact, (size_t)(r->at - r->text)));
  if (!read_key(r, true, "checksum") || !read_string(r, &found)) return false;
  if (strcmp(found, wanted) != 0)
    return lkv_fail(r->error, r->error_size,
                    "%s: changed after it was written (checksum %.16s, not %s); " REMEDY,
                    r->path, wanted, found);
  skip_space(r);
  return true;
}

static bool read_document(reader *r, const char *intact, owned *o) {
  lkv_wisdom *w = &o->wisdom;
  if (!expect(r, '{') || !read_schema(r, &w->schema) || !read_key(r, false, "machine") ||
      !read_string(r, &w->machine) || !read_key(r, false, "machine_name") ||
      !read_string(r, &w->machine_name) || !read_list(r, "kernels", read_kernel, o) ||
      !read_list(r, "choices", read_choice, o) || !read_checksum(r, intact) ||
      !expect(r, '}'))
    return false;
  skip_space(r);
  w->kernel = o->kernel;
  w->choice = o->choice;
  return !*r->at || refuse(r, "something stands after the end");
}

bool lkv_wisdom_parse(const char *path, const char *text, size_t bytes, lkv_wisdom **out,
                      char *error, size_t error_size) {
  *out = NULL;
  if (memchr(text, '\0', bytes))
    return lkv_fail(error, error_size, "%s: not a text; " REMEDY, path);
  owned *o = calloc(1, sizeof *o);
  char *intact = strndup(text, bytes);
  if (o) o->text = strndup(text, bytes);
  if (!o || !o->text || !intact) {
    lkv_fail(error, error_size, "%s: out of memory", path);
    goto failed;
  }
  reader r = {.path = path,
              .text = o->text,
              .at = o->text,
              .error = error,
              .error_size = error_size};
  if (!read_document(&r, intact, o)) goto failed;
  free(intact);
  *out = &o->wisdom;
  return true;
failed:
  free(intact);
  if (o) lkv_wisdom_free(&o->wisdom);
  return false;
}

void lkv_wisdom_free(lkv_wisdom *wisdom) {
  owned *o = (owned *)wisdom; /* its first member */
  if (!o) return;
  free(o->kernel);
  free(o->choice);
  free(o->text);
  free(o);
}

bool lkv_wisdom_read(const char *path, lkv_wisdom **out, char *error, size_t error_size) {
  *out = NULL;
  FILE *in = fopen(path, "re");
  if (!in)
    return lkv_fail(error, error_size, "%s: %s; 'linkv pick --wisdom' writes one", path,
                    strerror(errno));
  char *text = NULL;
  size_t bytes = 0, got = 0;
  do {
    char *more = realloc(text, bytes + (1 << 16));
    if (!more) break;
    text = more;
    got = fread(text + bytes, 1, 1 << 16, in);
    bytes += got;
  } while (got && bytes <= FILE_BYTES_MAX);
  const bool whole = text && !got && !ferror(in);
  const int reason = errno;
  fclose(in);
  bool ok = false;
  if (bytes > FILE_BYTES_MAX)
    lkv_fail(error, error_size, "%s: more than 16 MiB: not a wisdom file", path);
  else if (!whole)
    lkv_fail(error, error_size, "%s: cannot be read: %s", path, strerror(reason));
  else
    ok = lkv_wisdom_parse(path, text, bytes, out, error, error_size);
  free(text);
  return ok;
}
