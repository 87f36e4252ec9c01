#!/usr/bin/env bash
# Fuzzes what reads files from anywhere, each target for that long, starting from the corpus.
#   scripts/fuzz.sh [SECONDS] [TARGET...]     default 600, every target of tests/fuzz
# A finding ends it, with the command that tries that input again. What libFuzzer learns stays in
# build/fuzz/corpus for the next time.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
[ $# -gt 0 ] && shift
targets=("$@")
[ $# -gt 0 ] || mapfile -t targets < <(ls tests/fuzz/corpus)

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target "${targets[@]/#/fuzz_}"
for target in "${targets[@]}"; do
  learnt=build/fuzz/corpus/$target found=build/fuzz/findings/$target-
  mkdir -p "$learnt" build/fuzz/findings
  log=build/fuzz/$target.log
  build/fuzz/tests/fuzz/fuzz_"$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
    -max_len=65536 -artifact_prefix="$found" -print_final_stats=1 "$learnt" tests/fuzz/corpus/"$target" \
    >"$log" 2>&1 || {
    tail -n 40 "$log"
    echo "fuzz_$target found something; try it again: build/fuzz/tests/fuzz/fuzz_$target FILE, the FILE named above" >&2
    exit 1
  }
  echo "fuzz_$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s, no finding"
done
