/* A plug-in with one fault, chosen by BROKEN_<name>; the names are those of
 * broken_plugins.def. */
#include "linkv/registry.h"

#if defined BROKEN_kernel_abi
#define ABI 4242
#elif defined BROKEN_name_null
#define NAME NULL
#elif defined BROKEN_name_empty
#define NAME ""
#elif defined BROKEN_name_long
#define NAME "a_name_of_sixty_four_characters_is_one_more_than_a_name_may_have"
#elif defined BROKEN_name_upper
#define NAME "Broken"
#elif defined BROKEN_name_newline
#define NAME "bro\nken"
#elif defined BROKEN_name_taken
#define NAME "scalar_row"
#elif defined BROKEN_algorithm_null
#define ALGORITHM NULL
#elif defined BROKEN_algorithm_empty
#define ALGORITHM ""
#elif defined BROKEN_algorithm_space
#define ALGORITHM "two words"
#elif defined BROKEN_summary_null
#define SUMMARY NULL
#elif defined BROKEN_summary_empty
#define SUMMARY ""
#elif defined BROKEN_summary_newline
#define SUMMARY "two\nlines"
#elif defined BROKEN_source_null
#define SOURCE NULL
#elif defined BROKEN_source_empty
#define SOURCE ""
#elif defined BROKEN_isa_range
#define ISA ((lkv_isa)99)
#elif defined BROKEN_operand_range
#define OPERAND_TYPE ((lkv_dtype)99)
#elif defined BROKEN_accum_range
#define ACCUM_TYPE ((lkv_dtype)99)
#elif defined BROKEN_output_range
#define OUTPUT_TYPE ((lkv_dtype)99)
#elif defined BROKEN_output_stored
#define OPERAND_TYPE LKV_BFLOAT16
#define OUTPUT_TYPE  LKV_BFLOAT16
#elif defined BROKEN_output_narrow
#define OPERAND_TYPE LKV_FLOAT64
#elif defined BROKEN_accum_narrow
#define OUTPUT_TYPE LKV_FLOAT64
#elif defined BROKEN_factor_range
#define FACTOR_TYPE ((lkv_dtype)99)
#elif defined BROKEN_factor_wide
#define FACTOR_TYPE LKV_FLOAT64
#elif defined BROKEN_family_range
#define FAMILY ((lkv_family)99)
#elif defined BROKEN_attention_null
#define ATTENTION NULL
#elif defined BROKEN_blocks_half
#define BLOCKS &no_blocks
#elif defined BROKEN_plugin_abi
#define PLUGIN_ABI 4242
#elif defined BROKEN_count_zero
#define COUNT 0
#elif defined BROKEN_count_absurd
#define COUNT UINT32_MAX
#elif defined BROKEN_table_null
#define TABLE NULL
#elif defined BROKEN_entry_null
#define SECOND NULL
#elif defined BROKEN_name_twice
#define SECOND &broken
#elif defined BROKEN_second_bad
#define NAME   "fine_by_itself"
#define SECOND &incomplete
#elif defined BROKEN_no_symbol
#define linkv_plugin some_other_symbol
#elif defined BROKEN_undefined_symbol
#define ATTENTION defined_nowhere
lkv_status defined_nowhere(const lkv_problem *problem, const lkv_operands *operands,
                           void *workspace, lkv_output y);
#else
#error "define one BROKEN_<name> of broken_plugins.def"
#endif

#ifndef ABI
#define ABI LKV_KERNEL_ABI
#endif
#ifndef NAME
#define NAME "broken"
#endif
#ifndef ALGORITHM
#define ALGORITHM "broken"
#endif
#ifndef SUMMARY
#define SUMMARY "breaks one rule"
#endif
#ifndef SOURCE
#define SOURCE "the tests"
#endif
#ifndef ISA
#define ISA LKV_ISA_SCALAR
#endif
#ifndef OPERAND_TYPE
#define OPERAND_TYPE LKV_FLOAT32
#endif
#ifndef ACCUM_TYPE
#define ACCUM_TYPE LKV_FLOAT32
#endif
#ifndef OUTPUT_TYPE
#define OUTPUT_TYPE LKV_FLOAT32
#endif
#ifndef FACTOR_TYPE
#define FACTOR_TYPE LKV_FLOAT32
#endif
#ifndef FAMILY
#define FAMILY LKV_REASSOCIATED
#endif
#ifndef BLOCKS
#define BLOCKS NULL
#endif
#ifndef ATTENTION
#define ATTENTION zero
#endif
#ifndef PLUGIN_ABI
#define PLUGIN_ABI LKV_KERNEL_ABI
#endif
#ifndef TABLE
#define TABLE kernels
#endif
#ifndef SECOND
#define COUNT_OF_TABLE 1
#define SECOND         NULL
#else
#define COUNT_OF_TABLE 2
#endif
#ifndef COUNT
#define COUNT COUNT_OF_TABLE
#endif

/* What the fault replaces goes unused. */
__attribute__((unused)) static lkv_status zero(const lkv_problem *problem,
                                               const lkv_operands *operands,
                                               void *workspace, lkv_output y) {
  (void)operands;
  (void)workspace;
  for (size_t t = 0; t < problem->seq_len; t++)
    for (size_t c = 0; c < problem->head_dim; c++)
      ((float *)y.data)[t * y.stride + c] = 0;
  return LKV_OK;
}

static const lkv_blocks no_blocks __attribute__((unused)) = {0};

static const lkv_kernel broken = {
    .abi = ABI,
    .name = NAME,
    .algorithm = ALGORITHM,
    .isa = ISA,
    .operand_type = OPERAND_TYPE,
    .output_type = OUTPUT_TYPE,
    .accum_type = ACCUM_TYPE,
    .factor_type = FACTOR_TYPE,
    .family = FAMILY,
    .summary = SUMMARY,
    .source = SOURCE,
    .attention = ATTENTION,
    .blocks = BLOCKS,
};

#ifdef BROKEN_second_bad
static const lkv_kernel incomplete = {
    .abi = LKV_KERNEL_ABI,
    .name = "broken",
    .algorithm = "broken",
    .summary = "breaks one rule",
    .source = "the tests",
};
#endif

static const lkv_kernel *const kernels[] __attribute__((unused)) = {&broken, SECOND};

extern const lkv_plugin linkv_plugin;
const lkv_plugin linkv_plugin = {PLUGIN_ABI, COUNT, TABLE};
