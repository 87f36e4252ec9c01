#include "npy.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "elements are read as the file stores them: little-endian");

enum { MAGIC_BYTES = sizeof NPY_MAGIC - 1, VERSION_1_PREFIX = 10, VERSION_2_PREFIX = 12 };

static const struct {
  const char *code; /* after the byte-order mark */
  size_t bytes;
  npy_element element;
  tensor_type type;
} element_types[] = {
    {"f2", 2, NPY_FLOAT16, TENSOR_FLOAT16}, {"V2", 2, NPY_BFLOAT16, TENSOR_BFLOAT16},
    {"f4", 4, NPY_FLOAT32, TENSOR_FLOAT32}, {"f8", 8, NPY_FLOAT64, TENSOR_FLOAT64},
    {"b1", 1, NPY_BOOL, TENSOR_INT64},      {"i1", 1, NPY_INT8, TENSOR_INT64},
    {"i2", 2, NPY_INT16, TENSOR_INT64},     {"i4", 4, NPY_INT32, TENSOR_INT64},
    {"i8", 8, NPY_INT64, TENSOR_INT64},     {"u1", 1, NPY_UINT8, TENSOR_INT64},
    {"u2", 2, NPY_UINT16, TENSOR_INT64},    {"u4", 4, NPY_UINT32, TENSOR_INT64},
    {"u8", 8, NPY_UINT64, TENSOR_INT64},
};
enum { ELEMENT_TYPES = sizeof element_types / sizeof element_types[0] };

static bool malformed(error *err) {
  return error_set(err, "has a malformed .npy header; save it with numpy.savez");
}

bool npy_header_bytes(const unsigned char *prefix, size_t size, size_t *bytes,
                      error *err) {
  if (size < VERSION_1_PREFIX || memcmp(prefix, NPY_MAGIC, MAGIC_BYTES) != 0)
    return error_set(err, "is not in NumPy's .npy format; save it with numpy.savez");
  unsigned major = prefix[6], minor = prefix[7];
  if (major < 1 || major > 3 || minor != 0)
    return error_set(
        err,
        "has .npy version %u.%u; versions 1.0, 2.0 and 3.0 are read: save it "
        "with numpy.savez",
        major, minor);
  size_t start = major == 1 ? VERSION_1_PREFIX : VERSION_2_PREFIX;
  if (size < start)
    return error_set(err, "ends within its header; the file is cut short: save it again");
  size_t length = prefix[8] | (size_t)prefix[9] << 8;
  if (major > 1) length |= (size_t)prefix[10] << 16 | (size_t)prefix[11] << 24;
  if (length > NPY_HEADER_MAX - start)
    return error_set(
        err,
        "has a header of %zu bytes, more than any plain array needs; save it "
        "with numpy.savez",
        length);
  *bytes = start + length;
  return *bytes >= NPY_PREFIX_BYTES || malformed(err);
}

/* The header's text, a Python dict literal, as far as it has been read. */
typedef struct cursor {
  const char *at;
  const char *end;
} cursor;

static void skip_space(cursor *c) {
  while (c->at < c->end && (*c->at == ' ' || (*c->at >= '\t' && *c->at <= '\r'))) c->at++;
}

static bool peek(cursor *c, char wanted) {
  skip_space(c);
  return c->at < c->end && *c->at == wanted;
}

static bool take(cursor *c, char wanted) {
  bool there = peek(c, wanted);
  if (there) c->at++;
  return there;
}

static bool take_word(cursor *c, const char *word) {
  size_t length = strlen(word);
  skip_space(c);
  if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0) return false;
  c->at += length;
  return true;
}

/* A quoted string without escapes that fits `text`. */
static bool take_string(cursor *c, char *text, size_t size) {
  char quote = peek(c, '"') ? '"' : '\'';
  if (!take(c, quote)) return false;
  size_t length = 0;
  for (; c->at < c->end && *c->at != quote; c->at++) {
    if (*c->at == '\\' || *c->at == '\0' || length + 1 == size) return false;
    text[length++] = *c->at;
  }
  text[length] = '\0';
  return take(c, quote);
}

static bool take_size(cursor *c, size_t *value, error *err) {
  skip_space(c);
  if (c->at == c->end || *c->at < '0' || *c->at > '9') return malformed(err);
  *value = 0;
  for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
    if (__builtin_mul_overflow(*value, (size_t)10, value) ||
        __builtin_add_overflow(*value, (size_t)(*c->at - '0'), value))
      return error_set(err, "has a dimension too large to be true; save it again");
  return true;
}

