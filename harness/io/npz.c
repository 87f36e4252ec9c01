#include "npz.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

#include "npy.h"

/* Most members of an archive: far more than a case holds. */
enum { MEMBERS_MAX = 4096 };

/* Deflate makes at most 1032 bytes of one. A member that claims more is lying. */
enum { DEFLATE_RATIO_MAX = 1032 };

/* One archive being read. */
typedef struct archive {
  const char *path;
  zip_t *zip;
  uint64_t stored_left; /* bytes of the file no member has claimed yet */
  npz *out;
} archive;

/* Fails with "PATH: array 'NAME': ...". */
__attribute__((format(printf, 4, 5))) static bool array_error(error *err,
                                                              const char *path,
                                                              const char *name,
                                                              const char *format, ...) {
  char text[sizeof err->text];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return error_set(err, "%s: array '%.100s': %s", path, name, text);
}

/* Length of NAME in a member's name, NAME.npy. SIZE_MAX where it is no array. */
static size_t array_name_length(const char *member) {
  size_t length = strlen(member);
  if (length < 4 || strcmp(member + length - 4, ".npy") != 0) return SIZE_MAX;
  return length - 4;
}

/* Refuses what cannot be read, and sizes the file itself contradicts, before anything is
 * allocated for them. */
static bool check_member(archive *a, const char *name, const zip_stat_t *st, error *err) {
  const zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD |
                              ZIP_STAT_ENCRYPTION_METHOD;
  if ((st->valid & needed) != needed)
    return array_error(err, a->path, name, "its size is unknown; save the file again");
  if (st->encryption_method != ZIP_EM_NONE)
    return array_error(err, a->path, name, "is encrypted; save it without a password");
  bool deflated = st->comp_method == ZIP_CM_DEFLATE;
  if (!deflated && st->comp_method != ZIP_CM_STORE)
    return array_error(err, a->path, name,
                       "is compressed by zip method %u; save it with numpy.savez or "
                       "numpy.savez_compressed",
                       (unsigned)st->comp_method);
  if (st->size > NPZ_ARRAY_BYTES_MAX + NPY_HEADER_MAX)
    return array_error(err, a->path, name,
                       "claims %" PRIu64 " bytes, over the limit of %zu; save less of it",
                       st->size, NPZ_ARRAY_BYTES_MAX);
  bool possible = deflated ? st->size / DEFLATE_RATIO_MAX <= st->comp_size
                           : st->size == st->comp_size;
  if (!possible || st->comp_size > a->stored_left)
    return array_error(err, a->path, name,
                       "claims %" PRIu64
                       " bytes, more than the file can hold; the file is "
                       "damaged: save it again",
                       st->size);
  a->stored_left -= st->comp_size;
  return true;
}

/* Reads exactly `size` bytes. */
static bool read_bytes(zip_file_t *file, void *buffer, size_t size, error *err) {
  for (size_t done = 0; done < size;) {
    zip_int64_t got = zip_fread(file, (char *)buffer + done, size - done);
    if (got < 0)
      return error_set(err, "cannot be unpacked (%s); the file is damaged: save it again",
                       zip_error_strerror(zip_file_get_error(file)));
    if (got == 0)
      return error_set(err, "is cut short; the file is damaged: save it again");
    done += (size_t)got;
  }
  return true;
}

/* Reading past the last byte is what makes libzip compare checksum and size. */
static bool read_end(zip_file_t *file, error *err) {
  char byte;
  zip_int64_t got = zip_fread(file, &byte, 1);
  if (got < 0)
    return error_set(err, "is damaged (%s); save it again",
                     zip_error_strerror(zip_file_get_error(file)));
  return got == 0 || error_set(err,
                               "is longer than the zip directory says; the file is "
                               "damaged: save it again");
}

/* Whether the `stored` bytes after the header are what it promises. */
static bool check_data_bytes(const npy_header *header, uint64_t stored, error *err) {
  if (stored == header->data_bytes) return true;
  tensor promised = {.rank = header->rank};
  memcpy(promised.shape, header->shape, sizeof promised.shape);
  char shape[128];
  return error_set(err,
                   "holds %" PRIu64
                   " bytes of data where shape %s needs %zu; the file is "
                   "damaged: save it again",
                   stored, tensor_shape_text(&promised, shape, sizeof shape),
                   header->data_bytes);
}

