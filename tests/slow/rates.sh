#!/usr/bin/env bash
# How many planted slow-downs a race finds, and how often it sees one where there is none:
#   LINKV=build/release/bin/linkv tests/slow/rates.sh aa|3|5|10|20 [points] [seconds a point] [first point]
# aa races each of several kernels against itself, N the plug-in's slow_0 against slow_N.
# Prints a line a point, then the shares of verdicts. Points are shapes and thread counts.
set -euo pipefail
what=${1:?aa, or the percentage: 3, 5, 10, 20}
points=${2:-20} seconds=${3:-60} first=${4:-0}
linkv=${LINKV:-build/release/bin/linkv}
plugin=${SLOW_KERNELS:-build/release/tests/plugins/slow_kernels.so}
aa=(scalar_row scalar_tile avx2_row avx2_tile avx2_tile_f64acc blas_tile scalar_tile_f64acc)
lengths=(64 96 128 160 192 256 320 384 448 512)
dims=(32 64 48)
for ((i = first; i < first + points; i++)); do
  shape=(--seq-len "${lengths[i % 10]}" --head-dim "${dims[i / 10 % 3]}")
  threads=$((1 + i / 5 % 2))
  if [ "$what" = aa ]; then
    kernel=${aa[i % ${#aa[@]}]}
    pair=(--kernel "$kernel" --against "$kernel")
  else
    pair=(--plugin "$plugin" --kernel slow_0 --against "slow_$what")
  fi
  # The exit status says what the line says.
  "$linkv" race "${pair[@]}" "${shape[@]}" --heads 2 --threads $threads --seconds "$seconds" || true
done | python3 -c '
import json, sys
count, worst, took = {}, 0, 0
for line in sys.stdin:
    r = json.loads(line)
    print("{verdict:7} {ratio:.4f} [{low:.4f}, {high:.4f}] {rounds} rounds {seconds:.1f} s {status}".format(**r), flush=True)
    count[r["verdict"]] = count.get(r["verdict"], 0) + 1
    took = max(took, r["seconds"])
total = sum(count.values())
print(f"'"$what"': {total} points, longest {took:.0f} s: "
      + ", ".join(f"{n} {verdict} ({100 * n / total:.0f} %)" for verdict, n in sorted(count.items())))'
