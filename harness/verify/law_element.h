/* Where an element of a law's operands is. */
#ifndef VERIFY_LAW_ELEMENT_H
#define VERIFY_LAW_ELEMENT_H

#include "law.h"

/* (batch, seq_len, heads, head_dim), dense. */
static inline float *operand(const lin_case *c, int o) {
  return c->operand[o].data;
}

static inline size_t at(const lkv_problem *p, size_t b, size_t t, size_t h,
                        size_t column) {
  return ((b * p->seq_len + t) * p->heads + h) * p->head_dim + column;
}

#endif