/* The header of an opened member of `size` bytes. */
static bool read_header(zip_file_t *file, uint64_t size, npy_header *header, error *err) {
  unsigned char prefix[NPY_PREFIX_BYTES];
  size_t prefix_size = size < sizeof prefix ? (size_t)size : sizeof prefix;
  size_t length;
  if (!read_bytes(file, prefix, prefix_size, err)) return false;
  if (!npy_header_bytes(prefix, prefix_size, &length, err)) return false;
  if (length > size)
    return error_set(err, "ends within its header; the file is damaged: save it again");
  unsigned char *bytes = malloc(length + 1);
  if (!bytes) return error_set(err, "out of memory reading its header");
  memcpy(bytes, prefix, prefix_size);
  bool ok = read_bytes(file, bytes + prefix_size, length - prefix_size, err) &&
            npy_parse_header(bytes, length, header, err) &&
            check_data_bytes(header, size - length, err);
  free(bytes);
  return ok;
}

/* The tensor of an opened member of `size` bytes. */
static bool read_tensor(zip_file_t *file, uint64_t size, tensor *out, error *err) {
  npy_header header;
  if (!read_header(file, size, &header, err)) return false;
  if (header.tensor_bytes > NPZ_ARRAY_BYTES_MAX)
    return error_set(err,
                     "needs %zu bytes of memory, over the limit of %zu; save less of it",
                     header.tensor_bytes, NPZ_ARRAY_BYTES_MAX);
  void *elements = malloc(header.data_bytes ? header.data_bytes : 1);
  if (!elements)
    return error_set(err, "out of memory: no %zu bytes for it", header.data_bytes);
  if (!read_bytes(file, elements, header.data_bytes, err) || !read_end(file, err)) {
    free(elements);
    return false;
  }
  return npy_decode(&header, elements, out, err);
}

/* Reads member `index` into the next array; a member that is no array is passed over. */
static bool read_member(archive *a, zip_uint64_t index, error *err) {
  zip_stat_t st;
  if (zip_stat_index(a->zip, index, 0, &st) != 0 || !(st.valid & ZIP_STAT_NAME))
    return error_set(err,
                     "%s: member %" PRIu64 " cannot be read (%s); save the file again",
                     a->path, (uint64_t)index, zip_strerror(a->zip));
  size_t length = array_name_length(st.name);
  if (length == SIZE_MAX) return true;
  npz_array *array = &a->out->arrays[a->out->count];
  array->name = strndup(st.name, length);
  if (!array->name) return error_set(err, "%s: out of memory", a->path);
  a->out->count++;
  if (npz_find(a->out, array->name) != &array->value)
    return array_error(err, a->path, array->name,
                       "is there twice; keep one array of that name");
  if (!check_member(a, array->name, &st, err)) return false;
  zip_file_t *file = zip_fopen_index(a->zip, index, 0);
  if (!file)
    return array_error(err, a->path, array->name,
                       "cannot be opened (%s); the file is damaged: save it again",
                       zip_strerror(a->zip));
  error cause;
  bool ok = read_tensor(file, st.size, &array->value, &cause);
  if (!ok) array_error(err, a->path, array->name, "%s", cause.text);
  zip_fclose(file);
  return ok;
}

static bool read_members(archive *a, error *err) {
  zip_int64_t members = zip_get_num_entries(a->zip, 0);
  if (members > MEMBERS_MAX)
    return error_set(err,
                     "%s: holds %" PRId64 " members, over the limit of %d; save fewer",
                     a->path, (int64_t)members, MEMBERS_MAX);
  if (members > 0) {
    a->out->arrays = calloc((size_t)members, sizeof *a->out->arrays);
    if (!a->out->arrays) return error_set(err, "%s: out of memory", a->path);
  }
  for (zip_int64_t i = 0; i < members; i++)
    if (!read_member(a, (zip_uint64_t)i, err)) return false;
  return a->out->count > 0 ||
         error_set(err, "%s: holds no arrays; save them with numpy.savez", a->path);
}

