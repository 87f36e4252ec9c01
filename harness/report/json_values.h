/* Values that JSON has no word for. */
#ifndef REPORT_JSON_VALUES_H
#define REPORT_JSON_VALUES_H

#include <jansson.h>

/* Both are NULL when out of memory. Jansson has no such value otherwise, and then none of
 * the object around it either. */

/* A number; null where it is not finite. */
json_t *json_number(double number);

/* A string; every byte that is not UTF-8 becomes U+FFFD. */
json_t *json_text(const char *text);

#endif
