#!/usr/bin/env bash
# Sweeps killed by kill -9 at random moments and started again: every planned row is there
# once, and so is a row added by hand.
#   kill.sh [KILLS]     default 15; each hits a sweep that is running
. "$(dirname "$0")/common.sh"
kills=${1:-15}
cd "$work"
cat >c.yaml <<'END'
name: kill
repetitions: 2
min_time: 0.001
axes:
  kernel: ["*"]
  seq_len: [8, 16]
  head_dim: [4]
exclude: [{kernel: "*_bf16"}] # which cannot be decided on such inputs
END
points=$("$LINKV" sweep c.yaml --db k.db --dry-run | sed -n 's/^\([0-9]*\) points,.*/\1/p')
sound() { [ "$(query "$1" 'PRAGMA integrity_check')" = ok ] || fail "the database is damaged"; }
# A sweep that was killed early has made no tables yet.
rows() { if [ -s "$1" ]; then query "$1" 'SELECT count(*) FROM repetition' 2>/dev/null || echo 0; else echo 0; fi; }

add_by_hand() {
  query "$1" "INSERT INTO point (key, kernel, stage, regime, seed, batch, seq_len, heads,
      head_dim, threads) VALUES ('by hand', 'mine', 'attention', 'gaussian', 1, 1, 8, 1, 4, 1);
    INSERT INTO repetition (point, repetition, status, time_ns)
      SELECT id, 1, 'ok', 1234.5 FROM point WHERE key = 'by hand'"
}

# What this CPU lacks is skipped once; all else has its two repetitions.
whole="SELECT count(*) FROM (SELECT count(*) n, min(status) s FROM repetition JOIN point ON id = point
  WHERE key != 'by hand' GROUP BY point HAVING n = 2 AND s = 'ok' OR n = 1 AND s = 'skipped')"

# finish DB: resumed to its end, it holds the plan, nothing twice, and the row by hand.
finish() {
  local by_hand
  expect 0 "$LINKV" sweep c.yaml --db "$1" --quiet
  expect 0 "$LINKV" sweep c.yaml --db "$1" --quiet
  grep -q " 0 repetitions measured now" out || fail "a complete sweep measures again"
  sound "$1"
  [ "$(query "$1" "$whole")" -eq "$points" ] || fail "repetitions are lost or doubled"
  by_hand=$(query "$1" "SELECT count(*) FROM point WHERE key = 'by hand'")
  [ "$by_hand" -eq "$added" ] || fail "the row added by hand is lost"
  expect 0 "$LINKV" export --db "$1" --format jsonl
  [ "$(wc -l <out)" -eq $((points + by_hand)) ] || fail "rows are lost or doubled"
  [ "$(sort out | uniq -d | wc -l)" -eq 0 ] || fail "a row is there twice"
}

RANDOM=7
killed=0 sweeps=1 before=0 added=0 db=k1.db
while [ "$killed" -lt "$kills" ]; do
  "$LINKV" sweep c.yaml --db $db --quiet >/dev/null &
  pid=$!
  sleep "0.$(printf %03d $((RANDOM % 300 + 2)))"
  kill -9 $pid 2>/dev/null || true
  code=0
  wait $pid 2>/dev/null || code=$?
  [ ! -s $db ] || sound $db
  after=$(rows $db)
  [ "$after" -ge "$before" ] || fail "of $before committed rows $after are left"
  before=$after
  if [ $code -ne 137 ]; then
    [ $code -eq 0 ] || fail "a sweep that was not killed exits with $code"
    finish $db
    sweeps=$((sweeps + 1)) before=0 added=0
    db=k$sweeps.db
    continue
  fi
  killed=$((killed + 1))
  if [ $added -eq 0 ] && [ "$after" -gt 0 ]; then
    add_by_hand $db
    added=1 before=$((before + 1))
  fi
done
finish $db
echo "$killed kills in $sweeps sweeps of $points points: none lost, none doubled"
