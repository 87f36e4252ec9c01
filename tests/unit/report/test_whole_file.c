#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sample.h"
#include "whole_file.h"

static char folder[64];

static int make_folder(void **state) {
  (void)state;
  strcpy(folder, "/tmp/linkv-whole-XXXXXX");
  return mkdtemp(folder) ? 0 : -1;
}

static const char *in_folder(const char *name) {
  static char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static size_t files_in_folder(void) {
  size_t count = 0;
  DIR *dir = opendir(folder);
  for (struct dirent *entry; (entry = readdir(dir));) count += entry->d_name[0] != '.';
  closedir(dir);
  return count;
}

static int remove_folder(void **state) {
  (void)state;
  unlink(in_folder("out.csv"));
  unlink(in_folder("link"));
  return rmdir(folder);
}

static void write_old(void) {
  FILE *old = fopen(in_folder("out.csv"), "w");
  assert_non_null(old);
  fputs("old", old);
  fclose(old);
}

static char *content(void) {
  FILE *in = fopen(in_folder("out.csv"), "r");
  assert_non_null(in);
  fseek(in, 0, SEEK_END);
  return sample_text(in);
}

static void assert_content(const char *expected) {
  char *text = content();
  assert_string_equal(text, expected);
  free(text);
}

static void a_file_is_not_seen_until_it_is_whole(void **state) {
  (void)state;
  whole_file file;
  error err;
  write_old();
  assert_true(whole_file_open(&file, in_folder("out.csv"), &err));
  fputs("new", file.stream);
  fflush(file.stream);
  assert_content("old");
  assert_true(whole_file_commit(&file, &err));
  assert_content("new");
  assert_int_equal(files_in_folder(), 1);
}

static void a_discarded_file_leaves_nothing(void **state) {
  (void)state;
  whole_file file;
  error err;
  assert_true(whole_file_open(&file, in_folder("out.csv"), &err));
  fputs("half", file.stream);
  whole_file_discard(&file);
  assert_int_equal(files_in_folder(), 0);
}

static void a_failed_write_keeps_the_old_file(void **state) {
  (void)state;
  whole_file file;
  error err;
  write_old();
  assert_true(whole_file_open(&file, in_folder("out.csv"), &err));
  FILE *part = file.stream;
  file.stream = fopen("/dev/full", "w");
  assert_non_null(file.stream);
  fclose(part);
  fputs("lost", file.stream);
  assert_false(whole_file_commit(&file, &err));
  assert_non_null(strstr(err.text, "out.csv: cannot be written: No space left"));
  assert_content("old");
  assert_int_equal(files_in_folder(), 1);
}

static void links_are_followed(void **state) {
  (void)state;
  whole_file file;
  error err;
  struct stat info;
  write_old();
  assert_int_equal(symlink("out.csv", in_folder("link")), 0);
  assert_true(whole_file_open(&file, in_folder("link"), &err));
  fputs("new", file.stream);
  assert_true(whole_file_commit(&file, &err));
  assert_int_equal(lstat(in_folder("link"), &info), 0);
  assert_true(S_ISLNK(info.st_mode));
  assert_content("new");
}

static void devices_are_written_directly(void **state) {
  (void)state;
  whole_file file;
  error err;
  struct stat info;
  assert_true(whole_file_open(&file, "/dev/null", &err));
  assert_null(file.part);
  assert_true(whole_file_commit(&file, &err));
  assert_int_equal(stat("/dev/null", &info), 0);
  assert_true(S_ISCHR(info.st_mode));
}

static void errors_name_the_path(void **state) {
  (void)state;
  whole_file file;
  error err;
  assert_false(whole_file_open(&file, in_folder("missing/out.csv"), &err));
  assert_non_null(strstr(err.text, "missing/out.csv"));
  assert_false(whole_file_open(&file, folder, &err));
  assert_non_null(strstr(err.text, folder));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_file_is_not_seen_until_it_is_whole, make_folder,
                                      remove_folder),
      cmocka_unit_test_setup_teardown(a_discarded_file_leaves_nothing, make_folder,
                                      remove_folder),
      cmocka_unit_test_setup_teardown(a_failed_write_keeps_the_old_file, make_folder,
                                      remove_folder),
      cmocka_unit_test_setup_teardown(links_are_followed, make_folder, remove_folder),
      cmocka_unit_test(devices_are_written_directly),
      cmocka_unit_test_setup_teardown(errors_name_the_path, make_folder, remove_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
