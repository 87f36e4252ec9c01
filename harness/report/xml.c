#include "xml.h"

#include <stdlib.h>
#include <string.h>

#include "utf8.h"

void xml_put_escaped(const char *text, FILE *out) {
  for (const char *c = text; *c; c++) {
    const unsigned char u = (unsigned char)*c;
    if (u == '&')
      fputs("&amp;", out);
    else if (u == '<')
      fputs("&lt;", out);
    else if (u == '>')
      fputs("&gt;", out);
    else if (u == '"')
      fputs("&quot;", out);
    else if (u == '\n' || u == '\t' || u == '\r')
      fprintf(out, "&#%d;", u);
    else if (!strncmp(c, "\xEF\xBF\xBE", 3) || !strncmp(c, "\xEF\xBF\xBF", 3)) {
      fputs("\xEF\xBF\xBD", out);
      c += 2;
    } else
      fputc(u < ' ' || u == 0x7F ? '?' : *c, out);
  }
}

bool xml_put_text(const char *text, FILE *out) {
  char *clean = utf8_clean(text);
  if (clean) xml_put_escaped(clean, out);
  free(clean);
  return clean != NULL;
}
