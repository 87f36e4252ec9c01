#include "stages.h"

#include <stdio.h>

#include "fnv.h"

uint64_t stages_hash(const lin_case *made) {
  uint64_t hash = FNV_START;
  for (int o = 0; o < LKV_OPERANDS; o++) {
    const tensor *t = &made->operand[o];
    hash = fnv_words(hash, t->data, t->count * tensor_type_size(t->type));
  }
  return hash;
}

bool stages_reference_make(oracle_cache *cache, const lin_case *c, const lin_case *made,
                           precision of, sample_rule rows, stages_reference *out,
                           error *err) {
  lin_case wide = {0};
  const double *operand[LKV_OPERANDS];
  *out = (stages_reference){.made = stages_hash(made)};
  if (!case_convert(made, TENSOR_FLOAT64, &wide, err)) return false;
  for (int o = 0; o < LKV_OPERANDS; o++) operand[o] = wide.operand[o].data;
  const bool ok = projection_judge(c, of, operand, &out->projected, err) &&
                  oracle_cache_bounds(cache, &wide, of, rows, &out->attention, err);
  case_free(&wide);
  return ok;
}

void stages_reference_free(stages_reference *r) {
  bounds_free(&r->attention);
  *r = (stages_reference){0};
}

bool stages_judge(const stages_reference *r, const lkv_problem *shape, lkv_dtype type,
                  const double *y, stages_verdict *out, error *err) {
  *out = (stages_verdict){.known = true, .projected = r->projected};
  return verdict_of(shape, type, &r->attention, y, NULL, &out->attention, err);
}

/* NaN-proof. */
bool stages_projections_hold(const stages_verdict *s) {
  return s->projected.r_det_max <= 1 && s->projected.r_stat_max <= 1;
}

verdict_kind stages_conclude(const stages_verdict *s, verdict_kind whole) {
  if (!s->known || whole == VERDICT_WRONG) return whole;
  return stages_projections_hold(s) ? s->attention.kind : VERDICT_WRONG;
}

const char *stages_worst_text(const stages_verdict *s, char *buffer, size_t size) {
  const projection_verdict *p = &s->projected;
  if (p->operand < 0)
    snprintf(buffer, size, "none: no projected operand was compared");
  else
    snprintf(buffer, size, "%s[%zu, %zu] = %.9g, X W is %.9g",
             lkv_operand_name(p->operand), p->row, p->column, p->made, p->wanted);
  return buffer;
}

const char *stages_reason(const stages_verdict *s, const verdict *whole, char *buffer,
                          size_t size) {
  char why[448];
  if (!s->known || whole->kind == VERDICT_WRONG)
    return verdict_reason(whole, buffer, size);
  if (!stages_projections_hold(s)) {
    snprintf(buffer, size, "a projected operand is WRONG, %.3g times the bound: %s",
             s->projected.r_stat_max, stages_worst_text(s, why, sizeof why));
    return buffer;
  }
  verdict_reason(&s->attention, why, sizeof why);
  if (s->attention.kind == VERDICT_OK)
    snprintf(buffer, size, "%s", why);
  else
    snprintf(buffer, size, "the attention over its own projections: %s", why);
  return buffer;
}
