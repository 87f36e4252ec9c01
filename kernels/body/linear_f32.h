#ifndef BODY_LINEAR_F32_H
#define BODY_LINEAR_F32_H

#define REAL f32
#include "body/linear_template.h"
#undef REAL

#endif
