/* cmocka.h wants these four first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "make_npz.h"
#include "npz.h"

#define GOLDEN LINKV_SOURCE_DIR "/tests/golden/"
#define CORPUS LINKV_SOURCE_DIR "/tests/fuzz/corpus/npz/"

static bytes npy, zip;

/* Reads an archive of the one array 'X' in `npy`. */
static bool read_one(npz *file, error *err) {
  make_zip(&zip, 1, &(member){.name = "X.npy", .content = &npy});
  return npz_read_memory("case.npz", zip.data, zip.size, file, err);
}

static void expect_words(const error *err, const char *const words[], size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!strstr(err->text, words[i])) fail_msg("no \"%s\" in: %s", words[i], err->text);
}

#define EXPECT_WORDS(err, ...)                          \
  expect_words(err, (const char *const[]){__VA_ARGS__}, \
               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* The array in `npy` is refused with a line that names it and these two. */
static void expect_refused(const char *what, const char *remedy) {
  npz file;
  error err = {""};
  assert_false(read_one(&file, &err));
  EXPECT_WORDS(&err, "case.npz: array 'X': ", what, remedy);
  assert_null(file.arrays);
  assert_int_equal(file.count, 0);
}

static void expect_header_refused(const char *dict, const char *what,
                                  const char *remedy) {
  static const float data[4];
  make_npy(&npy, 1, dict, data, sizeof data);
  expect_refused(what, remedy);
}

static void expect_descr_refused(const char *descr, const char *what,
                                 const char *remedy) {
  char dict[128];
  expect_header_refused(npy_dict(dict, descr, "False", "(2, 2)"), what, remedy);
}

/* Bytes of a stored element and the value they should be read as. */
typedef struct sample {
  const char *descr;
  unsigned char stored[8];
  size_t size;
  tensor_type type;
  int64_t integer;
} sample;

static void every_integer_type_is_widened(void **state) {
  (void)state;
  static const sample samples[] = {
      {"|b1", {2}, 1, TENSOR_INT64, 1},
      {"|b1", {0}, 1, TENSOR_INT64, 0},
      {"|i1", {0xfe}, 1, TENSOR_INT64, -2},
      {"<u1", {0xfe}, 1, TENSOR_INT64, 254},
      {"<i2", {0xfe, 0xff}, 2, TENSOR_INT64, -2},
      {"<u2", {0xfe, 0xff}, 2, TENSOR_INT64, 65534},
      {"<i4", {0xfe, 0xff, 0xff, 0xff}, 4, TENSOR_INT64, -2},
      {"<u4", {0xfe, 0xff, 0xff, 0xff}, 4, TENSOR_INT64, 4294967294},
      {"<i8", {0xfe, 255, 255, 255, 255, 255, 255, 255}, 8, TENSOR_INT64, -2},
      {"<u8", {0xff, 255, 255, 255, 255, 255, 255, 127}, 8, TENSOR_INT64, INT64_MAX},
  };
  for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
    const sample *s = &samples[i];
    char dict[128];
    npz file;
    error err = {""};
    make_npy(&npy, 1, npy_dict(dict, s->descr, "False", "()"), s->stored, s->size);
    if (!read_one(&file, &err)) fail_msg("%s: %s", s->descr, err.text);
    const tensor *t = npz_find(&file, "X");
    assert_int_equal(t->type, s->type);
    assert_int_equal(t->rank, 0);
    assert_true(*(const int64_t *)t->data == s->integer);
    npz_free(&file);
  }
}

static void every_float_type_keeps_its_bits(void **state) {
  (void)state;
  static const sample samples[] = {
      {"<f2", {1, 2}, 2, TENSOR_FLOAT16, 0},
      {"|V2", {1, 2}, 2, TENSOR_BFLOAT16, 0},
      {"<V2", {1, 2}, 2, TENSOR_BFLOAT16, 0},
      {"<f4", {1, 2, 3, 4}, 4, TENSOR_FLOAT32, 0},
      {"<f8", {1, 2, 3, 4, 5, 6, 7, 8}, 8, TENSOR_FLOAT64, 0},
  };
  for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
    const sample *s = &samples[i];
    char dict[128];
    npz file;
    error err = {""};
    make_npy(&npy, 1, npy_dict(dict, s->descr, "False", "(1,)"), s->stored, s->size);
    if (!read_one(&file, &err)) fail_msg("%s: %s", s->descr, err.text);
    const tensor *t = npz_find(&file, "X");
    assert_int_equal(t->type, s->type);
    assert_int_equal(t->rank, 1);
    assert_memory_equal(t->data, s->stored, s->size);
    npz_free(&file);
  }
}

