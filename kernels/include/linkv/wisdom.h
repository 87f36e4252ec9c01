/* Wisdom: which kernel was the best at which shape, measured on one kind of machine with
 * one build of each kernel. `linkv pick` writes it, linkv/dispatch.h follows it. */
#ifndef LINKV_WISDOM_H
#define LINKV_WISDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linkv/problem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Raised whenever the meaning of anything below or in the file changes. */
#define LKV_WISDOM_SCHEMA 1u

typedef struct lkv_wisdom_kernel {
  const char *name;
  const char *build; /* lkv_kernel_build of what was measured */
} lkv_wisdom_kernel;

/* At this shape, on so many threads, that kernel. */
typedef struct lkv_wisdom_choice {
  lkv_stage stage;
  size_t batch, seq_len, heads, head_dim, threads; /* >= 1 */
  size_t kernel;                                   /* index into the kernels */
  size_t tile_q, tile_k; /* 0: the kernel's default for the problem at hand */
} lkv_wisdom_choice;

typedef struct lkv_wisdom {
  uint32_t schema;          /* LKV_WISDOM_SCHEMA */
  const char *machine;      /* lkv_machine_id of where it was measured */
  const char *machine_name; /* for people */
  const lkv_wisdom_kernel *kernel;
  size_t kernels;
  const lkv_wisdom_choice *choice;
  size_t choices;
} lkv_wisdom;

/* 16 hex digits naming this kind of machine as far as the choice of a kernel depends on
 * it: CPU, ISA support, caches, processors. */
const char *lkv_machine_id(void);

/* Reads a file. On failure returns false with one line in `error`, naming file, line and
 * remedy: not what `linkv pick` writes, changed since, another schema. */
bool lkv_wisdom_read(const char *path, lkv_wisdom **out, char *error, size_t error_size);

/* The same of a text; `path` is only a name for error lines. */
bool lkv_wisdom_parse(const char *path, const char *text, size_t bytes, lkv_wisdom **out,
                      char *error, size_t error_size);

/* Frees what was read; NULL is allowed. */
void lkv_wisdom_free(lkv_wisdom *wisdom);

/* The file's text, malloc'd; NULL when out of memory. Names and builds are words. */
char *lkv_wisdom_text(const lkv_wisdom *wisdom);

/* Whether it holds on this machine and for the kernels there are. If not, one line in
 * `error` names which of machine, kernel build and schema does not match, and the remedy.
 */
bool lkv_wisdom_check(const lkv_wisdom *wisdom, char *error, size_t error_size);

#ifdef __cplusplus
}
#endif
#endif
