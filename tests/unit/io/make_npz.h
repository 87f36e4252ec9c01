/* Hand-made .npy and .npz bytes, right and wrong, for the tests of this folder. */
#ifndef TEST_IO_MAKE_NPZ_H
#define TEST_IO_MAKE_NPZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct bytes {
  size_t size;
  unsigned char data[1 << 16];
} bytes;

static inline void put(bytes *out, const void *data, size_t size) {
  if (size == 0) return;
  memcpy(out->data + out->size, data, size);
  out->size += size;
}

/* The low `size` bytes of `value`, little-endian. */
static inline void put_number(bytes *out, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; i++)
    out->data[out->size++] = (unsigned char)(value >> 8 * i);
}

/* One .npy: version `major`, the header `dict` as it is, then the elements. */
static inline void make_npy(bytes *out, unsigned major, const char *dict,
                            const void *data, size_t size) {
  out->size = 0;
  put(out, "\x93NUMPY", 6);
  put_number(out, major, 2);
  put_number(out, strlen(dict), major == 1 ? 2 : 4);
  put(out, dict, strlen(dict));
  put(out, data, size);
}

/* The header NumPy would write. */
static inline const char *npy_dict(char text[128], const char *descr, const char *order,
                                   const char *shape) {
  snprintf(text, 128, "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n", descr,
           order, shape);
  return text;
}

/* A member of an archive. Zero fields tell the truth. */
typedef struct member {
  const char *name;
  const bytes *content;
  uint32_t claimed_size; /* both sizes of a stored member, the unpacked one otherwise */
  uint16_t method;       /* 8: deflate, as one block without compression */
  uint16_t flags;        /* 1: encrypted */
  uint32_t crc_error;    /* xor-ed onto the checksum */
} member;

static inline uint32_t crc32_of(const unsigned char *data, size_t size) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; i++) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

/* What the local header and the directory entry have in common. */
static inline void put_member_head(bytes *out, const member *m, size_t packed) {
  bool lies = m->claimed_size != 0;
  put_number(out, 20, 2);
  put_number(out, m->flags, 2);
  put_number(out, m->method, 2);
  put_number(out, 0x00210000, 4);
  put_number(out, crc32_of(m->content->data, m->content->size) ^ m->crc_error, 4);
  put_number(out, lies && m->method == 0 ? m->claimed_size : packed, 4);
  put_number(out, lies ? m->claimed_size : m->content->size, 4);
  put_number(out, strlen(m->name), 2);
  put_number(out, 0, 2);
}

static inline void make_zip(bytes *out, size_t count, const member *members) {
  size_t offset[16], packed[16];
  out->size = 0;
  for (size_t i = 0; i < count; i++) {
    const member *m = &members[i];
    size_t size = m->content->size;
    offset[i] = out->size;
    packed[i] = m->method == 8 ? size + 5 : size;
    put(out, "PK\3\4", 4);
    put_member_head(out, m, packed[i]);
    put(out, m->name, strlen(m->name));
    if (m->method == 8) {
      put_number(out, 1, 1);
      put_number(out, size, 2);
      put_number(out, ~size, 2);
    }
    put(out, m->content->data, size);
  }
  size_t directory = out->size;
  for (size_t i = 0; i < count; i++) {
    put(out, "PK\1\2", 4);
    put_number(out, 20, 2);
    put_member_head(out, &members[i], packed[i]);
    put_number(out, 0, 8);
    put_number(out, 0, 2);
    put_number(out, offset[i], 4);
    put(out, members[i].name, strlen(members[i].name));
  }
  size_t end = out->size;
  put(out, "PK\5\6", 4);
  put_number(out, 0, 4);
  put_number(out, count, 2);
  put_number(out, count, 2);
  put_number(out, end - directory, 4);
  put_number(out, directory, 4);
  put_number(out, 0, 2);
}

#endif