static void headers_may_be_spaced_and_ordered_otherwise(void **state) {
  (void)state;
  static const char *const dicts[] = {
      "{'shape':(2,3),'fortran_order':False,'descr':'<f4'}",
      "  {\"descr\" : \"<f4\" ,\t\"shape\" : ( 2 , 3 , ) , \"fortran_order\" : False "
      "}\n\n",
  };
  static const float data[6] = {0, 1, 2, 3, 4, 5};
  for (unsigned major = 1; major <= 3; major++)
    for (size_t i = 0; i < sizeof dicts / sizeof dicts[0]; i++) {
      npz file;
      error err = {""};
      make_npy(&npy, major, dicts[i], data, sizeof data);
      if (!read_one(&file, &err)) fail_msg("%s: %s", dicts[i], err.text);
      const tensor *t = npz_find(&file, "X");
      assert_int_equal(t->rank, 2);
      assert_int_equal(t->shape[0], 2);
      assert_int_equal(t->shape[1], 3);
      assert_memory_equal(t->data, data, sizeof data);
      npz_free(&file);
    }
}

static void fortran_order_becomes_c_order(void **state) {
  (void)state;
  int16_t stored[2 * 3 * 4];
  char dict[128];
  npz file;
  error err = {""};
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 3; j++)
      for (int k = 0; k < 4; k++)
        stored[i + 2 * j + 6 * k] = (int16_t)(100 * i + 10 * j + k);
  make_npy(&npy, 1, npy_dict(dict, "<i2", "True", "(2, 3, 4)"), stored, sizeof stored);
  assert_true(read_one(&file, &err));
  const int64_t *got = npz_find(&file, "X")->data;
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 3; j++)
      for (int k = 0; k < 4; k++) assert_true(*got++ == 100 * i + 10 * j + k);
  npz_free(&file);
}

static void ranks_to_eight_are_read(void **state) {
  (void)state;
  static const double data[4] = {1, 2, 3, 4};
  char dict[128];
  npz file;
  error err = {""};
  make_npy(&npy, 1, npy_dict(dict, "<f8", "True", "(1, 2, 1, 1, 1, 1, 1, 2)"), data,
           sizeof data);
  assert_true(read_one(&file, &err));
  static const double c_order[4] = {1, 3, 2, 4};
  assert_int_equal(npz_find(&file, "X")->rank, 8);
  assert_memory_equal(npz_find(&file, "X")->data, c_order, sizeof c_order);
  npz_free(&file);
}

static void empty_arrays_are_read(void **state) {
  (void)state;
  char dict[128];
  npz file;
  error err = {""};
  make_npy(&npy, 1, npy_dict(dict, "<i2", "True", "(3, 0, 18446744073709551615)"), NULL,
           0);
  assert_true(read_one(&file, &err));
  assert_int_equal(npz_find(&file, "X")->count, 0);
  assert_non_null(npz_find(&file, "X")->data);
  npz_free(&file);
}

static void other_types_are_refused(void **state) {
  (void)state;
  expect_descr_refused(">f4", "big-endian ('>f4')", ".astype('<f4')");
  expect_descr_refused(">i8", "big-endian ('>i8')", ".astype('<i8')");
  expect_descr_refused("|O", "Python objects ('|O')", ".astype('<f4')");
  expect_descr_refused("<U3", "text ('<U3')", ".astype('<f4')");
  expect_descr_refused("|S9", "text ('|S9')", ".astype('<f4')");
  expect_descr_refused("<c8", "complex ('<c8')", ".real");
  expect_descr_refused("<f16", "type '<f16', which is not read", ".astype('<f4')");
  expect_descr_refused("|V3", "type '|V3', which is not read", ".astype('<f4')");
  expect_descr_refused("|f4", "type '|f4', which is not read", ".astype('<f4')");
  expect_descr_refused("<", "type '<', which is not read", ".astype('<f4')");
  expect_descr_refused("", "type '', which is not read", ".astype('<f4')");
  expect_header_refused(
      "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,), }", "structured",
      "each field");
}