/* "()", "(3,)", "(2, 3)", "(2, 3,)"; "(3)" is no tuple. */
static bool take_shape(cursor *c, npy_header *out, error *err) {
  if (!take(c, '(')) return malformed(err);
  bool comma = true;
  while (!peek(c, ')')) {
    if (!comma) return malformed(err);
    if (out->rank == TENSOR_RANK_MAX)
      return error_set(err, "has more than %d dimensions; reshape it to fewer",
                       TENSOR_RANK_MAX);
    if (!take_size(c, &out->shape[out->rank], err)) return false;
    out->rank++;
    comma = take(c, ',');
  }
  c->at++;
  return out->rank != 1 || comma || malformed(err);
}

static bool refuse_type(const char *descr, error *err) {
  char order = descr[0], kind = order ? descr[1] : '\0';
  if (kind == 'O')
    return error_set(err,
                     "holds Python objects ('%s'); save it as numbers, with "
                     ".astype('<f4')",
                     descr);
  if (kind == 'S' || kind == 'U')
    return error_set(err, "holds text ('%s'); save numbers instead, with .astype('<f4')",
                     descr);
  if (kind == 'c')
    return error_set(err, "is complex ('%s'); save its real part, .real.astype('<f4')",
                     descr);
  if (order == '>' && kind)
    return error_set(err, "is big-endian ('%s'); save it with .astype('<%s')", descr,
                     descr + 1);
  return error_set(err, "has type '%s', which is not read; save it with .astype('<f4')",
                   descr);
}

static bool take_descr(cursor *c, npy_header *out, error *err) {
  if (peek(c, '[') || peek(c, '('))
    return error_set(
        err,
        "is a structured array; save each field as an array of its own, with "
        ".astype('<f4')");
  char descr[32];
  if (!take_string(c, descr, sizeof descr)) return malformed(err);
  for (size_t i = 0; i < ELEMENT_TYPES; i++) {
    bool order_free =
        element_types[i].bytes == 1 || element_types[i].element == NPY_BFLOAT16;
    if (!(descr[0] == '<' || (descr[0] == '|' && order_free))) continue;
    if (strcmp(descr + 1, element_types[i].code) != 0) continue;
    out->element = element_types[i].element;
    out->type = element_types[i].type;
    out->element_bytes = element_types[i].bytes;
    return true;
  }
  return refuse_type(descr, err);
}

static bool take_order(cursor *c, npy_header *out, error *err) {
  out->fortran_order = take_word(c, "True");
  return out->fortran_order || take_word(c, "False") || malformed(err);
}

static bool take_dict(cursor *c, npy_header *out, error *err) {
  static const struct {
    const char *key;
    bool (*take)(cursor *, npy_header *, error *);
  } entries[] = {
      {"descr", take_descr}, {"fortran_order", take_order}, {"shape", take_shape}};
  enum { ENTRIES = sizeof entries / sizeof entries[0] };
  bool seen[ENTRIES] = {false};
  if (!take(c, '{')) return malformed(err);
  bool comma = true;
  while (!peek(c, '}')) {
    char key[16];
    if (!comma || !take_string(c, key, sizeof key) || !take(c, ':'))
      return malformed(err);
    size_t e = 0;
    while (e < ENTRIES && strcmp(key, entries[e].key) != 0) e++;
    if (e == ENTRIES || seen[e]) return malformed(err);
    if (!entries[e].take(c, out, err)) return false;
    seen[e] = true;
    comma = take(c, ',');
  }
  c->at++;
  skip_space(c);
  return (c->at == c->end && seen[0] && seen[1] && seen[2]) || malformed(err);
}

bool npy_parse_header(const unsigned char *bytes, size_t size, npy_header *out,
                      error *err) {
  *out = (npy_header){0};
  const char *text = (const char *)bytes;
  size_t start = bytes[6] == 1 ? VERSION_1_PREFIX : VERSION_2_PREFIX;
  cursor c = {text + start, text + size};
  if (!take_dict(&c, out, err)) return false;
  bool fits = tensor_count(out->rank, out->shape, &out->count) &&
              !__builtin_mul_overflow(out->count, out->element_bytes, &out->data_bytes) &&
              !__builtin_mul_overflow(out->count, tensor_type_size(out->type),
                                      &out->tensor_bytes);
  return fits || error_set(err, "has a shape too large to be true; save it again");
}

