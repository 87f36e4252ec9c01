#ifndef BODY_LINEAR_F64_H
#define BODY_LINEAR_F64_H

#define REAL f64
#include "body/linear_template.h"
#undef REAL

#endif
