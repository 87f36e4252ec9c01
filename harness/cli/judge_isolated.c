#include "judge_isolated.h"

#include <stdio.h>
#include <string.h>

#include "judged_json.h"
#include "reference.h"

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
  bool ok = true;
  *out = (isolated){0};
  for (int o = 0; o < LKV_OPERANDS; o++)
    if (npz_find(file, lkv_operand_name(o))) out->known = true;
  out->known = out->known && c->stage == LKV_STAGE_BLOCK;
  if (!out->known) return true;
  out->operands =
      (lin_case){.stage = LKV_STAGE_ATTENTION, .problem = c->problem, .rank = 4};
  for (int o = 0; ok && o < LKV_OPERANDS; o++) ok = take_operand(file, c, o, out, err);
  return ok;
}

void isolated_free(isolated *i) {
  case_free(&i->operands);
}

bool isolated_judge(isolated *i, const lin_case *c, precision of, sample_rule rows,
                    const double *y, error *err) {
  const double *made[LKV_OPERANDS];
  bounds b = {0};
  for (int o = 0; o < LKV_OPERANDS; o++) made[o] = i->operands.operand[o].data;
  const bool ok = projection_judge(c, of, made, &i->projected, err) &&
                  reference_bounds(&i->operands, of, rows, &b, err) &&
                  verdict_of(&c->problem, of.output_type, &b, y, NULL, &i->verdict, err);
  bounds_free(&b);
  return ok;
}

/* NaN-proof. */
static bool projections_hold(const isolated *i) {
  return i->projected.r_det_max <= 1 && i->projected.r_stat_max <= 1;
}

verdict_kind isolated_conclude(const isolated *i, verdict_kind whole) {
  if (!i->known || whole == VERDICT_WRONG) return whole;
  return projections_hold(i) ? i->verdict.kind : VERDICT_WRONG;
}

void isolated_print(const isolated *i) {
  const projection_verdict *p = &i->projected;
  char why[512];
  if (!i->known) return;
  printf("projections    %s, largest r %.3g statistical, %.3g worst case\n",
         projections_hold(i) ? "ok" : "wrong", p->r_stat_max, p->r_det_max);
  if (!projections_hold(i))
    printf("               %s[%zu, %zu] = %.9g, X W is %.9g\n",
           lkv_operand_name(p->operand), p->row, p->column, p->made, p->wanted);
  printf(
      "isolated       %s, largest r %.3g statistical, %.3g worst case; %.3g %% of the "
      "rows decided\n",
      verdict_name(i->verdict.kind), i->verdict.r_stat_max, i->verdict.r_det_max,
      100 * i->verdict.decided_share);
  if (*verdict_reason(&i->verdict, why, sizeof why)) printf("               %s\n", why);
}

json_t *isolated_json(const isolated *i) {
  const projection_verdict *p = &i->projected;
  if (!i->known) return json_null();
  return json_pack("{s:s, s:o, s:o, s:s, s:o, s:o, s:o}", "projections",
                   projections_hold(i) ? "ok" : "wrong", "projections_r_stat_max",
                   judged_real(p->r_stat_max), "projections_r_det_max",
                   judged_real(p->r_det_max), "verdict", verdict_name(i->verdict.kind),
                   "r_stat_max", judged_real(i->verdict.r_stat_max), "r_det_max",
                   judged_real(i->verdict.r_det_max), "decided_share",
                   judged_real(i->verdict.decided_share));
}
