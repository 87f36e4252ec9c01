#include "judge_isolated.h"

#include <stdio.h>
#include <string.h>

#include "judged_json.h"

static bool take_operand(const npz *file, const lin_case *c, int o, isolated *out,
                         error *err) {
  const lkv_problem *p = &c->problem;
  const char *name = lkv_operand_name(o);
  const tensor *found = npz_find(file, name);
  const size_t shape[] = {p->batch, p->seq_len, p->heads, p->head_dim};
  const size_t count = p->batch * p->seq_len * p->heads * p->head_dim;
  char text[128];
  tensor wide;
  if (!found)
    return error_set(err, "%s: no array '%s' beside the other projected operands",
                     file->path, name);
  if (found->count != count || found->type == TENSOR_INT64)
    return error_set(err, "%s: array '%s' is %s; %zu floats are wanted, as in X",
                     file->path, name, tensor_shape_text(found, text, sizeof text),
                     count);
  if (!tensor_convert(found, TENSOR_FLOAT64, &wide, err)) return false;
  wide.rank = 4;
  memcpy(wide.shape, shape, sizeof shape);
  out->operands.operand[o] = wide;
  return true;
}

bool isolated_read(const npz *file, const lin_case *c, isolated *out, error *err) {
  bool ok = true, any = false;
  *out = (isolated){0};
  for (int o = 0; o < LKV_OPERANDS; o++)
    if (npz_find(file, lkv_operand_name(o))) any = true;
  if (!any || c->stage != LKV_STAGE_BLOCK) return true;
  out->operands =
      (lin_case){.stage = LKV_STAGE_ATTENTION, .problem = c->problem, .rank = 4};
  for (int o = 0; ok && o < LKV_OPERANDS; o++) ok = take_operand(file, c, o, out, err);
  return ok;
}

void isolated_free(isolated *i) {
  case_free(&i->operands);
}

bool isolated_judge(isolated *i, const lin_case *c, precision of, sample_rule rows,
                    oracle_cache *cache, const double *y, error *err) {
  stages_reference reference = {0};
  if (!i->operands.operand[0].data) return true;
  const bool ok =
      stages_reference_make(cache, c, &i->operands, of, rows, &reference, err) &&
      stages_judge(&reference, &c->problem, of.output_type, y, &i->verdict, err);
  stages_reference_free(&reference);
  return ok;
}

void isolated_print(const isolated *i) {
  const stages_verdict *s = &i->verdict;
  const verdict *v = &s->attention;
  char why[512];
  if (!s->known) return;
  printf("projections    %s, largest r %.3g statistical, %.3g worst case\n",
         stages_projections_hold(s) ? "ok" : "wrong", s->projected.r_stat_max,
         s->projected.r_det_max);
  if (!stages_projections_hold(s))
    printf("               %s\n", stages_worst_text(s, why, sizeof why));
  printf(
      "isolated       %s, largest r %.3g statistical, %.3g worst case; %.3g %% of the "
      "rows decided\n",
      verdict_name(v->kind), v->r_stat_max, v->r_det_max, 100 * v->decided_share);
  if (*verdict_reason(v, why, sizeof why)) printf("               %s\n", why);
}

json_t *isolated_json(const isolated *i) {
  const stages_verdict *s = &i->verdict;
  const verdict *v = &s->attention;
  if (!s->known) return json_null();
  return json_pack("{s:s, s:o, s:o, s:s, s:o, s:o, s:o}", "projections",
                   stages_projections_hold(s) ? "ok" : "wrong", "projections_r_stat_max",
                   judged_real(s->projected.r_stat_max), "projections_r_det_max",
                   judged_real(s->projected.r_det_max), "verdict", verdict_name(v->kind),
                   "r_stat_max", judged_real(v->r_stat_max), "r_det_max",
                   judged_real(v->r_det_max), "decided_share",
                   judged_real(v->decided_share));
}