static void integers_over_int64_are_refused(void **state) {
  (void)state;
  static const uint64_t data[2] = {1, UINT64_C(9223372036854775808)};
  char dict[128];
  make_npy(&npy, 1, npy_dict(dict, "<u8", "False", "(2,)"), data, sizeof data);
  expect_refused("holds 9223372036854775808, more than int64 does", ".astype('<f8')");
}

static void malformed_headers_are_refused(void **state) {
  (void)state;
  static const char *const dicts[] = {
      "",
      "{",
      "{}",
      "descr",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), ",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), } x",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2 2)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,, 2)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -2)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': [4,]}",
      "{'descr': '<f4', 'fortran_order': False}",
      "{'descr': '<f4', 'shape': (4,)}",
      "{'fortran_order': False, 'shape': (4,)}",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (4,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), 'extra': 1}",
      "{'descr': '<f4' 'fortran_order': False, 'shape': (4,)}",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (4,)}",
      "{'fortran_order': False, 'shape': (4,), 'descr': '<f4}",
      "{'descr': '<f4",
      "{'descr': '\\x3cf4', 'fortran_order': False, 'shape': (4,)}",
      "{'descr': '<f444444444444444444444444444444444', 'fortran_order': False}",
      "{'descr': <f4, 'fortran_order': False, 'shape': (4,)}",
      "{descr: '<f4', 'fortran_order': False, 'shape': (4,)}",
  };
  for (size_t i = 0; i < sizeof dicts / sizeof dicts[0]; i++)
    expect_header_refused(dicts[i], "malformed .npy header", "numpy.savez");
}

static void absurd_shapes_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *shape;
    const char *what;
  } cases[] = {
      {"(1, 1, 1, 1, 1, 1, 1, 1, 4)", "more than 8 dimensions"},
      {"(18446744073709551616,)", "a dimension too large"},
      {"(99999999999999999999999999999999999,)", "a dimension too large"},
      {"(4294967296, 4294967296)", "a shape too large"},
      {"(4611686018427387904,)", "a shape too large"},
      {"(1152921504606846976,)",
       "where shape (1152921504606846976,) needs 4611686018427"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char dict[128];
    expect_header_refused(npy_dict(dict, "<f4", "False", cases[i].shape), cases[i].what,
                          "");
  }
}

static void data_must_be_what_the_header_promises(void **state) {
  (void)state;
  static const float data[4];
  char dict[128];
  npy_dict(dict, "<f4", "False", "(2, 2)");
  make_npy(&npy, 1, dict, data, sizeof data - 1);
  expect_refused("holds 15 bytes of data where shape (2, 2) needs 16", "save it again");
  make_npy(&npy, 1, dict, data, sizeof data);
  put_number(&npy, 0, 1);
  expect_refused("holds 17 bytes of data where shape (2, 2) needs 16", "save it again");
}

static void wrong_starts_are_refused(void **state) {
  (void)state;
  char dict[128];
  static const float data[4];
  npy_dict(dict, "<f4", "False", "(2, 2)");
  make_npy(&npy, 1, dict, data, sizeof data);
  npy.data[0] = 'x';
  expect_refused("not in NumPy's .npy format", "numpy.savez");
  make_npy(&npy, 4, dict, data, sizeof data);
  expect_refused("version 4.0", "numpy.savez");
  make_npy(&npy, 1, dict, data, sizeof data);
  npy.data[7] = 1;
  expect_refused("version 1.1", "numpy.savez");
  npy.size = 0;
  expect_refused("not in NumPy's .npy format", "numpy.savez");
  make_npy(&npy, 1, dict, data, 0);
  npy.size = 30;
  expect_refused("ends within its header", "save it again");
  make_npy(&npy, 2, dict, data, 0);
  npy.size = 11;
  expect_refused("ends within its header", "save it again");
  make_npy(&npy, 1, dict, data, 0);
  npy.size = 11;
  expect_refused("ends within its header", "save it again");
  make_npy(&npy, 2, dict, data, sizeof data);
  npy.data[11] = 0x7f;
  expect_refused("a header of 21307", "numpy.savez");
}

