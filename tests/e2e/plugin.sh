#!/usr/bin/env bash
# The sample plug-in of docs/plugin.md, built by its own build line, works with every command.
. "$(dirname "$0")/common.sh"
cd "$SOURCE"
line=$(sed -n 's/^ \* *\(cc -O3 .*-lm\)$/\1/p' docs/plugin/my_kernel.c)
[ -n "$line" ] || fail "docs/plugin/my_kernel.c does not say how it is built"
bash -c "${line/-o my_kernel.so/-o $work/my_kernel.so}"
plugin=$work/my_kernel.so
name=$("$LINKV" kernels --plugin "$plugin" --format json | sed -n 's/^ *"name": "\(.*\)",$/\1/p' | tail -1)
cd "$work"
expect 0 "$LINKV" kernels --plugin "$plugin"
grep -q "$name" out || fail "kernels does not list $name"
expect 0 "$LINKV" time --plugin "$plugin" --kernel "$name" --regime positive --seq-len 16 --head-dim 8 \
  --repetitions 2 --min-time 0.001 --format json
python3 -c '
import json
r = json.load(open("out"))[0]
assert r["status"] == "ok" and r["max_rel_err"] < 1e-5 and "--plugin" in r["command"], r'
expect 0 "$LINKV" verify --plugin "$plugin" --kernel "$name" --input "$SOURCE/tests/golden/positive_b2_t24_h3_d8.npz"
expect 0 "$LINKV" run --plugin "$plugin" --kernel "$name" --output y.npz \
  --input "$SOURCE/tests/golden/positive_b2_t24_h3_d8.npz"
"$BUILD/tests/compare_npz" y.npz Y "$SOURCE/tests/golden/positive_b2_t24_h3_d8.npz" Y_float64 2e-6
printf 'name: p\nrepetitions: 2\nmin_time: 0.001\naxes:\n  kernel: [%s, scalar_row]\n  seq_len: [8..32]\n  head_dim: [8]\n' "$name" >c.yaml
expect 0 "$LINKV" sweep c.yaml --plugin "$plugin" --db p.db --quiet
[ "$(query p.db "SELECT count(*) FROM point WHERE kernel = '$name'")" -eq 3 ] || fail "the sweep misses $name"
expect 0 "$LINKV" plot --db p.db --output plots --kind time --format svg
grep -q "$name" plots/time_*.svg || fail "the plot misses $name"
# Built otherwise it is another kernel: its rows are measured anew.
bash -c "cd '$SOURCE' && ${line/-o my_kernel.so/-DNDEBUG -g -o $work/my_kernel.so}"
expect 0 "$LINKV" sweep c.yaml --plugin "$plugin" --db p.db --quiet
[ "$(query p.db "SELECT count(*) FROM point WHERE kernel = '$name'")" -eq 6 ] || fail "a stale row was reused"
[ "$(query p.db "SELECT count(*) FROM point WHERE kernel = 'scalar_row'")" -eq 3 ] || fail "an unchanged kernel was measured again"
echo "the sample plug-in $name works with every command"
