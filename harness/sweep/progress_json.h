/* Progress as JSON, an object a line; private to progress.c. */
#ifndef SWEEP_PROGRESS_JSON_H
#define SWEEP_PROGRESS_JSON_H

#include "progress.h"

void progress_json_start(const progress *p);
void progress_json_repetition(const progress *p, double half_width, const record *r);
void progress_json_end(const progress *p, bool interrupted);

#endif