/* Archives of one good array, spoilt as zip. */
static void expect_member_refused(const member *m, const char *what, const char *remedy) {
  static const float data[4];
  char dict[128];
  npz file;
  error err = {""};
  make_npy(&npy, 1, npy_dict(dict, "<f4", "False", "(2, 2)"), data, sizeof data);
  make_zip(&zip, 1, m);
  assert_false(npz_read_memory("case.npz", zip.data, zip.size, &file, &err));
  EXPECT_WORDS(&err, "case.npz: array 'X': ", what, remedy);
  assert_null(file.arrays);
}

static void spoilt_members_are_refused(void **state) {
  (void)state;
  expect_member_refused(&(member){.name = "X.npy", .content = &npy, .flags = 1},
                        "encrypted", "password");
  expect_member_refused(&(member){.name = "X.npy", .content = &npy, .method = 12},
                        "zip method 12", "numpy.savez");
  expect_member_refused(&(member){.name = "X.npy", .content = &npy, .crc_error = 1},
                        "CRC", "save it again");
  expect_member_refused(
      &(member){.name = "X.npy", .content = &npy, .method = 8, .crc_error = 1}, "CRC",
      "save it again");
  expect_member_refused(
      &(member){.name = "X.npy", .content = &npy, .method = 8, .claimed_size = 400000000},
      "claims 400000000 bytes, more than the file can hold", "save it again");
  expect_member_refused(
      &(member){.name = "X.npy", .content = &npy, .method = 8, .claimed_size = 20},
      "ends within its header", "save it again");
}

static void longer_than_claimed_is_refused(void **state) {
  (void)state;
  static const float data[5];
  char dict[128];
  npz file;
  error err = {""};
  make_npy(&npy, 1, npy_dict(dict, "<f4", "False", "(2, 2)"), data, sizeof data);
  const member m = {.name = "X.npy",
                    .content = &npy,
                    .method = 8,
                    .claimed_size = (uint32_t)npy.size - 4};
  make_zip(&zip, 1, &m);
  assert_false(npz_read_memory("case.npz", zip.data, zip.size, &file, &err));
  EXPECT_WORDS(&err, "case.npz: array 'X': ", "damaged", "save it again");
}

static void a_deflated_member_is_read(void **state) {
  (void)state;
  static const float data[4] = {1, 2, 3, 4};
  char dict[128];
  npz file;
  error err = {""};
  make_npy(&npy, 1, npy_dict(dict, "<f4", "False", "(2, 2)"), data, sizeof data);
  make_zip(&zip, 1, &(member){.name = "X.npy", .content = &npy, .method = 8});
  assert_true(npz_read_memory("case.npz", zip.data, zip.size, &file, &err));
  assert_memory_equal(npz_find(&file, "X")->data, data, sizeof data);
  npz_free(&file);
}

static void members_that_are_no_arrays_are_passed_over(void **state) {
  (void)state;
  static const float data[4];
  static bytes text;
  char dict[128];
  npz file;
  error err = {""};
  make_npy(&npy, 1, npy_dict(dict, "<f4", "False", "(2, 2)"), data, sizeof data);
  text.size = 0;
  put(&text, "note", 4);
  const member both[] = {{.name = "README.txt", .content = &text, .method = 12},
                         {.name = "X.npy", .content = &npy}};
  make_zip(&zip, 2, both);
  assert_true(npz_read_memory("case.npz", zip.data, zip.size, &file, &err));
  assert_int_equal(file.count, 1);
  assert_string_equal(file.path, "case.npz");
  assert_string_equal(file.arrays[0].name, "X");
  assert_null(npz_find(&file, "README.txt"));
  npz_free(&file);
  make_zip(&zip, 1, both);
  assert_false(npz_read_memory("case.npz", zip.data, zip.size, &file, &err));
  EXPECT_WORDS(&err, "case.npz: ", "no arrays", "numpy.savez");
}

static void duplicate_names_are_refused(void **state) {
  (void)state;
  static const float data[4];
  char dict[128];
  npz file;
  error err = {""};
  make_npy(&npy, 1, npy_dict(dict, "<f4", "False", "(2, 2)"), data, sizeof data);
  const member twice[] = {{.name = "X.npy", .content = &npy},
                          {.name = "W.npy", .content = &npy},
                          {.name = "X.npy", .content = &npy}};
  make_zip(&zip, 3, twice);
  assert_false(npz_read_memory("case.npz", zip.data, zip.size, &file, &err));
  EXPECT_WORDS(&err, "case.npz: array 'X': ", "twice", "keep one");
}

