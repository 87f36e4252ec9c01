/* Verdicts: whether an output differs from the oracle's by more than rounding may. */
#ifndef VERIFY_VERDICT_H
#define VERIFY_VERDICT_H

#include "bound.h"
#include "decided_share.h"
#include "linkv/problem.h"
#include "metrics.h"

/* Of one row (batch, token, head). */
typedef enum judgement {
  JUDGED_OK,                /* within a bound that is small */
  JUDGED_FITTED,            /* but for a few unknowns that the fit takes out: OK */
  JUDGED_WRONG,             /* beyond the worst case */
  JUDGED_WRONG_STATISTICAL, /* beyond the statistical bound */
  JUDGED_ILL_CONDITIONED,   /* rounding alone may do this, and much else */
  JUDGED_UNTRUSTED,    /* the oracle's own error is too large; or the output is finite
                        * where the oracle's is not */
  JUDGED_NOT_COMPARED, /* the oracle's is finite nowhere, nor the output where it must
                        * not. Where the oracle's is in some columns, these are judged */
  JUDGEMENTS
} judgement;

/* Of a whole output. */
typedef enum verdict_kind {
  VERDICT_OK,
  VERDICT_WRONG,           /* some row is */
  VERDICT_ILL_CONDITIONED, /* too few rows are decided */
  VERDICT_UNTRUSTED,       /* nothing to compare, rows that are untrusted, or outputs not
                            * finite in rows that were not judged */
} verdict_kind;

/* "ok", "wrong", "ill_conditioned", "untrusted". */
const char *verdict_name(verdict_kind kind);
/* "OK", "OK modulo unknowns", "WRONG", "WRONG (statistical)", ... */
const char *judgement_name(judgement j);

/* Share of the compared rows that must be decided; of a sample, that the output's may
 * still be, by decided_range. */
#define VERDICT_QUOTA 0.9

/* r is |y - oracle| / B. */
typedef struct verdict_row {
  judgement judgement;
  double r_det, r_stat; /* largest of the row; NaN where it was not compared */
  size_t column;        /* where r_stat is reached */
} verdict_row;

/* How r is spread over elements: quantiles by nearest rank. */
typedef struct verdict_spread {
  double median, p999; /* half, and 99.9 % of the elements, do not exceed it; NaN where
                        * none was compared */
} verdict_spread;

typedef struct verdict {
  verdict_kind kind;
  size_t rows, count[JUDGEMENTS]; /* rows judged: all, or a sample of the output's */
  size_t rows_of_output;
  size_t lost; /* outputs of rows outside the sample that are not finite though the
                * oracle's next sampled row is */
  element first_lost;
  size_t swallowed; /* rows finite where the oracle's are not, for no NaN among the
                     * operands */
  double r_det_max, r_stat_max; /* NaN where no row was compared */
  double r_stat_decided;        /* largest in a row that r alone decides; NaN: none is */
  double r_stat_open; /* largest in the others: where a weight is unknown B reaches to
                       * another token's value, and a winner that flips comes just below
                       * 1; NaN where there is none */
  verdict_spread r_det, r_stat; /* of the elements of the rows that were */
  double decided_share;         /* of the compared rows; NaN where there is none */
  share_range decided_range;    /* of the output's rows, as far as the sample tells */
  double own_max;          /* largest share of the oracle's own error; NaN where no row is
                            * finite, and for float64: both err, by a doubled bound */
  size_t wide[WIDE_TYPES]; /* rows the oracle computed again, by type */
  /* Of the operator, over the rows where the oracle is finite. */
  size_t rows_finite;
  size_t unresolved_k, unresolved_v; /* denominators, and how many there are of each */
  size_t denominators;
  double entropy, largest_weight; /* of the softmax, means; NaN where there is none */
  element worst;                  /* where r_stat_max is reached; in a row that is wrong,
                                   * if any is */
  double worst_output, worst_oracle, worst_bound; /* B by stat */
  bound_culprit worst_culprit; /* of its row: the token whose uncertainty weighs most */
} verdict;

/* Judges y (batch, seq_len, heads, head_dim), computed in `type`. `rows`, one a row of
 * `b`, gets the judgements, where it is not NULL. */
bool verdict_of(const lkv_problem *shape, lkv_dtype type, const bounds *b,
                const double *y, verdict_row *rows, verdict *out, error *err);

/* "y[b=0, t=3, h=1, c=7] = 1.5, oracle 2.5", or that nothing was compared. Returns
 * `buffer`. */
const char *verdict_worst_text(const verdict *v, char *buffer, size_t size);

/* One line that says why, and whether rows were sampled, and where a sample cannot tell
 * if enough rows are decided: "2 of 48 rows are WRONG: y[b=0, ...] ...". Returns
 * `buffer`.
 */
const char *verdict_reason(const verdict *v, char *buffer, size_t size);

#endif
