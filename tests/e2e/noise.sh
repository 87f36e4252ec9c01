#!/usr/bin/env bash
# `linkv selftest --noise`: what it finds is printed, kept, and the floor of a race.
. "$(dirname "$0")/common.sh"
cd "$work"
noise=(selftest --noise --kernel scalar_row --seq-len 16 --seconds 0.2)
race=(race --kernel scalar_row --against scalar_row --seq-len 16 --heads 2 --min-time 0.01 --seconds 0.2 --margin 1000)

expect 0 "$LINKV" "${noise[@]}" --db noise.db --format json
python3 - out <<'PYTHON'
import json, sys
found = json.load(open(sys.argv[1]))
assert len(found["machine"]) == 16, found
assert [p["threads"] for p in found["points"]] in ([1], [1, 2]), found
for p in found["points"]:
    assert p["kernel"] == "scalar_row" and p["status"] == "ok" and p["level"] == 0.99, p
    assert p["seq_len"] == 16 and p["rounds"] >= 12 and p["call_ns"] > 0, p
    assert 0 < p["low"] <= p["high"], p
    assert abs(p["floor"] - (max(p["high"], 1 / p["low"]) - 1)) < 1e-12, p
PYTHON
[ "$(query noise.db 'SELECT count(*) > 0 AND min(floor) >= 0 AND min(rounds) >= 12 FROM noise')" = 1 ] ||
  fail "the noise is not kept"
expect 0 "$LINKV" "${noise[@]}"
grep -Eq '^scalar_row +16 +1 .* ok *$' out || { cat out; fail "no table"; }

# A race takes the floor that is kept, or a larger one.
query noise.db 'UPDATE noise SET floor = 0.25'
expect 0 "$LINKV" "${race[@]}" --db noise.db
grep -q '"floor":0.25,' out || { cat out; fail "the floor that is kept does not count"; }
expect 0 "$LINKV" "${race[@]}" --db noise.db --floor 0.5
grep -q '"floor":0.5,' out || { cat out; fail "a larger floor does not count"; }
query noise.db 'UPDATE noise SET call_ns = 1e15'
refused "no test of this machine's noise" "$LINKV" "${race[@]}" --db noise.db
refused "none.db: no such database" "$LINKV" "${race[@]}" --db none.db

refused "matches no kernel" "$LINKV" selftest --noise --kernel nobody
refused "seeds does not go with --noise" "$LINKV" selftest --noise --seeds 1
refused "db goes with --noise alone" "$LINKV" selftest --db noise.db
refused "not csv" "$LINKV" selftest --noise --format csv
refused "no/dir.db" "$LINKV" "${noise[@]}" --db no/dir.db
expect 4 "$LINKV" "${noise[@]}" --plugin "$BUILD/tests/plugins/faulty_kernels.so" --kernel faulty_segfault
grep -q 'crashed: .*SIGSEGV' out || { cat out; fail "a crash is not told"; }
echo "noise is measured, kept and used"