/* Two directory entries of one member: each is believable, their sum is not. */
static void overlapping_members_are_refused(void **state) {
  (void)state;
  static char data[2000];
  char dict[128];
  npz file;
  error err = {""};
  make_npy(&npy, 1, npy_dict(dict, "|i1", "False", "(2000,)"), data, sizeof data);
  const member two[] = {{.name = "X.npy", .content = &npy},
                        {.name = "W.npy", .content = &npy}};
  make_zip(&zip, 2, two);
  /* Drop the first member's bytes and let its entry point at the second's. */
  size_t drop = 30 + strlen("X.npy") + npy.size;
  memmove(zip.data, zip.data + drop, zip.size - drop);
  zip.size -= drop;
  unsigned char *directory = zip.data + drop;
  memset(directory + 42, 0, 4);
  memset(directory + 46 + strlen("X.npy") + 42, 0, 4);
  unsigned char *end = zip.data + zip.size - 22;
  for (int i = 0; i < 4; i++) end[16 + i] = (unsigned char)(drop >> 8 * i);
  assert_false(npz_read_memory("case.npz", zip.data, zip.size, &file, &err));
  EXPECT_WORDS(&err, "case.npz: array 'W': ", "more than the file can hold", "damaged");
}

static void truncated_archives_are_refused(void **state) {
  (void)state;
  static const float data[4];
  char dict[128];
  npz file;
  error err = {""};
  make_npy(&npy, 1, npy_dict(dict, "<f4", "False", "(2, 2)"), data, sizeof data);
  make_zip(&zip, 1, &(member){.name = "X.npy", .content = &npy});
  for (size_t size = 0; size < zip.size; size++) {
    unsigned char *exact = malloc(size ? size : 1);
    assert_non_null(exact);
    memcpy(exact, zip.data, size);
    assert_false(npz_read_memory("case.npz", exact, size, &file, &err));
    EXPECT_WORDS(&err, "case.npz: ", "numpy.savez");
    free(exact);
  }
}

