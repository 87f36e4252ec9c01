#!/usr/bin/env bash
# Sweeps that are complete, stopped by a signal, or two at once: every planned row is there once.
. "$(dirname "$0")/common.sh"
cd "$work"
cat >c.yaml <<'END'
name: resume
repetitions: 2
min_time: 0.001
axes:
  kernel: [scalar_row, scalar_tile, avx512_tile]
  seq_len: [8, 16]
  head_dim: [4]
END
points=$("$LINKV" sweep c.yaml --db r.db --dry-run | sed -n 's/^\([0-9]*\) points,.*/\1/p')
[ ! -e r.db ] || fail "a dry run made a database"
# left DB: points, and repetitions left of them all, as a dry run counts them.
left() {
  expect 0 "$LINKV" sweep c.yaml --db "$1" --dry-run --format json
  python3 -c 'import json, sys
f = json.load(open(sys.argv[1]))
assert f["repetitions"] == sum(p["repetitions"] for p in f["plan"])
assert all(p["workspace_bytes"] >= 0 and p["tensors_bytes"] > 0 for p in f["plan"])
assert f["complete"] + f["skipped"] + sum(p["repetitions"] > 0 for p in f["plan"]) == f["points"]
print(f["points"], f["repetitions"] > 0)' out
}
[ "$(left r.db)" = "$points True" ] || fail "a dry run as JSON counts otherwise"
refused 'format is of --dry-run' "$LINKV" sweep c.yaml --format json

expect 0 "$LINKV" sweep c.yaml --db r.db --quiet
expect 0 "$LINKV" sweep c.yaml --db r.db --quiet
grep -q " 0 repetitions measured now" out || fail "a complete sweep measures again"
[ "$(left r.db)" = "$points False" ] || fail "a dry run sees work in a complete sweep"
# What this CPU lacks is skipped once; all else has its two repetitions.
whole="SELECT count(*) FROM (SELECT count(*) n, min(status) s FROM repetition JOIN point ON id = point
  GROUP BY point HAVING n = 2 AND s = 'ok' OR n = 1 AND s = 'skipped')"
[ "$(query r.db "$whole")" -eq "$points" ] || fail "repetitions are lost or doubled"
# Every run has counted its repetitions in the order it took them.
[ "$(query r.db "SELECT count(*) FROM (SELECT 1 FROM repetition WHERE run NOT NULL GROUP BY run
  HAVING min(turn) != 1 OR max(turn) != count(*))")" -eq 0 ] || fail "the order is not recorded"
# A failure is tried again where that is asked for; a dry run of it forgets nothing.
query r.db "DELETE FROM repetition WHERE repetition = 2 AND status = 'ok' AND point = (SELECT min(point) FROM repetition WHERE status = 'ok');
  UPDATE repetition SET status = 'crashed' WHERE point = (SELECT min(point) FROM repetition WHERE status = 'ok')"
[ "$(left r.db)" = "$points False" ] || fail "a failed point is not complete"
expect 0 "$LINKV" sweep c.yaml --db r.db --dry-run --retry
grep -q " 2 repetitions to run" out || fail "a dry run does not count what is tried again"
[ "$(query r.db "SELECT count(*) FROM repetition WHERE status = 'crashed'")" -eq 1 ] || fail "a dry run forgets a failure"
expect 0 "$LINKV" sweep c.yaml --db r.db --quiet --retry
[ "$(query r.db "$whole")" -eq "$points" ] || fail "what failed is not measured again"

# SIGINT finishes the repetition and says how to go on.
"$LINKV" sweep c.yaml --db i.db --json-progress >stopped 2>told &
pid=$!
while ! grep -q '"event":"repetition"' told; do sleep 0.01; done
kill -INT $pid
code=0
wait $pid || code=$?
if [ $code -eq 4 ]; then
  grep -q "the same command goes on: linkv sweep c.yaml --db i.db" stopped || fail "no word on how to go on"
  # A point is ok where all of its repetitions are.
  told=$(sed -n 's/^i.db: .* points, \([0-9]*\) ok.*/\1/p' stopped)
  [ "${told:-0}" -eq "$(query i.db "$whole WHERE s = 'ok'")" ] || { cat stopped; fail "points are ok that are not complete"; }
else
  [ $code -eq 0 ] || fail "an interrupted sweep exits with $code"
fi
expect 0 "$LINKV" sweep c.yaml --db i.db --quiet

# A second SIGINT gives the repetition up: nothing of it is recorded.
sed 's/seq_len: .*/seq_len: [2048]/; s/kernel: .*/kernel: [scalar_materialized]/; s/head_dim: .*/head_dim: [64]/' c.yaml >slow.yaml
"$LINKV" sweep slow.yaml --db s.db --quiet >stopped 2>told & pid=$!
while ! pgrep -P $pid >/dev/null; do sleep 0.05; done
sleep 0.5
kill -INT $pid
sleep 0.3
kill -INT $pid
code=0
wait $pid || code=$?
[ $code -eq 4 ] || fail "a sweep given up exits with $code"
grep -q "once more to give it up" told || fail "the first signal is not answered"
grep -q "goes on: linkv sweep slow.yaml --db s.db --quiet" stopped || { cat stopped; fail "no word on how to go on"; }
[ "$(query s.db 'SELECT count(*) FROM repetition')" -eq 0 ] || fail "a repetition given up is recorded"

# Two sweeps on one database.
"$LINKV" sweep c.yaml --db two.db --quiet >one & a=$!
"$LINKV" sweep c.yaml --db two.db --quiet >other & b=$!
wait $a || fail "of two sweeps on one database the first fails"
wait $b || fail "of two sweeps on one database the second fails"
[ "$(query two.db "$whole")" -eq "$points" ] || fail "two sweeps lose or double rows"
told=$(sed -n 's/.*; \([0-9]*\) repetitions measured now.*/\1/p' one other | awk '{ n += $1 } END { print n }')
stored=$(query two.db 'SELECT count(*) FROM repetition')
[ "$told" -eq "$stored" ] || fail "two sweeps claim $told repetitions of $stored"
echo "$points points: none lost, none doubled"
