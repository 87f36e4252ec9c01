#!/usr/bin/env bash
# `linkv verify --laws`: kernels hold them; every law is broken by some planted bug, and
# said where.
. "$(dirname "$0")/common.sh"
mutants=$BUILD/tests/plugins/mutants.so

expect 0 "$LINKV" verify --laws --kernel scalar_row --plugin "$BUILD/tests/plugins/my_kernel.so" --kernel scalar_twopass
grep -Eq "^scalar_row +tiles .*not for it: it does not tile" "$work/out" || { cat "$work/out"; fail "what a law says nothing of is not told"; }
expect 3 "$LINKV" verify --laws --plugin "$mutants" --kernel mutant_s_ahead --law future
grep -Eq "^mutant_s_ahead +future +3 of 3 .*: y\[b=0, t=" "$work/out" || { cat "$work/out"; fail "where a law is broken is not told"; }
chosen=(--kernel sound_plain)
for bug in s_transposed no_max clamped absolute s_ahead wrong_stride value_shared z_of_last_call \
  max_of_stale_lane read_before_start tile_dropped one_flip; do
  chosen+=(--kernel "mutant_$bug")
done
expect 3 "$LINKV" verify --laws --plugin "$mutants" "${chosen[@]}" --format json
python3 - "$work/out" <<'END'
import json, sys
rows = json.load(open(sys.argv[1]))
assert not [r for r in rows if r["kernel"] == "sound_plain" and (r["broken"] or not r["held"])]
broken = {r["law"] for r in rows if r["broken"]}
missing = {r["law"] for r in rows} - broken
assert not missing, f"no planted bug breaks {missing}"
for r in rows:
    assert r["nothing_compared"] == 0, r
    assert (r["reason"] is not None) == bool(r["broken"] or r["not_for"]), r
END
refused "matches no law" "$LINKV" verify --laws --law no_such
refused "matches no kernel" "$LINKV" verify --laws --kernel no_such
refused "--regime goes without --laws" "$LINKV" verify --laws --regime positive
echo "laws are tried"
