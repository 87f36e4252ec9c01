/* Hand-made rows, and what a function wrote on a stream. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "row.h"

/* Adds a row of status ok with the axes of a small attention point; the caller may change
 * it until the next is added. The rows are freed by rows_free. */
static inline row *sample_row(rows *all, const char *kernel, int64_t seq_len,
                              double time_ns, double max_rel_err) {
  all->row = realloc(all->row, (all->count + 1) * sizeof *all->row);
  row *r = &all->row[all->count++];
  memset(r, 0, sizeof *r);
  row_set_text(r, ROW_kernel, kernel);
  row_set_text(r, ROW_stage, "attention");
  row_set_text(r, ROW_regime, "gaussian");
  row_set_text(r, ROW_status, "ok");
  row_set_text(r, ROW_machine, "0123456789abcdef");
  row_set_integer(r, ROW_seed, 1);
  row_set_integer(r, ROW_batch, 1);
  row_set_integer(r, ROW_seq_len, seq_len);
  row_set_integer(r, ROW_heads, 2);
  row_set_integer(r, ROW_head_dim, 64);
  row_set_integer(r, ROW_threads, 1);
  row_set_real(r, ROW_time_ns, time_ns);
  row_set_real(r, ROW_max_rel_err, max_rel_err);
  row_set_integer(r, ROW_peak_bytes, 4096 * seq_len);
  row_set_text(r, ROW_operand_type, "float32");
  /* Headline flops; of a peak of 100 Gflop/s. */
  row_set_real(r, ROW_gflops, 4.0 * 64 * 2 * (double)(seq_len * seq_len) / time_ns);
  row_set_real(r, ROW_share_of_peak, r->field[ROW_gflops].real / 100);
  return r;
}

/* The same of a kernel with both tile sizes, at T = 512. */
static inline row *sample_tile(rows *all, const char *kernel, int64_t tile_q,
                               int64_t tile_k, double time_ns) {
  row *r = sample_row(all, kernel, 512, time_ns, 1e-7);
  row_set_integer(r, ROW_tile_q, tile_q);
  row_set_integer(r, ROW_tile_k, tile_k);
  return r;
}

/* Everything written to `stream`, which is closed; the caller frees it. */
static inline char *sample_text(FILE *stream) {
  long size = ftell(stream);
  char *text = calloc((size_t)size + 1, 1);
  rewind(stream);
  size_t got = fread(text, 1, (size_t)size, stream);
  text[got] = 0;
  fclose(stream);
  return text;
}

#endif
