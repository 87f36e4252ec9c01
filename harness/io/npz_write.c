#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "npy.h"
#include "npz.h"

/* The date of every member, so that equal arrays make equal files: 1980-01-01, zip's
 * first. */
enum { DOS_DATE = 1 << 5 | 1, DOS_TIME = 0 };

static bool check_arrays(const char *path, size_t count, const npz_array *arrays,
                         error *err) {
  if (count == 0)
    return error_set(err, "%s: no arrays to write; give at least one", path);
  for (size_t i = 0; i < count; i++) {
    tensor_type type = arrays[i].value.type;
    if (!arrays[i].value.data ||
        (type != TENSOR_FLOAT32 && type != TENSOR_FLOAT64 && type != TENSOR_INT64))
      return error_set(err,
                       "%s: array '%s': type %s is not written; convert it to float32",
                       path, arrays[i].name, tensor_type_name(type));
    for (size_t j = 0; j < i; j++)
      if (strcmp(arrays[i].name, arrays[j].name) == 0)
        return error_set(err, "%s: array '%s': is given twice; name it differently", path,
                         arrays[i].name);
  }
  return true;
}

/* Replacing a device or a pipe by a file would harm more than help. */
static bool check_target(const char *path, error *err) {
  struct stat st;
  if (stat(path, &st) != 0 || S_ISREG(st.st_mode)) return true;
  return error_set(
      err, "%s: is there and is not a regular file; name another output file", path);
}

/* Adds one array, stored. Its header, `header`, and its data must outlive the archive. */
static bool add_array(zip_t *zip, const npz_array *array,
                      char header[NPY_WRITTEN_HEADER_MAX]) {
  const tensor *t = &array->value;
  char *member = NULL;
  zip_source_t *source = NULL;
  bool ok = false;
  const zip_buffer_fragment_t parts[] = {
      {(zip_uint8_t *)header, npy_format_header(t, header)},
      {t->data, t->count * tensor_type_size(t->type)},
  };
  if (asprintf(&member, "%s.npy", array->name) < 0) return false;
  source = zip_source_buffer_fragment(zip, parts, 2, 0);
  if (!source) goto done;
  zip_int64_t index = zip_file_add(zip, member, source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    goto done;
  }
  zip_uint64_t at = (zip_uint64_t)index;
  ok = zip_set_file_compression(zip, at, ZIP_CM_STORE, 0) == 0 &&
       zip_file_set_dostime(zip, at, DOS_TIME, DOS_DATE, 0) == 0;
done:
  free(member);
  return ok;
}

/* Writes the archive over the empty file `temporary`. */
static bool write_archive(const char *path, const char *temporary, size_t count,
                          const npz_array *arrays, error *err) {
  char(*headers)[NPY_WRITTEN_HEADER_MAX] = calloc(count + 1, sizeof *headers);
  zip_t *zip = headers ? zip_open(temporary, ZIP_CREATE | ZIP_TRUNCATE, NULL) : NULL;
  bool ok = false;
  if (!zip) {
    error_set(err, "%s: cannot be written; is there memory and room?", path);
    goto done;
  }
  ok = true;
  for (size_t i = 0; ok && i < count; i++) ok = add_array(zip, &arrays[i], headers[i]);
  if (ok) ok = zip_close(zip) == 0;
  if (!ok) {
    error_set(err, "%s: cannot be written: %s; is the disk full?", path,
              zip_strerror(zip));
    zip_discard(zip);
  }
done:
  free(headers);
  return ok;
}

static bool sync_path(const char *path, int flags) {
  int fd = open(path, flags | O_CLOEXEC);
  if (fd < 0) return false;
  bool ok = fsync(fd) == 0;
  return close(fd) == 0 && ok;
}

/* Makes the rename last. A file system that cannot sync a directory does so by itself. */
static void sync_directory_of(const char *path) {
  char *directory = strdup(path);
  if (!directory) return;
  char *slash = strrchr(directory, '/');
  if (slash) slash[slash == directory] = '\0';
  (void)sync_path(slash ? directory : ".", O_RDONLY | O_DIRECTORY);
  free(directory);
}

/* An empty file beside `path`, of a name no other process picks; free() the name. Only a
 * dead process of the same id can have left one. */
static char *make_temporary(const char *path, error *err) {
  char *name = NULL;
  if (asprintf(&name, "%s.%ld.tmp", path, (long)getpid()) < 0) {
    error_set(err, "%s: out of memory", path);
    return NULL;
  }
  (void)unlink(name);
  int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) {
    error_set(err, "%s: cannot be written: %s; give a path in a writable directory", path,
              strerror(errno));
    free(name);
    return NULL;
  }
  close(fd);
  return name;
}

bool npz_write(const char *path, size_t count, const npz_array *arrays, error *err) {
  if (!check_arrays(path, count, arrays, err) || !check_target(path, err)) return false;
  char *temporary = make_temporary(path, err);
  if (!temporary) return false;
  bool ok = write_archive(path, temporary, count, arrays, err);
  if (ok && (!sync_path(temporary, O_RDONLY) || rename(temporary, path) != 0))
    ok = error_set(err, "%s: cannot be written: %s; give a path in a writable directory",
                   path, strerror(errno));
  if (ok)
    sync_directory_of(path);
  else
    (void)unlink(temporary);
  free(temporary);
  return ok;
}
