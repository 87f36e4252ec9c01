/* A comparison, for people and for programs. */
#ifndef CLI_COMPARE_PRINT_H
#define CLI_COMPARE_PRINT_H

#include <stdio.h>

#include "compare_options.h"

/* On standard output, in the options' format, and in the options' reports. */
bool compare_print(const comparison *c, const compare_options *o, error *err);

/* "same", "only in base", ...: the cell of a point. */
const char *compare_word(const compare_point *p);

/* Its ratio, interval and reason in one line. */
enum { COMPARE_LINE_SIZE = 512 };
void compare_line(const compare_point *p, char line[COMPARE_LINE_SIZE]);

/* "3 points in both: 2 same, ..., 1 slower: fails", without a line end. */
void compare_put_counts(const comparison *c, unsigned faults, FILE *out);

/* compare_reports.c: JUnit XML, a test case a point; and GitHub's annotations. */
bool compare_junit(const comparison *c, unsigned faults, FILE *out, error *err);
void compare_github(const comparison *c, unsigned faults, FILE *out);

#endif
