#!/usr/bin/env bash
# `linkv verify` without a case file: kernels over regimes; a wrong one is found.
. "$(dirname "$0")/common.sh"

expect 0 "$LINKV" verify --kernel scalar_row --kernel scalar_tile_f64 --seeds 1 --format json
python3 - "$work/out" <<'END'
import json, sys
rows = json.load(open(sys.argv[1]))
assert {r["kernel"] for r in rows} == {"scalar_row", "scalar_tile_f64"}, rows
assert len({r["regime"] for r in rows}) >= 13
for r in rows:
    assert r["runs"] == 6 and r["wrong"] == 0 and r["first_wrong"] is None, r
    assert 0 < r["r_stat_max"] <= 1 and r["r_det_max"] <= r["r_stat_max"], r
    assert 0.5 < r["decided_share"] <= 1, r
END
mutants=$BUILD/tests/plugins/mutants.so
expect 3 "$LINKV" verify --plugin "$mutants" --kernel sound_plain --kernel mutant_no_eps --regime near_eps
grep -Eq "^sound_plain +12 +0 " "$work/out" || { cat "$work/out"; fail "a correct kernel is wrong"; }
grep -Eq "^mutant_no_eps +12 +12 .* rows are WRONG" "$work/out" || { cat "$work/out"; fail "a missing eps goes unseen"; }
# The notebook's own distribution: all but 3 % of the rows are decided.
for d in 8 64; do
  expect 0 "$LINKV" verify --kernel scalar_row --regime gaussian --seq-len 256 --head-dim $d --seeds 1 --format json
  python3 -c 'import json, sys; r, = json.load(open(sys.argv[1])); assert r["runs"] == 1 and r["decided_share"] >= 0.97, r' "$work/out"
done
# A sample is asked for, or all rows, over regimes too; whoever is shown it is told.
expect 0 "$LINKV" verify --kernel scalar_row --regime positive --seq-len 128 --head-dim 4 --seeds 1 --rows sampled
grep -Eq "^rows: [0-9]{2} of 128 were judged, a sample" "$work/out" || { cat "$work/out"; fail "no sample is judged, or it is not told"; }
expect 0 "$LINKV" verify --kernel scalar_row --regime positive --seq-len 128 --head-dim 4 --seeds 1 --rows all
! grep -q "a sample" "$work/out" || fail "--rows all judges a sample"
expect 0 "$LINKV" verify --list-regimes
grep -Eq "^near_eps +positive with QK" "$work/out" || { cat "$work/out"; fail "regimes are not listed"; }
refused "matches no regime" "$LINKV" verify --kernel scalar_row --regime no_such
refused "matches no kernel" "$LINKV" verify --kernel no_such
refused "go together" "$LINKV" verify --seq-len 8
refused "--tile-k goes with --input" "$LINKV" verify --kernel scalar_row --tile-k 8
refused "--regime goes without --input" "$LINKV" verify --regime positive \
  --input "$SOURCE/tests/golden/positive_b2_t24_h3_d8.npz"
echo "kernels are judged over regimes"