/* Reads the whole of `source`, `size` bytes, which it owns. */
static bool read_source(const char *path, zip_source_t *source, uint64_t size, npz *out,
                        error *err) {
  zip_error_t cause;
  zip_error_init(&cause);
  archive a = {.path = path, .stored_left = size, .out = out};
  bool ok = false;
  a.zip = zip_open_from_source(source, ZIP_RDONLY, &cause);
  if (!a.zip) {
    zip_source_free(source);
    error_set(err, "%s: is not a NumPy .npz file (%s); save it with numpy.savez", path,
              zip_error_strerror(&cause));
    goto done;
  }
  out->path = strdup(path);
  if (!out->path)
    error_set(err, "%s: out of memory", path);
  else
    ok = read_members(&a, err);
  zip_discard(a.zip);
done:
  zip_error_fini(&cause);
  if (!ok) npz_free(out);
  return ok;
}

/* `start` is the first bytes of the file. */
static bool check_start(const char *path, const void *start, size_t size, error *err) {
  if (size == 0) return error_set(err, "%s: is empty; save it with numpy.savez", path);
  if (size >= sizeof NPY_MAGIC - 1 && memcmp(start, NPY_MAGIC, sizeof NPY_MAGIC - 1) == 0)
    return error_set(err,
                     "%s: is a single .npy array; save it by name, with "
                     "numpy.savez(path, NAME=array)",
                     path);
  return true;
}

bool npz_read_memory(const char *path, const void *bytes, size_t size, npz *out,
                     error *err) {
  *out = (npz){0};
  if (!check_start(path, bytes, size, err)) return false;
  zip_error_t cause;
  zip_error_init(&cause);
  zip_source_t *source = zip_source_buffer_create(bytes, size, 0, &cause);
  if (!source) error_set(err, "%s: %s", path, zip_error_strerror(&cause));
  zip_error_fini(&cause);
  return source && read_source(path, source, size, out, err);
}

/* Whether `file` may be read as an archive; *size is its length. */
static bool check_file(const char *path, FILE *file, uint64_t *size, error *err) {
  struct stat st;
  if (fstat(fileno(file), &st) != 0)
    return error_set(err, "%s: %s", path, strerror(errno));
  if (S_ISDIR(st.st_mode))
    return error_set(err, "%s: is a directory; give an .npz file", path);
  if (!S_ISREG(st.st_mode))
    return error_set(err, "%s: is not a regular file; give an .npz file", path);
  *size = (uint64_t)st.st_size;
  char start[8];
  size_t got = fread(start, 1, sizeof start, file);
  if (ferror(file)) return error_set(err, "%s: cannot be read", path);
  return check_start(path, start, got, err);
}

bool npz_read(const char *path, npz *out, error *err) {
  *out = (npz){0};
  uint64_t size = 0;
  FILE *file = fopen(path, "rb");
  if (!file)
    return error_set(err, "%s: cannot be opened: %s; give an .npz file", path,
                     strerror(errno));
  if (!check_file(path, file, &size, err)) {
    fclose(file);
    return false;
  }
  zip_error_t cause;
  zip_error_init(&cause);
  zip_source_t *source = zip_source_filep_create(file, 0, -1, &cause);
  if (!source) {
    error_set(err, "%s: %s", path, zip_error_strerror(&cause));
    fclose(file);
  }
  zip_error_fini(&cause);
  return source && read_source(path, source, size, out, err);
}

const tensor *npz_find(const npz *file, const char *name) {
  for (size_t i = 0; i < file->count; i++)
    if (strcmp(file->arrays[i].name, name) == 0) return &file->arrays[i].value;
  return NULL;
}

void npz_free(npz *file) {
  for (size_t i = 0; i < file->count; i++) {
    free(file->arrays[i].name);
    tensor_free(&file->arrays[i].value);
  }
  free(file->arrays);
  free(file->path);
  *file = (npz){0};
}
