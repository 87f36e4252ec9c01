#!/usr/bin/env bash
# What `linkv compare` says of two runs, one after the other, of which the second has a planted slow-down:
#   LINKV=build/release/bin/linkv tests/slow/compare_rates.sh 0|3|5|10|20 [pairs]
# A pair has three shapes of `planted`, slower by the percentage (0: an A/A), and of `unchanged`. Prints the
# verdict on each, then how often each came.
set -euo pipefail
percent=${1:?the percentage: 0, 3, 5, 10, 20} pairs=${2:-50}
linkv=${LINKV:-build/release/bin/linkv}
plugins=${PLUGINS:-build/release/tests/plugins}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/c.yaml" <<'END'
name: rates
repetitions: 8
min_time: 0.02
axes: {kernel: [planted, unchanged], seq_len: [128, 192, 256], heads: [2], head_dim: [64]}
END
for ((i = 0; i < pairs; i++)); do
  for side in base head; do
    cp "$plugins/planted_$([ $side = base ] && echo 0 || echo "$percent").so" "$work/k.so"
    "$linkv" sweep "$work/c.yaml" --plugin "$work/k.so" --db "$work/r.db" --label "$side$i" --quiet >/dev/null
  done
  # The exit status says what the verdicts say.
  "$linkv" compare "base$i" "head$i" --db "$work/r.db" --format json >"$work/out" || true
  python3 -c '
import json, sys
for p in json.load(sys.stdin)["points"]:
    print(p["name"].split("/")[0], p["verdict"], (p["ratio"] or {"estimate": 0})["estimate"])' <"$work/out"
done | tee "$work/verdicts"
cut -d' ' -f1,2 "$work/verdicts" | sort | uniq -c
