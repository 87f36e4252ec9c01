#include "judged.h"

#include <math.h>
#include <stdio.h>

static void set_count(record *out, int field, size_t count) {
  value_set_integer(&out->field[field], (int64_t)count);
}

/* An empty text is unknown. */
static bool set_text(record *out, int field, const char *text) {
  return value_set_text(&out->field[field], *text ? text : NULL);
}

static bool record_metrics(const metrics *m, record *out) {
  char worst[256], ulp[ULP_TEXT_SIZE], map[NONFINITE_TEXT_SIZE];
  value *field = out->field;
  value_set_real(&field[RECORD_max_abs_err], m->max_abs);
  value_set_real(&field[RECORD_max_rel_err], m->max_rel);
  value_set_real(&field[RECORD_rms_rel_err], m->rms_rel);
  value_set_real(&field[RECORD_nmse], m->nmse);
  value_set_real(&field[RECORD_max_ulp_err], m->max_ulp);
  set_count(out, RECORD_nonfinite, m->nonfinite);
  return set_text(out, RECORD_ulp_histogram, ulp_histogram_text(&m->ulp, ulp)) &&
         set_text(out, RECORD_nonfinite_map, nonfinite_text(&m->map, map)) &&
         set_text(out, RECORD_worst_element, metrics_worst_text(m, worst, sizeof worst));
}

static void record_rows(const verdict *v, record *out) {
  static const int fields[JUDGEMENTS] = {
      [JUDGED_OK] = RECORD_rows_ok,
      [JUDGED_FITTED] = RECORD_rows_fitted,
      [JUDGED_WRONG] = RECORD_rows_wrong,
      [JUDGED_WRONG_STATISTICAL] = RECORD_rows_wrong_statistical,
      [JUDGED_ILL_CONDITIONED] = RECORD_rows_ill_conditioned,
      [JUDGED_UNTRUSTED] = RECORD_rows_untrusted,
      [JUDGED_NOT_COMPARED] = RECORD_rows_not_compared,
  };
  for (int j = 0; j < JUDGEMENTS; j++) set_count(out, fields[j], v->count[j]);
}

/* The element r is largest at, and what offends most in its row. */
static bool record_worst(const verdict *v, record *out) {
  char text[256], token[96];
  const bound_culprit *k = &v->worst_culprit;
  if (isnan(v->r_stat_max)) return true;
  snprintf(token, sizeof token, "%s (%zu, %zu)", k->in_value ? "V" : "K",
           (size_t)k->token, v->worst.token);
  value_set_real(&out->field[RECORD_worst_r_bound], v->worst_bound);
  value_set_real(&out->field[RECORD_worst_r_denominator], k->denominator);
  value_set_real(&out->field[RECORD_worst_r_lambda], k->lambda);
  value_set_real(&out->field[RECORD_worst_r_weight], k->weight);
  return set_text(out, RECORD_worst_r_token, token) &&
         set_text(out, RECORD_worst_r_element, verdict_worst_text(v, text, sizeof text));
}

static bool record_verdict(const verdict *v, record *out) {
  value *field = out->field;
  value_set_real(&field[RECORD_r_det_max], v->r_det_max);
  value_set_real(&field[RECORD_r_det_p999], v->r_det.p999);
  value_set_real(&field[RECORD_r_det_median], v->r_det.median);
  value_set_real(&field[RECORD_r_stat_max], v->r_stat_max);
  value_set_real(&field[RECORD_r_stat_p999], v->r_stat.p999);
  value_set_real(&field[RECORD_r_stat_median], v->r_stat.median);
  value_set_real(&field[RECORD_decided_share], v->decided_share);
  set_count(out, RECORD_nonfinite_unjudged, v->lost);
  set_count(out, RECORD_rows_of_output, v->rows_of_output);
  record_rows(v, out);
  set_count(out, RECORD_denominators, v->denominators);
  set_count(out, RECORD_unresolved_k, v->unresolved_k);
  set_count(out, RECORD_unresolved_v, v->unresolved_v);
  value_set_real(&field[RECORD_softmax_entropy], v->entropy);
  value_set_real(&field[RECORD_largest_weight], v->largest_weight);
  value_set_real(&field[RECORD_oracle_own_share], v->own_max);
  set_count(out, RECORD_rows_double_double, v->wide[WIDE_DOUBLE_DOUBLE]);
  set_count(out, RECORD_rows_binary128, v->wide[WIDE_BINARY128]);
  return set_text(out, RECORD_verdict, verdict_name(v->kind)) && record_worst(v, out);
}

/* Beside the whole: it decides `verdict` too. */
static bool record_stages(const stages_verdict *s, const verdict *whole, record *out) {
  char worst[256];
  const verdict *v = &s->attention;
  value *field = out->field;
  value_set_real(&field[RECORD_r_projection_max], s->projected.r_stat_max);
  value_set_real(&field[RECORD_r_projection_det_max], s->projected.r_det_max);
  value_set_real(&field[RECORD_r_isolated_max], v->r_stat_max);
  value_set_real(&field[RECORD_r_isolated_det_max], v->r_det_max);
  value_set_real(&field[RECORD_decided_isolated_share], v->decided_share);
  return set_text(out, RECORD_worst_projection,
                  stages_worst_text(s, worst, sizeof worst)) &&
         set_text(out, RECORD_verdict_isolated, verdict_name(v->kind)) &&
         set_text(out, RECORD_verdict_end_to_end, verdict_name(whole->kind)) &&
         set_text(out, RECORD_verdict, verdict_name(stages_conclude(s, whole->kind)));
}

bool judged_record(const metrics *m, const verdict *v, const stages_verdict *s,
                   record *out) {
  return (!m || record_metrics(m, out)) && (!v || record_verdict(v, out)) &&
         (!v || !s || !s->known || record_stages(s, v, out));
}
