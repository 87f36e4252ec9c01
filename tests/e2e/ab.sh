#!/usr/bin/env bash
# Two builds of the kernels against each other: every exit status, and what is kept.
. "$(dirname "$0")/common.sh"
cd "$work"
plugins=$BUILD/tests/plugins
cat >c.yaml <<'END'
name: ab
timeout: 60
min_time: 0.01
axes:
  kernel: [planted, unchanged]
  regime: [positive]
  seq_len: [48]
  head_dim: [32]
END
sed 's/\[planted, unchanged\]/["*"]/' c.yaml >any.yaml
cp "$plugins/planted_0.so" base.so
cp "$plugins/planted_0.so" same.so
ab=("$LINKV" ab c.yaml --quiet --base base.so)
# Within a margin of a factor of 6 all is the same, whatever the machine does.
expect 0 "${ab[@]}" --head same.so --max-slowdown 500 --budget 1 --db kept.db
grep -q '^2 points in both: 2 same, 0 faster, 0 slower' out || { cat out; fail "a build is not the same as itself"; }
[ "$(query kept.db "SELECT count(*) FROM repetition r JOIN point p ON r.point = p.id WHERE label = 'head' AND kernel = 'planted'
  AND run = 1")" -ge 12 ] || fail "rounds are not kept"
[ "$(query kept.db "SELECT count(*) FROM repetition WHERE verdict = 'ok'")" -eq 4 ] || fail "not every side was judged"
# The judged run's own time is not kept beside the race's: what it saw meanwhile is not either.
[ "$(query kept.db "SELECT count(*) FROM repetition WHERE run = 1 AND (cpu_ns, iterations, load, time_ns_min, disturbed)
  IS NOT (NULL, NULL, NULL, NULL, NULL)")" -eq 0 ] || fail "a round has what another run saw"
query kept.db "SELECT command FROM run" >said
grep -q '^linkv ab c[.]yaml --quiet --base base[.]so .*--db kept[.]db$' said || { cat said; fail "the command is not kept whole"; }
refused "label 'base' already; choose another --label" "${ab[@]}" --head same.so --max-slowdown 500 --budget 1 --db kept.db
expect 0 "${ab[@]}" --head same.so --max-slowdown 500 --budget 1 --db kept.db --label again --format json --fail-on wrong \
  --base-commit aaaa --head-commit bbbb
[ "$(query kept.db "SELECT group_concat(DISTINCT label || ' ' || \"commit\") FROM point WHERE \"commit\" IS NOT NULL")" = \
  "again base aaaa,again head bbbb" ] || fail "what the builds are of is not kept"
grep -q '"p_value": null' out || fail "a race has a p-value"
expect 0 "$LINKV" compare base "again head" --db kept.db --max-slowdown 500
# A kernel in one of them.
expect 4 "${ab[@]}" --head "$plugins/slow_kernels.so" --budget 1
grep -q "no kernel of the config in common" err || fail "nothing in common is not told"
expect 4 "${ab[@]}" --head same.so --set kernel=scalar_row
grep -q "neither library" err || fail "a kernel of neither library is not told"
# Ten times the work is no matter of noise.
slow=$plugins/planted_900.so
expect 1 "${ab[@]}" --head "$slow" --budget 2
grep -Eq 'planted/.* slower' out || { cat out; fail "ten times the time is not slower"; }
expect 0 "${ab[@]}" --head "$slow" --budget 2 --set kernel=planted --fail-on wrong,error,memory
expect 0 "$LINKV" ab c.yaml --quiet --base "$slow" --head base.so --budget 2 --set kernel=planted
grep -q '1 faster' out || { cat out; fail "the way back is not faster"; }
# The whole library against itself, and kernels that are wrong or crash.
expect 0 "$LINKV" ab any.yaml --quiet --base "$plugins/whole_library.so" --head "$plugins/whole_library.so" \
  --set kernel=scalar_tile --max-slowdown 500 --budget 1
grep -q 'scalar_tile.* same' out || { cat out; fail "a library is not the same as itself"; }
faulty=$plugins/faulty_kernels.so
expect 3 "$LINKV" ab any.yaml --quiet --base "$faulty" --head "$faulty" --set kernel=faulty_zeros --budget 1
expect 4 "$LINKV" ab any.yaml --quiet --base "$faulty" --head "$faulty" --set kernel=faulty_segfault --budget 1
grep -q 'crashed as before' out || { cat out; fail "a crash is not told"; }
refused "base and --head are needed" "$LINKV" ab c.yaml --base base.so
refused "library '$plugins/bad_disk.so': neither" "${ab[@]}" --head "$plugins/bad_disk.so"
refused "nothing.so" "${ab[@]}" --head nothing.so
echo "builds are raced"
