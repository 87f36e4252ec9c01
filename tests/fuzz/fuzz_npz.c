/* Fuzzes what reads files from anywhere: .npz bytes to a case, and one .npy header and
 * its elements on their own, so that mutations need not get past zip's checksums. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "fuzz.h"
#include "npy.h"
#include "npz.h"

static void require(bool holds) {
  if (!holds) abort();
}

/* A failure says why, on one line. */
static void require_line(const error *err) {
  require(err->text[0] && !strchr(err->text, '\n'));
}

static void fuzz_case(const npz *file) {
  error err = {""};
  lin_case c, wide;
  if (!case_from_npz(file, &c, &err)) {
    require_line(&err);
    return;
  }
  const lkv_problem *p = &c.problem;
  require(p->batch && p->seq_len && p->heads && p->head_dim && p->eps >= 0);
  size_t shape[TENSOR_RANK_MAX], count;
  require(tensor_count(case_output_shape(&c, shape), shape, &count));
  require(count == p->batch * p->seq_len * p->heads * p->head_dim);
  require(case_convert(&c, TENSOR_FLOAT64, &wide, &err));
  require(case_input_type(&wide) == TENSOR_FLOAT64);
  case_free(&wide);
  case_free(&c);
}

static void fuzz_npz(const uint8_t *data, size_t size) {
  error err = {""};
  npz file;
  if (!npz_read_memory("fuzz.npz", data, size, &file, &err)) {
    require_line(&err);
    return;
  }
  fuzz_case(&file);
  npz_free(&file);
}

static void fuzz_npy(const uint8_t *data, size_t size) {
  error err = {""};
  npy_header header;
  tensor t;
  size_t start;
  size_t prefix = size < NPY_PREFIX_BYTES ? size : NPY_PREFIX_BYTES;
  if (!npy_header_bytes(data, prefix, &start, &err) || start > size) return;
  if (!npy_parse_header(data, start, &header, &err)) {
    require_line(&err);
    return;
  }
  if (header.data_bytes != size - start) return;
  void *elements = malloc(header.data_bytes ? header.data_bytes : 1);
  require(elements != NULL);
  memcpy(elements, data + start, header.data_bytes);
  if (npy_decode(&header, elements, &t, &err)) {
    require(t.count * tensor_type_size(t.type) == header.tensor_bytes);
    tensor_free(&t);
  } else {
    require_line(&err);
  }
}

typedef struct reader {
  const uint8_t *at;
  size_t left;
} reader;

static uint8_t next_byte(reader *r) {
  if (r->left == 0) return 0;
  r->left--;
  return *r->at++;
}

/* Bytes: name, type, rank, dimensions of 0 to 7; then as much data as there is. */
static void next_array(reader *r, npz_array *array) {
  static const char *const names[] = {
      "X",   "W_Q", "W_QK", "W_KK", "W_VK", "W_QV", "W_KV", "W_VV", "num_heads",
      "eps", "Q",   "QK",   "KK",   "VK",   "QV",   "KV",   "VV",   "Y",
  };
  size_t shape[TENSOR_RANK_MAX];
  error err;
  array->name = strdup(names[next_byte(r) % (sizeof names / sizeof names[0])]);
  require(array->name != NULL);
  tensor_type type = (tensor_type)(next_byte(r) % (TENSOR_INT64 + 1));
  size_t rank = next_byte(r) % 6;
  for (size_t i = 0; i < rank; i++) shape[i] = next_byte(r) % 8;
  require(tensor_make(&array->value, type, rank, shape, &err));
  size_t bytes = array->value.count * tensor_type_size(type);
  if (bytes > r->left) bytes = r->left;
  memcpy(array->value.data, r->at, bytes);
  r->at += bytes;
  r->left -= bytes;
}

static void fuzz_arrays(const uint8_t *data, size_t size) {
  enum { ARRAYS_MAX = 20 };
  reader r = {data, size};
  npz file = {.path = strdup("fuzz.npz"),
              .arrays = calloc(ARRAYS_MAX, sizeof(npz_array))};
  require(file.path && file.arrays);
  while (r.left > 0 && file.count < ARRAYS_MAX)
    next_array(&r, &file.arrays[file.count++]);
  fuzz_case(&file);
  npz_free(&file);
}

static bool starts_with(const uint8_t *data, size_t size, const char *start) {
  return size >= strlen(start) && memcmp(data, start, strlen(start)) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (starts_with(data, size, NPY_MAGIC))
    fuzz_npy(data, size);
  else if (starts_with(data, size, "CASE"))
    fuzz_arrays(data + 4, size - 4);
  else
    fuzz_npz(data, size);
  return 0;
}
