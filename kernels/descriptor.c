/* The rules of linkv/kernel.h that a descriptor can be held to. */
#include <string.h>

#include "linkv/registry.h"
#include "message.h"

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_"

static bool is_word(const char *text) {
  return text[strspn(text, NAME_CHARACTERS)] == '\0';
}

static bool is_line(const char *text) {
  for (const char *c = text; *c; c++)
    if ((unsigned char)*c < ' ' || *c == 0x7f) return false;
  return true;
}

static bool check_name(const char *name, char *error, size_t size) {
  if (!name) return lkv_fail(error, size, "name is NULL; give it a name of [a-z0-9_]");
  if (!*name) return lkv_fail(error, size, "name is empty; give it a name of [a-z0-9_]");
  if (strnlen(name, LKV_KERNEL_NAME_MAX + 1) > LKV_KERNEL_NAME_MAX)
    return lkv_fail(error, size, "name '%.*s...' is too long; %u characters at most",
                    (int)LKV_KERNEL_NAME_MAX, name, LKV_KERNEL_NAME_MAX);
  if (!is_word(name))
    return lkv_fail(error, size, "name '%s' has a character outside [a-z0-9_]", name);
  return true;
}

static bool check_text(const char *name, const char *field, const char *text, char *error,
                       size_t size) {
  if (!text || !*text)
    return lkv_fail(error, size, "kernel '%s': %s is %s; give one line of text", name,
                    field, text ? "empty" : "NULL");
  if (!is_line(text))
    return lkv_fail(error, size,
                    "kernel '%s': %s has a control character; give one line of text",
                    name, field);
  return true;
}

/* `stored`: a type that nothing is computed in will do. */
static bool check_type(const char *name, const char *field, lkv_dtype type, bool stored,
                       char *error, size_t size) {
  if ((unsigned)type >= LKV_DTYPE_COUNT)
    return lkv_fail(error, size, "kernel '%s': %s is %d; take an lkv_dtype below %d",
                    name, field, (int)type, (int)LKV_DTYPE_COUNT);
  if (type == LKV_BFLOAT16 && !stored)
    return lkv_fail(error, size,
                    "kernel '%s': %s is bfloat16; take LKV_FLOAT32 or "
                    "LKV_FLOAT64",
                    name, field);
  return true;
}

static bool check_wider(const char *name, const char *field, lkv_dtype type,
                        const char *other_field, lkv_dtype other, char *error,
                        size_t size) {
  if (lkv_dtype_size(type) >= lkv_dtype_size(other)) return true;
  return lkv_fail(
      error, size,
      "kernel '%s': %s %s is narrower than %s %s; see linkv/kernel.h for what "
      "each is",
      name, field, lkv_dtype_name(type), other_field, lkv_dtype_name(other));
}

static bool check_types(const lkv_kernel *kernel, char *error, size_t size) {
  const char *name = kernel->name;
  if ((unsigned)kernel->isa >= LKV_ISA_COUNT)
    return lkv_fail(error, size, "kernel '%s': isa is %d; take an lkv_isa below %d", name,
                    (int)kernel->isa, (int)LKV_ISA_COUNT);
  return check_type(name, "operand_type", kernel->operand_type, true, error, size) &&
         check_type(name, "output_type", kernel->output_type, false, error, size) &&
         check_type(name, "accum_type", kernel->accum_type, false, error, size) &&
         check_type(name, "factor_type", kernel->factor_type, true, error, size) &&
         check_wider(name, "output_type", kernel->output_type, "operand_type",
                     kernel->operand_type, error, size) &&
         check_wider(name, "accum_type", kernel->accum_type, "output_type",
                     kernel->output_type, error, size) &&
         check_wider(name, "output_type", kernel->output_type, "factor_type",
                     kernel->factor_type, error, size);
}

static bool check_blocks(const lkv_kernel *kernel, char *error, size_t size) {
  const lkv_blocks *b = kernel->blocks;
  if (!b || (b->count && b->shared_bytes && b->parts && b->prepare && b->attend))
    return true;
  return lkv_fail(error, size,
                  "kernel '%s': blocks has a member that is NULL; set all, or no blocks",
                  kernel->name);
}

bool lkv_kernel_check(const lkv_kernel *kernel, char *error, size_t error_size) {
  if (kernel->abi != LKV_KERNEL_ABI)
    return lkv_fail(error, error_size,
                    "descriptor has ABI version %u, not %u; rebuild it with this linkv's "
                    "headers",
                    (unsigned)kernel->abi, LKV_KERNEL_ABI);
  if (!check_name(kernel->name, error, error_size)) return false;
  if (!check_text(kernel->name, "algorithm", kernel->algorithm, error, error_size) ||
      !check_text(kernel->name, "summary", kernel->summary, error, error_size) ||
      !check_text(kernel->name, "source", kernel->source, error, error_size))
    return false;
  if (!is_word(kernel->algorithm))
    return lkv_fail(error, error_size,
                    "kernel '%s': algorithm '%s' has a character outside [a-z0-9_]",
                    kernel->name, kernel->algorithm);
  if (!check_types(kernel, error, error_size)) return false;
  if ((unsigned)kernel->family >= LKV_FAMILY_COUNT)
    return lkv_fail(
        error, error_size,
        "kernel '%s': family is %d; take LKV_REASSOCIATED or LKV_DEFINITIONAL",
        kernel->name, (int)kernel->family);
  if (!kernel->attention)
    return lkv_fail(error, error_size, "kernel '%s': attention is NULL; it must be set",
                    kernel->name);
  return check_blocks(kernel, error, error_size);
}
