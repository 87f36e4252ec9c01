#include "tensor.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linkv/bfloat16.h"

size_t tensor_type_size(tensor_type type) {
  switch (type) {
    case TENSOR_FLOAT16:
    case TENSOR_BFLOAT16:
      return 2;
    case TENSOR_FLOAT32:
      return 4;
    case TENSOR_FLOAT64:
    case TENSOR_INT64:
      return 8;
  }
  return 0;
}

const char *tensor_type_name(tensor_type type) {
  switch (type) {
    case TENSOR_FLOAT16:
      return "float16";
    case TENSOR_BFLOAT16:
      return "bfloat16";
    case TENSOR_FLOAT32:
      return "float32";
    case TENSOR_FLOAT64:
      return "float64";
    case TENSOR_INT64:
      return "int64";
  }
  return "unknown";
}

bool tensor_count(size_t rank, const size_t *shape, size_t *count) {
  size_t product = 1;
  bool fits = true;
  for (size_t i = 0; i < rank; i++) {
    if (shape[i] == 0) {
      *count = 0;
      return true;
    }
    fits = fits && !__builtin_mul_overflow(product, shape[i], &product);
  }
  *count = product;
  return fits;
}

bool tensor_make(tensor *out, tensor_type type, size_t rank, const size_t *shape,
                 error *err) {
  *out = (tensor){.type = type, .rank = rank};
  if (rank > TENSOR_RANK_MAX)
    return error_set(err, "an array of %zu dimensions; at most %d are supported", rank,
                     TENSOR_RANK_MAX);
  for (size_t i = 0; i < rank; i++) out->shape[i] = shape[i];
  char text[128];
  size_t bytes;
  bool fits = tensor_count(rank, shape, &out->count) &&
              !__builtin_mul_overflow(out->count, tensor_type_size(type), &bytes);
  if (!fits) {
    error_set(err, "an array of shape %s is larger than this machine can address",
              tensor_shape_text(out, text, sizeof text));
    *out = (tensor){0};
    return false;
  }
  /* As the workspace: no kernel is slowed by where malloc happened to put an operand. */
  const size_t room = bytes / TENSOR_ALIGNMENT * TENSOR_ALIGNMENT + TENSOR_ALIGNMENT;
  out->data = room > bytes ? aligned_alloc(TENSOR_ALIGNMENT, room) : NULL;
  if (out->data) memset(out->data, 0, bytes);
  if (!out->data) {
    error_set(err, "out of memory: no %zu bytes for a %s array of shape %s", bytes,
              tensor_type_name(type), tensor_shape_text(out, text, sizeof text));
    *out = (tensor){0};
    return false;
  }
  return true;
}

static float float_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* 1 sign, 5 exponent (bias 15), 10 fraction bits. */
static float float_of_float16(uint16_t bits) {
  uint32_t sign = (uint32_t)(bits & 0x8000u) << 16;
  uint32_t exponent = (bits >> 10) & 0x1fu;
  uint32_t fraction = bits & 0x3ffu;
  if (exponent == 0) {
    float magnitude = (float)fraction * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  uint32_t rebiased = exponent == 0x1fu ? 0xffu : exponent + (127u - 15u);
  return float_of_bits(sign | rebiased << 23 | fraction << 13);
}

/* Element i of a floating tensor. */
static double element(const tensor *t, size_t i) {
  switch (t->type) {
    case TENSOR_FLOAT16:
      return float_of_float16(((const uint16_t *)t->data)[i]);
    case TENSOR_BFLOAT16:
      return lkv_bfloat16_widen(((const uint16_t *)t->data)[i]);
    case TENSOR_FLOAT32:
      return ((const float *)t->data)[i];
    case TENSOR_FLOAT64:
      return ((const double *)t->data)[i];
    case TENSOR_INT64:
      break;
  }
  return 0;
}

/* Sets element i, rounded to nearest even. False where a finite value became infinite. */
static bool set_element(tensor *t, size_t i, double value) {
  double rounded = value;
  if (t->type == TENSOR_FLOAT64) {
    ((double *)t->data)[i] = value;
  } else if (t->type == TENSOR_FLOAT32) {
    rounded = ((float *)t->data)[i] = (float)value;
  } else {
    const uint16_t bits = ((uint16_t *)t->data)[i] = lkv_bfloat16_round_f64(value);
    rounded = lkv_bfloat16_widen(bits);
  }
  return isfinite(rounded) || !isfinite(value);
}

bool tensor_convert(const tensor *in, tensor_type to, tensor *out, error *err) {
  *out = (tensor){0};
  if (in->type == TENSOR_INT64 ||
      (to != TENSOR_FLOAT32 && to != TENSOR_FLOAT64 && to != TENSOR_BFLOAT16))
    return error_set(err, "no conversion from %s to %s; it is defined between floats",
                     tensor_type_name(in->type), tensor_type_name(to));
  if (!tensor_make(out, to, in->rank, in->shape, err)) return false;
  if (in->type == to) {
    memcpy(out->data, in->data, in->count * tensor_type_size(to));
    return true;
  }
  for (size_t i = 0; i < in->count; i++)
    if (!set_element(out, i, element(in, i))) {
      tensor_free(out);
      return error_set(err, "%g is beyond %s; scale the data", element(in, i),
                       tensor_type_name(to));
    }
  return true;
}

void tensor_free(tensor *t) {
  free(t->data);
  *t = (tensor){0};
}

const char *tensor_shape_text(const tensor *t, char *buffer, size_t size) {
  char text[TENSOR_RANK_MAX * (sizeof "18446744073709551615, ") + 2] = "(";
  size_t used = 1;
  for (size_t i = 0; i < t->rank && i < TENSOR_RANK_MAX; i++)
    used += (size_t)snprintf(text + used, sizeof text - used, "%s%zu", i ? ", " : "",
                             t->shape[i]);
  snprintf(buffer, size, "%s%s", text, t->rank == 1 ? ",)" : ")");
  return buffer;
}