static void write_file(const char *path, const void *data, size_t size) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(data, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

static void expect_path_refused(const char *path, const char *what, const char *remedy) {
  npz file;
  error err = {""};
  assert_false(npz_read(path, &file, &err));
  EXPECT_WORDS(&err, path, what, remedy);
  assert_null(file.path);
}

static void wrong_files_are_refused(void **state) {
  (void)state;
  static const char path[] = LINKV_BINARY_DIR "/test_npz_wrong_file";
  static const float data[4];
  char dict[128];
  expect_path_refused(LINKV_BINARY_DIR "/test_npz_no_such_file", "No such file",
                      "give an .npz file");
  expect_path_refused(LINKV_BINARY_DIR, "is a directory", "give an .npz file");
  expect_path_refused("/dev/null", "not a regular file", "give an .npz file");
  write_file(path, "", 0);
  expect_path_refused(path, "is empty", "numpy.savez");
  write_file(path, "hello, world\n", 13);
  expect_path_refused(path, "not a NumPy .npz file", "numpy.savez");
  make_npy(&npy, 1, npy_dict(dict, "<f4", "False", "(2, 2)"), data, sizeof data);
  write_file(path, npy.data, npy.size);
  expect_path_refused(path, "a single .npy array", "numpy.savez(path, NAME=array)");
  assert_int_equal(unlink(path), 0);
}

static void hostile_names_stay_on_one_short_line(void **state) {
  (void)state;
  static char name[5000];
  npz file;
  error err = {""};
  memset(name, 'a', sizeof name - 5);
  name[0] = '\n';
  memcpy(name + sizeof name - 5, ".npy", 5);
  npy.size = 0;
  make_zip(&zip, 1, &(member){.name = name, .content = &npy});
  assert_false(npz_read_memory("case.npz", zip.data, zip.size, &file, &err));
  assert_null(strchr(err.text, '\n'));
  EXPECT_WORDS(&err, "case.npz: array '", "not in NumPy's .npy format", "numpy.savez");
}

static void golden_files_are_read(void **state) {
  (void)state;
  npz file;
  error err = {""};
  if (!npz_read(GOLDEN "cell69_b2_t24_h3_d8.npz", &file, &err)) fail_msg("%s", err.text);
  assert_int_equal(file.count, 16);
  const tensor *x = npz_find(&file, "X"), *y = npz_find(&file, "Y_float64");
  assert_int_equal(x->type, TENSOR_FLOAT32);
  assert_int_equal(x->rank, 3);
  assert_int_equal(x->shape[0], 2);
  assert_int_equal(x->shape[1], 24);
  assert_int_equal(x->shape[2], 24);
  assert_true(((const float *)x->data)[0] == -0x1.20370a0000000p+0f);
  assert_true(((const float *)x->data)[x->count - 1] == 0x1.00c86e0000000p-3f);
  assert_int_equal(y->type, TENSOR_FLOAT64);
  assert_true(((const double *)y->data)[30] == -0x1.e1f723d5a3d19p-1);
  assert_true(*(const int64_t *)npz_find(&file, "num_heads")->data == 3);
  assert_true(*(const double *)npz_find(&file, "eps")->data == 1e-6);
  assert_int_equal(npz_find(&file, "eps")->rank, 0);
  assert_null(npz_find(&file, "absent"));
  npz_free(&file);
}

static void numpy_compressed_files_are_read(void **state) {
  (void)state;
  npz file;
  error err = {""};
  if (!npz_read(CORPUS "block_deflated.npz", &file, &err)) fail_msg("%s", err.text);
  static const float w_q[] = {-1.0f, -0.75f, 0.625f, 1.0f};
  assert_memory_equal(npz_find(&file, "W_Q")->data, w_q, sizeof w_q);
  npz_free(&file);
}

static void numpy_half_and_fortran_files_are_read(void **state) {
  (void)state;
  npz file;
  tensor x, w;
  error err = {""};
  if (!npz_read(CORPUS "block_half_fortran.npz", &file, &err)) fail_msg("%s", err.text);
  assert_int_equal(npz_find(&file, "X")->type, TENSOR_FLOAT16);
  assert_int_equal(npz_find(&file, "W_QK")->type, TENSOR_BFLOAT16);
  assert_true(tensor_convert(npz_find(&file, "X"), TENSOR_FLOAT32, &x, &err));
  assert_true(tensor_convert(npz_find(&file, "W_Q"), TENSOR_FLOAT32, &w, &err));
  static const float want_x[] = {1.0f, -0.75f, -0.25f, -0.25f, 0.875f, -0.625f};
  static const float want_w[] = {0.0f, -0.5f, -1.0f, 0.5f};
  assert_int_equal(x.shape[0], 3);
  assert_memory_equal(x.data, want_x, sizeof want_x);
  assert_memory_equal(w.data, want_w, sizeof want_w);
  tensor_free(&x);
  tensor_free(&w);
  npz_free(&file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_integer_type_is_widened),
      cmocka_unit_test(every_float_type_keeps_its_bits),
      cmocka_unit_test(headers_may_be_spaced_and_ordered_otherwise),
      cmocka_unit_test(fortran_order_becomes_c_order),
      cmocka_unit_test(ranks_to_eight_are_read),
      cmocka_unit_test(empty_arrays_are_read),
      cmocka_unit_test(other_types_are_refused),
      cmocka_unit_test(integers_over_int64_are_refused),
      cmocka_unit_test(malformed_headers_are_refused),
      cmocka_unit_test(absurd_shapes_are_refused),
      cmocka_unit_test(data_must_be_what_the_header_promises),
      cmocka_unit_test(wrong_starts_are_refused),
      cmocka_unit_test(spoilt_members_are_refused),
      cmocka_unit_test(longer_than_claimed_is_refused),
      cmocka_unit_test(a_deflated_member_is_read),
      cmocka_unit_test(members_that_are_no_arrays_are_passed_over),
      cmocka_unit_test(duplicate_names_are_refused),
      cmocka_unit_test(overlapping_members_are_refused),
      cmocka_unit_test(truncated_archives_are_refused),
      cmocka_unit_test(wrong_files_are_refused),
      cmocka_unit_test(hostile_names_stay_on_one_short_line),
      cmocka_unit_test(golden_files_are_read),
      cmocka_unit_test(numpy_compressed_files_are_read),
      cmocka_unit_test(numpy_half_and_fortran_files_are_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
