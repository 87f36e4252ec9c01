#!/usr/bin/env bash
# How often `linkv ab` finds a planted slow-down, and names what has not changed:
#   LINKV=build/release/bin/linkv tests/slow/ab_rates.sh 0|3|5|10|20 [trials] [seconds a point]
# A trial races two kernels on one shape: `planted`, slower by the percentage (0: an A/A), and `unchanged`.
set -euo pipefail
percent=${1:?the percentage: 0, 3, 5, 10, 20} trials=${2:-20} seconds=${3:-120}
linkv=${LINKV:-build/release/bin/linkv}
plugins=${PLUGINS:-build/release/tests/plugins}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$plugins/planted_$percent.so" "$work/head.so"
lengths=(64 96 128 160 192 256 320 384 448 512)
for ((i = 0; i < trials; i++)); do
  printf 'name: rates\nmin_time: 0.4\naxes: {kernel: [planted, unchanged], seq_len: [%d], heads: [2], head_dim: [64]}\n' \
    "${lengths[i % 10]}" >"$work/c.yaml"
  # The exit status says what the verdicts say.
  "$linkv" ab "$work/c.yaml" --quiet --base "$plugins/planted_0.so" --head "$work/head.so" --max-slowdown 2% \
    --budget $((2 * seconds)) --format json | python3 -c '
import json, sys
for p in json.load(sys.stdin)["points"]:
    r = p["ratio"] or {"estimate": 0, "low": 0, "high": 0}
    print(p["name"].split("/")[0], p["verdict"], "%.4f [%.4f, %.4f]" % (r["estimate"], r["low"], r["high"]))' || true
done | tee "$work/verdicts"
cut -d' ' -f1,2 "$work/verdicts" | sort | uniq -c
