#!/usr/bin/env bash
# How often `linkv compare` calls a run slower than the run before it of the same build:
#   LINKV=build/release/bin/linkv tests/slow/compare_rates.sh [pairs]
# Prints a line a pair, its exit status and the points of each verdict, then how often each status came.
set -euo pipefail
pairs=${1:-50}
linkv=${LINKV:-build/release/bin/linkv}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/c.yaml" <<'END'
name: rates
repetitions: 8
min_time: 0.02
axes: {kernel: [scalar_row, scalar_tile, blas_tile], seq_len: [128, 256], heads: [2], head_dim: [64]}
END
for ((run = 0; run <= pairs; run++)); do
  "$linkv" sweep "$work/c.yaml" --db "$work/r.db" --label "run$run" --quiet >/dev/null
  [ $run -gt 0 ] || continue
  status=0
  "$linkv" compare "run$((run - 1))" "run$run" --db "$work/r.db" >"$work/out" || status=$?
  echo "exit $status: $(grep 'points in both' "$work/out")"
done | tee "$work/verdicts"
cut -d: -f1 "$work/verdicts" | sort | uniq -c
