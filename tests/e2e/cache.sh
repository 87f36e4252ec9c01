#!/usr/bin/env bash
# The oracle's outputs are kept: commands find them, whatever became of the files, and judge
# the same with them and without.
. "$(dirname "$0")/common.sh"
cd "$work"
cat >c.yaml <<'END'
name: cache
repetitions: 1
min_time: 0.001
axes:
  kernel: [scalar_row, scalar_tile_f64]
  seq_len: [260]
  head_dim: [32]
END
judged="max_abs_err,r_det_max,r_stat_max,r_stat_p999,decided_share,output_hash"
# measure DB OPTIONS...: what a sweep finds, in DB.csv; what it says on standard error stays.
measure() {
  local db=$1
  shift
  expect 0 "$LINKV" sweep c.yaml --db "$db" --quiet "$@"
  grep -Eq "^of .* s, [0-9.]+ % went into kernels, [0-9.]+ % into judging, [0-9.]+ % into the rest$" out ||
    { cat out; fail "where the time went is not told"; }
  mv err said
  expect 0 "$LINKV" export --db "$db" --columns "kernel,$judged"
  mv out "$db.csv"
}
measure none.db --no-cache
[ "$(query none.db 'SELECT count(*) FROM repetition WHERE kernel_ns > 0 AND judge_ns > 0 AND
  wall_ns > kernel_ns + judge_ns')" -eq 2 ] || fail "a worker's time is not accounted for"
[ ! -e cache ] || fail "--no-cache keeps something"
measure made.db
file=$(find cache/linkv -name '*.bounds' | head -n 1)
[ -f "$file" ] || fail "nothing is kept in XDG_CACHE_HOME"
inode=$(stat -c %i "$file")
measure found.db
[ "$(stat -c %i "$file")" = "$inode" ] || fail "what is kept is made again"
[ ! -s said ] || { cat said; fail "a cache in order is talked of"; }
measure folder.db --cache elsewhere
[ "$(find elsewhere -name '*.bounds' | wc -l)" -eq "$(find cache/linkv -name '*.bounds' | wc -l)" ] ||
  fail "--cache keeps other files"
for db in made found folder; do
  cmp none.db.csv $db.db.csv || fail "judged otherwise with a cache"
done

truncate -s 5000 "$file"
measure torn.db
cmp none.db.csv torn.db.csv || fail "a torn file changes a verdict"
grep -q "^linkv: cache: .*: not whole; it is made again$" said || { cat said; fail "a torn file is not told"; }
[ "$(stat -c %i "$file")" != "$inode" ] || fail "a torn file is not replaced"

# What the oracle of another build has left is told in one line, and not at all by --quiet.
outdate() {
  python3 - cache/linkv/*.bounds <<'END'
import sys
for path in sys.argv[1:]:
    with open(path, "r+b") as f:
        title = f.read(256)
        at = title.index(b"\n", title.index(b"\n", title.index(b"\n") + 1) + 1) + 1
        f.seek(at)
        f.write(b"Z")
END
}
outdate
measure older.db
cmp none.db.csv older.db.csv || fail "another oracle's file changes a verdict"
[ ! -s said ] || { cat said; fail "--quiet talks of another oracle's files"; }
outdate
expect 0 "$LINKV" sweep c.yaml --db told.db
[ "$(grep -c "^linkv: cache: " err)" -eq 1 ] || { cat err; fail "another oracle's files are not told in one line"; }
grep -q "^linkv: cache: .*/linkv: 2 files were by the oracle of another build; made again$" err ||
  { cat err; fail "another oracle's files are not counted"; }
expect 0 "$LINKV" sweep c.yaml --db again.db
[ ! -s err ] || { cat err; fail "another oracle's files are not replaced"; }
truncate -s 5000 cache/linkv/*.bounds
measure two.db
grep -q "^linkv: cache: .*: not whole; it is made again (and 1 more such)$" said || { cat said; fail "torn files are not counted"; }
rm -r cache
(ulimit -f 4 && "$LINKV" time --kernel scalar_row --seq-len 260 --head-dim 32 --repetitions 1 >out 2>said) ||
  { cat said; fail "a full disk is more than a word"; }
grep -Eq "^linkv: cache: .*: File too large( \(and [0-9]+ more such\))?$" said || { cat said; fail "a full disk is not told"; }
[ -z "$(ls cache/linkv)" ] || fail "a half written file is left"

case=$SOURCE/tests/golden/positive_b1_t96_h2_d32.npz
expect 0 "$LINKV" judge "$case" --output "$case" --array Y_flash --format json
mv out plain
expect 0 "$LINKV" judge "$case" --output "$case" --array Y_flash --format json --cache /proc/linkv
cmp plain out || fail "judged otherwise without a cache"
refused "is not a size such as 512MiB or 4GiB" "$LINKV" judge "$case" --output "$case" --cache-limit much
refused "--cache is empty; give it FOLDER" "$LINKV" judge "$case" --output "$case" --cache ""
echo "outputs of the oracle are kept"
