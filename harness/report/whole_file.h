/* Output files that appear whole or not at all. */
#ifndef REPORT_WHOLE_FILE_H
#define REPORT_WHOLE_FILE_H

#include <stdio.h>

#include "error.h"

typedef struct whole_file {
  FILE *stream; /* write here */
  char *path;   /* what the user named, links resolved */
  char *part;   /* written until it is whole; NULL where `path` is no regular file */
} whole_file;

/* Opens a file beside `path` that whole_file_commit renames to it. Where `path` is a
 * device or a pipe it is written directly. Errors name the path. */
bool whole_file_open(whole_file *file, const char *path, error *err);

/* Writes what is buffered, closes, and puts the file in place. Where anything failed,
 * earlier writes included, nothing appears, and an older file is left as it was. */
bool whole_file_commit(whole_file *file, error *err);

/* Gives up: nothing appears. Allowed after open failed and after commit. */
void whole_file_discard(whole_file *file);

#endif
