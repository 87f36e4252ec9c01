/* A comparison, for people and for programs. */
#ifndef CLI_COMPARE_PRINT_H
#define CLI_COMPARE_PRINT_H

#include "compare_options.h"

/* On standard output, in the options' format. */
bool compare_print(const comparison *c, const compare_options *o, error *err);

/* "same", "only in base", ...: the cell of a point. */
const char *compare_word(const compare_point *p);

/* Its ratio, interval and reason in one line. */
enum { COMPARE_LINE_SIZE = 512 };
void compare_line(const compare_point *p, char line[COMPARE_LINE_SIZE]);

/* compare_reports.c: JUnit XML, a test case a point; and GitHub's annotations. */
bool compare_junit(const comparison *c, unsigned faults, error *err);
void compare_github(const comparison *c, unsigned faults);

#endif
