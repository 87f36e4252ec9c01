#!/usr/bin/env bash
# Killed at random moments and started again, with a row added by hand: every planned row is
# there once, and so is the row added by hand.
. "$(dirname "$0")/common.sh"
cd "$work"
cat >c.yaml <<'END'
name: resume
repetitions: 2
min_time: 0.001
axes:
  kernel: ["*"]
  seq_len: [8, 16]
  head_dim: [4]
END
points=$("$LINKV" sweep c.yaml --db r.db --dry-run | sed -n 's/^\([0-9]*\) points,.*/\1/p')
[ ! -e r.db ] || fail "a dry run made a database"

RANDOM=7
for i in $(seq 12); do
  "$LINKV" sweep c.yaml --db r.db --quiet >/dev/null &
  pid=$!
  sleep "0.$((RANDOM % 30 + 2))"
  kill -9 $pid 2>/dev/null || true
  wait $pid 2>/dev/null || true
  if [ -s r.db ] && [ "$(query r.db "SELECT count(*) FROM sqlite_schema")" -gt 0 ] && [ ! -e added ]; then
    : >added
    query r.db "INSERT INTO point (key, kernel, stage, regime, seed, batch, seq_len, heads,
        head_dim, threads) VALUES ('by hand', 'mine', 'attention', 'gaussian', 1, 1, 8, 1, 4, 1);
      INSERT INTO repetition (point, repetition, status, time_ns)
        SELECT id, 1, 'ok', 1234.5 FROM point WHERE key = 'by hand'"
  fi
  [ ! -s r.db ] || [ "$(query r.db 'PRAGMA integrity_check')" = ok ] || fail "the database is damaged"
  echo "after kill $i: $(query r.db 'SELECT count(*) FROM repetition' 2>/dev/null || echo 0) repetitions"
done
expect 0 "$LINKV" sweep c.yaml --db r.db --quiet
expect 0 "$LINKV" sweep c.yaml --db r.db --quiet
grep -q " 0 repetitions measured now" out || fail "a complete sweep measures again"
[ "$(query r.db 'PRAGMA integrity_check')" = ok ] || fail "the database is damaged"
# A skipped point, of a kernel that this CPU cannot run, has one repetition.
skipped=$(query r.db "SELECT count(*) FROM repetition WHERE status = 'skipped'")
[ "$(query r.db 'SELECT count(*) FROM repetition')" -eq $((2 * points - skipped + 1)) ] || fail "repetitions are lost or doubled"
expect 0 "$LINKV" export --db r.db --format jsonl
[ "$(wc -l <out)" -eq $((points + 1)) ] || fail "rows are lost or doubled"
[ "$(sort out | uniq -d | wc -l)" -eq 0 ] || fail "a row is there twice"
grep -q '"kernel":"mine".*"time_ns":1234.5' <(tr -d ' ' <out) || fail "the row added by hand is lost"

# SIGINT finishes the repetition and says how to go on.
"$LINKV" sweep c.yaml --db i.db --quiet >stopped &
pid=$!
sleep 0.3
kill -INT $pid
code=0
wait $pid || code=$?
if [ $code -eq 4 ]; then
  grep -q "the same command goes on: linkv sweep c.yaml --db i.db" stopped || fail "no word on how to go on"
else
  [ $code -eq 0 ] || fail "an interrupted sweep exits with $code"
fi
expect 0 "$LINKV" sweep c.yaml --db i.db --quiet

# Two sweeps on one database.
"$LINKV" sweep c.yaml --db two.db --quiet >/dev/null & a=$!
"$LINKV" sweep c.yaml --db two.db --quiet >/dev/null & b=$!
wait $a && wait $b || fail "two sweeps on one database disturb each other"
[ "$(query two.db 'SELECT count(*) FROM repetition')" -eq $((2 * points - skipped)) ] || fail "two sweeps lose or double rows"
echo "$points points: none lost, none doubled"
