/* Tables as LaTeX. */
#ifndef REPORT_TABLE_LATEX_H
#define REPORT_TABLE_LATEX_H

#include "table.h"

/* A tabular with \toprule, \midrule and \bottomrule. */
void table_latex_print(const table *t, FILE *out);

/* A text as any LaTeX engine sets it: special characters escaped, the characters of
 * linkv's own titles and units as commands, other characters past ASCII as '?' (what an
 * engine knows depends on its fonts), but for accented Latin letters. */
void table_latex_text(const char *text, FILE *out);

#endif
