/* What judging found out, as JSON. */
#ifndef CLI_JUDGED_JSON_H
#define CLI_JUDGED_JSON_H

#include <jansson.h>

#include "judged.h"

/* An object of `verdict` and every field of judged.def, null where not known and for what
 * JSON cannot hold; see judged_record. NULL when out of memory. */
json_t *judged_json(const metrics *m, const verdict *v, const stages_verdict *s);

/* null for what is not finite. */
json_t *judged_real(double x);

#endif
