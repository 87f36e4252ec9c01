#include "precision.h"

precision precision_of(const lkv_kernel *kernel) {
  return (precision){kernel->operand_type, kernel->output_type, kernel->factor_type};
}

precision precision_throughout(lkv_dtype type) {
  return (precision){type, type == LKV_BFLOAT16 ? LKV_FLOAT32 : type, type};
}

bool precision_equal(precision a, precision b) {
  return a.operand_type == b.operand_type && a.output_type == b.output_type &&
         a.factor_type == b.factor_type;
}

/* u of rounding to nearest: 2^-p for p significant bits, reached halfway between 1 and
 * the next number but for a factor of 1 + u. bfloat16 has 8. */
static double unit_of(lkv_dtype type) {
  static const double unit[LKV_DTYPE_COUNT] = {
      [LKV_FLOAT32] = 0x1p-24, [LKV_FLOAT64] = 0x1p-53, [LKV_BFLOAT16] = 0x1p-8};
  return unit[type];
}

gauge_precision precision_gauge(precision p, lkv_stage stage) {
  const bool rounds_operands =
      stage == LKV_STAGE_BLOCK && p.operand_type != p.output_type;
  return (gauge_precision){
      .unit = unit_of(p.output_type),
      .factor = p.factor_type != p.output_type ? unit_of(p.factor_type) : 0,
      .operand = rounds_operands ? unit_of(p.operand_type) : 0};
}
