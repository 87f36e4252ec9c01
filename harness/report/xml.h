/* Text in XML 1.0, between tags or in an attribute. */
#ifndef REPORT_XML_H
#define REPORT_XML_H

#include <stdbool.h>
#include <stdio.h>

/* UTF-8 as it is but for what XML does not take: markup is escaped, control characters
 * are '?', U+FFFE and U+FFFF are U+FFFD. */
void xml_put_escaped(const char *text, FILE *out);

/* The same of any bytes: what is not UTF-8 is U+FFFD. False when out of memory. */
bool xml_put_text(const char *text, FILE *out);

#endif
