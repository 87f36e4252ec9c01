/* One NumPy array as stored in a .npy file, versions 1 to 3: a header, then raw elements.
 *
 * The format is numpy.lib.format's: "\x93NUMPY", two version bytes, the header's length
 * (2 bytes, from version 2 on 4), the header: a Python dict of 'descr', 'fortran_order'
 * and 'shape'. Error lines here say what is wrong and the remedy; the caller adds the
 * place. */
#ifndef IO_NPY_H
#define IO_NPY_H

#include "tensor.h"

/* How every .npy file starts. */
#define NPY_MAGIC "\x93NUMPY"

/* Bytes that tell how long the header is, whatever the version. */
#define NPY_PREFIX_BYTES 12u

/* Longest header that is read, prefix included; NumPy's own limit is 10000. */
#define NPY_HEADER_MAX 65536u

/* Alignment of the first element in files NumPy writes. */
#define NPY_ALIGNMENT 64u

/* How the file stores an element. */
typedef enum npy_element {
  NPY_FLOAT16,
  NPY_BFLOAT16,
  NPY_FLOAT32,
  NPY_FLOAT64,
  NPY_BOOL,
  NPY_INT8,
  NPY_INT16,
  NPY_INT32,
  NPY_INT64,
  NPY_UINT8,
  NPY_UINT16,
  NPY_UINT32,
  NPY_UINT64,
} npy_element;

typedef struct npy_header {
  npy_element element;
  tensor_type type;     /* the tensor's, once read */
  size_t element_bytes; /* as stored */
  bool fortran_order;
  size_t rank;
  size_t shape[TENSOR_RANK_MAX];
  size_t count;        /* elements */
  size_t data_bytes;   /* as stored */
  size_t tensor_bytes; /* as a tensor: more, where integers are widened */
} npy_header;

/* Bytes from the start of the file to the first element, NPY_PREFIX_BYTES to
 * NPY_HEADER_MAX, from the file's first `size` (at most NPY_PREFIX_BYTES) bytes. */
bool npy_header_bytes(const unsigned char *prefix, size_t size, size_t *bytes,
                      error *err);

/* Reads the header; `size` is what npy_header_bytes said. */
bool npy_parse_header(const unsigned char *bytes, size_t size, npy_header *out,
                      error *err);

/* The elements, header->data_bytes of them from malloc, as a tensor in C order. Takes
 * ownership of `elements`, on failure too. */
bool npy_decode(const npy_header *header, void *elements, tensor *out, error *err);

/* Writes the version 1 header of a float32, float64 or int64 tensor into `buffer`;
 * returns its length, a multiple of NPY_ALIGNMENT. */
enum { NPY_WRITTEN_HEADER_MAX = 512 };
size_t npy_format_header(const tensor *t, char buffer[NPY_WRITTEN_HEADER_MAX]);

#endif
