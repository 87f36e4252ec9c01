#include "simplicity.h"

#include <string.h>

#include "linkv/driver.h"
#include "linkv/registry.h"

static int sign(double a, double b) {
  return (a > b) - (a < b);
}

static const char *text_of(const row *r, int field) {
  return r->field[field].known ? r->field[field].text : "";
}

static size_t size_of(const row *r, int field) {
  return r->field[field].known ? (size_t)r->field[field].integer : 0;
}

static int isa_of(const row *r) {
  int isa = 0;
  while (isa < LKV_ISA_COUNT &&
         strcmp(lkv_isa_name((lkv_isa)isa), text_of(r, ROW_isa)) != 0)
    isa++;
  return isa;
}

bool simplicity_default_tiles(const row *r) {
  const lkv_kernel *kernel = lkv_kernel_find(text_of(r, ROW_kernel));
  if (!kernel) return false;
  const lkv_problem own =
      lkv_resolve_tiles(kernel, (lkv_problem){.batch = size_of(r, ROW_batch),
                                              .seq_len = size_of(r, ROW_seq_len),
                                              .heads = size_of(r, ROW_heads),
                                              .head_dim = size_of(r, ROW_head_dim)});
  return own.tile_q == size_of(r, ROW_tile_q) && own.tile_k == size_of(r, ROW_tile_k);
}

static int tiles_of(const row *r) {
  if (!r->field[ROW_tile_q].known && !r->field[ROW_tile_k].known) return 0;
  return simplicity_default_tiles(r) ? 1 : 2;
}

static size_t place_of(const row *r) {
  size_t i = 0;
  while (i < lkv_kernel_count() &&
         strcmp(lkv_kernel_at(i)->name, text_of(r, ROW_kernel)) != 0)
    i++;
  return i;
}

int simplicity_order(const row *a, const row *b) {
  int order = sign(isa_of(a), isa_of(b));
  if (!order) order = sign(tiles_of(a), tiles_of(b));
  if (!order)
    order = sign((double)size_of(a, ROW_workspace_bytes),
                 (double)size_of(b, ROW_workspace_bytes));
  if (!order) order = sign((double)place_of(a), (double)place_of(b));
  if (!order) order = strcmp(text_of(a, ROW_kernel), text_of(b, ROW_kernel));
  if (!order)
    order = sign((double)size_of(a, ROW_tile_q), (double)size_of(b, ROW_tile_q));
  if (!order)
    order = sign((double)size_of(a, ROW_tile_k), (double)size_of(b, ROW_tile_k));
  return order;
}
