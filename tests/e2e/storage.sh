#!/usr/bin/env bash
# A disk that is full, a folder that is read-only, a database that is locked, damaged, cut short,
# of another version or none at all: one clear line, and no committed row is lost.
. "$(dirname "$0")/common.sh"
cd "$work"
# In a sanitizer's build: what is preloaded comes before its library.
export ASAN_OPTIONS=verify_asan_link_order=0
cat >c.yaml <<'END'
name: storage
repetitions: 2
min_time: 0.001
axes:
  kernel: [scalar_row, scalar_tile]
  seq_len: [8, 16]
  head_dim: [4]
END
rows() { query "$1" 'SELECT count(*) FROM repetition'; }
# finished DB: the sweep goes on to its end.
finished() {
  [ "$(query "$1" 'PRAGMA integrity_check')" = ok ] || fail "$1 is damaged"
  expect 0 "$LINKV" sweep c.yaml --db "$1" --quiet
  [ "$(rows "$1")" -eq 8 ] || fail "$1: rows are lost or doubled"
}
bad_disk() { env LD_PRELOAD="$BUILD/tests/plugins/bad_disk.so" "$@"; }

# Whenever the disk becomes full, the rows that were counted as committed are there.
stopped=0
for room in 0 20 50 70 120; do
  code=0
  bad_disk BAD_DISK_ROOM=$room "$LINKV" sweep c.yaml --db full$room.db --json-progress >out 2>err || code=$?
  if [ $code -ne 0 ]; then
    [ $code -eq 2 ] || { cat err; fail "a full disk exits with $code"; }
    [ "$(grep -vc '^{' err)" -eq 1 ] || { cat err; fail "a full disk is not told in a line"; }
    grep -Eq 'full.*db: .*(full|disk I/O error)' err || { cat err; fail "a full disk is not named"; }
    told=$(grep -c '"event":"repetition"' err) || true
    if [ "$told" -gt 0 ]; then
      stopped=$((stopped + 1))
      grep -q "this goes on: linkv sweep c.yaml --db full$room.db" err || fail "no word on how to go on"
      [ "$(rows full$room.db)" -eq "$told" ] || fail "of $told committed rows $(rows full$room.db) are left"
    fi
  fi
  finished full$room.db
done
[ $stopped -gt 1 ] || fail "the disk was never full in the middle"

expect 0 "$LINKV" sweep c.yaml --db ok.db --quiet
cp ok.db folder.db
query folder.db 'DELETE FROM repetition WHERE repetition = 2'
refused 'folder.db: .*readonly database; the file and its folder must be writable' \
  bad_disk BAD_DISK_FOLDER=1 "$LINKV" sweep c.yaml --db folder.db --quiet
[ "$(rows folder.db)" -eq 4 ] || fail "a folder that is read-only loses rows"
bad_disk BAD_DISK_FOLDER=1 "$LINKV" export --db folder.db --format csv >out || fail "a folder that is read-only cannot be read"
bad_disk BAD_DISK_FOLDER=1 "$LINKV" sweep c.yaml --db folder.db --dry-run >out || fail "a dry run writes"
finished folder.db
if [ "$(id -u)" -ne 0 ]; then
  chmod 400 folder.db
  refused 'folder.db: not writable' "$LINKV" sweep c.yaml --db folder.db --set heads=3
  chmod 600 folder.db
fi

# Locked by another program, for longer than one is ready to wait, and for less.
python3 - ok.db <<'END' & holder=$!
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
open("held", "w").close()
time.sleep(3)
db.execute("ROLLBACK")
END
while [ ! -e held ]; do sleep 0.05; done
LINKV_LOCK_WAIT=0.2 refused 'ok.db: .*locked; another program holds it' "$LINKV" sweep c.yaml --db ok.db
expect 0 "$LINKV" sweep c.yaml --db ok.db --quiet
wait $holder

# Cut short, written over, another program's, another version's.
query ok.db 'VACUUM'
for bytes in 100 5000 9000; do
  head -c $bytes ok.db >cut.db
  refused 'cut.db: .*(damaged|not a database)' "$LINKV" sweep c.yaml --db cut.db
  [ "$(wc -c <cut.db)" -eq $bytes ] || fail "a database that is cut short is written to"
done
cp ok.db hole.db
size=$(wc -c <ok.db)
dd if=/dev/urandom of=hole.db bs=1 seek=$((size / 2)) count=3000 conv=notrunc status=none
refused 'hole.db: .*damaged' "$LINKV" sweep c.yaml --db hole.db
head -c 4096 /dev/urandom >junk.db
refused 'junk.db: not a database' "$LINKV" sweep c.yaml --db junk.db
cp ok.db old.db
query old.db 'PRAGMA user_version = 1'
refused 'old.db: schema 1, this linkv reads [0-9]*; name another file' "$LINKV" sweep c.yaml --db old.db
refused 'old.db: schema 1, this linkv reads [0-9]*; name another file' "$LINKV" export --db old.db
finished ok.db
echo "full, read-only, locked, damaged: no committed row lost ($stopped times full in the middle)"