/* Integer i of the stored elements; bits of a uint64 over INT64_MAX come out negative. */
static int64_t stored_integer(npy_element element, const void *elements, size_t i) {
  switch (element) {
    case NPY_BOOL:
      return ((const uint8_t *)elements)[i] != 0;
    case NPY_INT8:
      return ((const int8_t *)elements)[i];
    case NPY_INT16:
      return ((const int16_t *)elements)[i];
    case NPY_INT32:
      return ((const int32_t *)elements)[i];
    case NPY_UINT8:
      return ((const uint8_t *)elements)[i];
    case NPY_UINT16:
      return ((const uint16_t *)elements)[i];
    case NPY_UINT32:
      return ((const uint32_t *)elements)[i];
    default:
      return ((const int64_t *)elements)[i];
  }
}

/* Element `from` of the file becomes element `to` of the tensor. */
static bool copy_element(const npy_header *header, const void *elements, size_t from,
                         tensor *out, size_t to, error *err) {
  size_t bytes = tensor_type_size(out->type);
  if (out->type != TENSOR_INT64) {
    memcpy((char *)out->data + to * bytes, (const char *)elements + from * bytes, bytes);
    return true;
  }
  int64_t value = stored_integer(header->element, elements, from);
  if (header->element == NPY_UINT64 && value < 0)
    return error_set(
        err, "holds %" PRIu64 ", more than int64 does; save it with .astype('<f8')",
        (uint64_t)value);
  ((int64_t *)out->data)[to] = value;
  return true;
}

/* Walks the tensor in C order; `stride` is the file's, in elements. */
static bool copy_elements(const npy_header *header, const void *elements, tensor *out,
                          error *err) {
  size_t stride[TENSOR_RANK_MAX], index[TENSOR_RANK_MAX] = {0};
  size_t step = 1;
  for (size_t n = 0; n < header->rank; n++) {
    size_t axis = header->fortran_order ? n : header->rank - 1 - n;
    stride[axis] = step;
    step *= header->shape[axis];
  }
  size_t from = 0;
  for (size_t to = 0; to < header->count; to++) {
    if (!copy_element(header, elements, from, out, to, err)) return false;
    for (size_t axis = header->rank; axis-- > 0;) {
      from += stride[axis];
      if (++index[axis] < header->shape[axis]) break;
      from -= stride[axis] * header->shape[axis];
      index[axis] = 0;
    }
  }
  return true;
}

bool npy_decode(const npy_header *header, void *elements, tensor *out, error *err) {
  *out = (tensor){0};
  bool as_stored = header->type != TENSOR_INT64 || header->element == NPY_INT64;
  bool in_order = !header->fortran_order || header->rank < 2;
  if (as_stored && in_order) {
    *out = (tensor){.type = header->type,
                    .rank = header->rank,
                    .count = header->count,
                    .data = elements};
    memcpy(out->shape, header->shape, sizeof out->shape);
    return true;
  }
  bool ok = tensor_make(out, header->type, header->rank, header->shape, err) &&
            copy_elements(header, elements, out, err);
  if (!ok) tensor_free(out);
  free(elements);
  return ok;
}

size_t npy_format_header(const tensor *t, char buffer[NPY_WRITTEN_HEADER_MAX]) {
  const char *descr = t->type == TENSOR_FLOAT32   ? "<f4"
                      : t->type == TENSOR_FLOAT64 ? "<f8"
                                                  : "<i8";
  char shape[NPY_WRITTEN_HEADER_MAX / 2];
  size_t length = (size_t)snprintf(
      buffer + VERSION_1_PREFIX, NPY_WRITTEN_HEADER_MAX - VERSION_1_PREFIX,
      "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr,
      tensor_shape_text(t, shape, sizeof shape));
  size_t total = VERSION_1_PREFIX + length + 1;
  total = (total + NPY_ALIGNMENT - 1) / NPY_ALIGNMENT * NPY_ALIGNMENT;
  memset(buffer + VERSION_1_PREFIX + length, ' ', total - VERSION_1_PREFIX - length);
  buffer[total - 1] = '\n';
  memcpy(buffer, NPY_MAGIC, MAGIC_BYTES);
  buffer[6] = 1;
  buffer[7] = 0;
  buffer[8] = (char)((total - VERSION_1_PREFIX) & 0xff);
  buffer[9] = (char)((total - VERSION_1_PREFIX) >> 8);
  return total;
}
