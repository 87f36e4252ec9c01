#!/usr/bin/env bash
# From a fresh machine to results: installs, builds, sweeps configs/quick.yaml, checks the
# golden cases, prints the rows and draws the figures. Run it again: it goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/.."
linkv=build/release/bin/linkv
db=results/quick.db
plots=plots/out/quick

scripts/install_deps.sh
cmake --preset release >/dev/null
cmake --build --preset release --target linkv

echo
echo "== What runs here"
$linkv kernels

echo
echo "== The golden cases: PyTorch's own float64 against the oracle and some kernels"
golden=()
for file in tests/golden/*.npz; do golden+=(--input "$file"); done
$linkv verify "${golden[@]}" --reference Y_float64 \
  --kernel scalar_per_step --kernel scalar_row --kernel scalar_stream_online_f64acc

echo
echo "== Sweep: configs/quick.yaml"
$linkv sweep configs/quick.yaml --db $db
$linkv plot --db $db --output $plots >/dev/null

echo
echo "== Results at T = 512; every row: $linkv export --db $db --format table"
$linkv export --db $db --format table --where "seq_len = 512 AND status != 'skipped'"
cat <<END

Rows     $db, $($linkv export --db $db --format jsonl | wc -l) of them ($linkv export --db $db --format csv)
Figures  $plots/ ($(find $plots -name '*.svg' | wc -l) figures, SVG and PDF); time against T:
         $plots/time_attention_gaussian_b1_h1_d64_p1.svg
END
