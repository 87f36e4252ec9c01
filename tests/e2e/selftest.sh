#!/usr/bin/env bash
# `linkv selftest`: what survives, and what is wrong though it should not be, is told.
. "$(dirname "$0")/common.sh"
faulty=$BUILD/tests/plugins/faulty_kernels.so
few=(--seeds 1 --kernel scalar_row --kernel sound_plain --kernel mutant_no_eps)

expect 0 "$LINKV" selftest "${few[@]}" --regime near_eps
grep -q "^1 of 1 planted bugs caught; 0 false alarms in 10 runs" "$work/out" || { cat "$work/out"; fail "the sum is missing"; }

# A bug that no case shows survives; a rule of others alarms on what is right.
expect 3 "$LINKV" selftest "${few[@]}" --kernel mutant_exp_1e_4 --regime dyadic
grep -q "^mutant_exp_1e_4 .*SURVIVES: exp is good to 1e-4" "$work/out" || { cat "$work/out"; fail "a survivor is not named"; }
expect 0 "$LINKV" selftest "${few[@]}" --regime gaussian --regime near_eps --format json
python3 - "$work/out" <<'PYTHON'
import json, sys
found = json.load(open(sys.argv[1]))
assert found["bugs"] == found["caught"] == 1 and found["false_alarms"] == 0, found
assert found["correct_runs"] == 20 and found["correct_elements"] > 1000, found
assert 0.02 <= found["r_stat_max"] <= 1, found
cells = {(c["kernel"], c["regime"], c["rule"]): c for c in found["cells"]}
assert cells["mutant_no_eps", "near_eps", "stat"]["clear"] == 5, cells
assert cells["scalar_row", "gaussian", "stat"]["alarms"] == 0
assert cells["scalar_row", "gaussian", "allclose"]["alarms"] > 0
PYTHON
expect 0 "$LINKV" selftest "${few[@]}" --regime near_eps --format csv
grep -q "^mutant_no_eps,1,near_eps,det,5,5,5$" "$work/out" || { cat "$work/out"; fail "no matrix"; }

# Kernels that are taken to be correct and are not.
for bad in faulty_zeros faulty_segfault; do
  expect 3 "$LINKV" selftest --plugin "$faulty" "${few[@]}" --kernel $bad --regime near_eps
  grep -Eq "^$bad +5 +5 .* near_eps B=1 T=1 " "$work/out" || { cat "$work/out"; fail "$bad goes unseen"; }
done

refused "matches no regime" "$LINKV" selftest --regime no_such
refused "matches no planted bug" "$LINKV" selftest --kernel scalar_row
refused "brings its own seeds" "$LINKV" selftest --nightly --seeds 3
refused "--mutants: plug-in './no_such.so'" "$LINKV" selftest --mutants no_such.so
cp "$LINKV" "$work/linkv"
refused "cmake --build --preset release --target mutants.*--mutants FILE.so" "$work/linkv" selftest
echo "the judge is judged"
