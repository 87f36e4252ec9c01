#include "table_latex.h"

#include <string.h>

#include "utf8.h"

typedef struct spelling {
  const char *text, *latex;
} spelling;

/* U+00C0 to U+00FF but for the letters and signs that OT1 fonts lack. */
static bool is_accented(const char *c) {
  static const char *const lacking[] = {"Ð", "×", "Þ", "ð", "÷", "þ"};
  if ((unsigned char)*c != 0xC3) return false;
  for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++)
    if (!strncmp(c, lacking[i], 2)) return false;
  return true;
}

static const char *spelled(const char *c, size_t length) {
  static const spelling known[] = {{"\\", "\\textbackslash{}"},
                                   {"{", "\\{"},
                                   {"}", "\\}"},
                                   {"$", "\\$"},
                                   {"&", "\\&"},
                                   {"#", "\\#"},
                                   {"%", "\\%"},
                                   {"_", "\\_"},
                                   {"~", "\\textasciitilde{}"},
                                   {"^", "\\textasciicircum{}"},
                                   {"<", "$<$"},
                                   {">", "$>$"},
                                   {"|", "$|$"},
                                   {"\"", "{''}"},
                                   {"×", "$\\times$"},
                                   {"±", "$\\pm$"},
                                   {"µ", "$\\mu$"},
                                   {"–", "--"}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strlen(known[i].text) == length && !strncmp(c, known[i].text, length))
      return known[i].latex;
  return NULL;
}

void table_latex_text(const char *text, FILE *out) {
  for (const char *c = text; *c;) {
    const size_t length = utf8_length(c) ? utf8_length(c) : 1;
    const char *latex = spelled(c, length);
    const unsigned char u = (unsigned char)*c;
    if (latex)
      fputs(latex, out);
    else if (*c == '\n')
      fputc(' ', out);
    else if ((length == 1 && u >= ' ' && u < 0x7F) || is_accented(c))
      fwrite(c, 1, length, out);
    else
      fputc('?', out);
    c += length;
  }
}

void table_latex_print(const table *t, FILE *out) {
  fputs("\\begin{tabular}{", out);
  for (size_t c = 0; c < t->columns; c++)
    fputc(t->column[c].align == TABLE_RIGHT ? 'r' : 'l', out);
  fputs("}\n\\toprule\n", out);
  for (size_t c = 0; c < t->columns; c++) {
    fputs(c ? " & " : "", out);
    table_latex_text(t->column[c].title, out);
  }
  fputs(" \\\\\n\\midrule\n", out);
  for (size_t first = 0; first + t->columns <= t->cells; first += t->columns) {
    for (size_t c = 0; c < t->columns; c++) {
      fputs(c ? " & " : "", out);
      table_latex_text(t->cell[first + c].text, out);
    }
    fputs(" \\\\\n", out);
  }
  fputs("\\bottomrule\n\\end{tabular}\n", out);
}
