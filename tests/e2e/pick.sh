#!/usr/bin/env bash
# Picks: limits, what is refused and why, the wisdom they make, and what they lose between
# the shapes that were measured.
. "$(dirname "$0")/common.sh"
cd "$work"
cat >c.yaml <<'END'
name: pick
repetitions: 2
min_time: 0.001
axes:
  kernel: [scalar_row, scalar_per_step]
  regime: [positive]
  seq_len: [8, 32]
  head_dim: [4]
END
expect 0 "$LINKV" sweep c.yaml --db p.db --quiet
# Times that leave no doubt, whatever this machine does.
query p.db "UPDATE repetition SET time_ns = 1000.0 + repetition;
  UPDATE repetition SET time_ns = 9000.0 + repetition WHERE point IN (SELECT id FROM point WHERE kernel = 'scalar_per_step')"
for format in table md json; do
  expect 0 "$LINKV" pick --db p.db --format $format
  mv out picks.$format
done
grep -Eq '^attention +float32 +1×8×1×4 ' picks.table || fail "a shape's type is not told"
[ "$(grep -c 'pick .*scalar_row' picks.table)" -eq 2 ] || fail "scalar_row is not picked twice"
grep -q '^| :--- ' picks.md || fail "no Markdown"
python3 - <<'END'
import json
def refuse(name): raise ValueError(name)
shapes = json.load(open("picks.json"), parse_constant=refuse)
assert [s["seq_len"] for s in shapes] == [8, 32]
for s in shapes:
    best, other = s["candidates"]
    assert best["kernel"] == "scalar_row" and best["chosen"] and best["front"] and best["tied"]
    assert other["kernel"] == "scalar_per_step" and not other["chosen"] and not other["tied"]
    assert best["time_ns_low"] == 1001 and best["time_ns_high"] == 1002 and best["max_rel_err"] < 1e-5
END

# A pick by chance is said to be one.
expect 0 "$LINKV" pick --db p.db
! grep -q 'chance' err || fail "a pick that is well known is doubted"
cp p.db other.db
query other.db "UPDATE repetition SET time_ns = time_ns * repetition
  WHERE point = (SELECT id FROM point WHERE kernel = 'scalar_row' AND seq_len = 8)"
expect 0 "$LINKV" pick --db other.db
grep -q 'note: at 1 of 2 shapes the time of the pick' err || fail "a guess is not told"

# Wisdom, and what it is refused for.
expect 0 "$LINKV" pick --db p.db --wisdom w.json --emit-c w.h
python3 -c 'import json; w = json.load(open("w.json")); assert len(w["choices"]) == 2 and w["kernels"][0]["name"] == "scalar_row"'
grep -q 'LKV_STAGE_ATTENTION, 1, 32, 1, 4, 1, 0, 0, 0}, /\* scalar_row \*/' w.h || fail "the header lacks a choice"
cp p.db other.db
query other.db "UPDATE point SET kernel_build = '0123456789abcdef'"
expect 0 "$LINKV" pick --db other.db
expect 2 "$LINKV" pick --db other.db --wisdom w2.json
grep -q "kernel 'scalar_row' was measured as build 0123456789abcdef and is build .* here; sweep" err || fail "the build is not named"
cp p.db other.db
query other.db "INSERT INTO machine VALUES ('0123456789abcdef', NULL); UPDATE point SET machine = '0123456789abcdef'"
expect 2 "$LINKV" pick --db other.db --wisdom w2.json
grep -q "measured on machine 0123456789abcdef, this is" err || fail "the machine is not named"
[ ! -e w2.json ] || fail "wisdom is written though it is refused"

# Limits, and nothing that qualifies.
expect 4 "$LINKV" pick --db p.db --max-error 1e-30
grep -q 'nothing qualifies' err || fail "it does not say that nothing qualifies"
expect 4 "$LINKV" pick --db p.db --threads 7
expect 4 "$LINKV" pick --db p.db --accum float64
expect 4 "$LINKV" pick --db p.db --where "seq_len = 9"
expect 4 "$LINKV" pick --db p.db --where "repetitions = 1"
refused "--tie-margin 'much' is not a percentage greater than 0, such as 2%" "$LINKV" pick --db p.db --tie-margin much
expect 0 "$LINKV" pick --db p.db --tie-margin 3%
refused "max-memory 'much' is no size" "$LINKV" pick --db p.db --max-memory much
refused "format is of the picks.*leave it out" "$LINKV" pick --db p.db --check --format json
refused "db FILE is needed" "$LINKV" pick
expect 0 "$LINKV" pick --db p.db --max-memory 1.5M
query other.db "UPDATE point SET label = 'b' WHERE seq_len = 8"
refused "several labels.*not of one race.*--where" "$LINKV" pick --db other.db

# A kernel that is wrong at one shape is picked at none.
cp p.db other.db
query other.db "UPDATE repetition SET status = 'wrong', verdict = 'wrong'
  WHERE point = (SELECT id FROM point WHERE kernel = 'scalar_row' AND seq_len = 8) AND repetition = 1"
expect 0 "$LINKV" pick --db other.db
[ "$(grep -c 'pick .*scalar_per_step' out)" -eq 2 ] || fail "a wrong kernel is picked"
grep -q "note: 'scalar_row' is wrong" err || fail "the wrong kernel is not named"

expect 0 "$LINKV" pick --db p.db --dispatch-cost
[ "$(grep -c 'ns .* ns$' out)" -eq 2 ] || fail "no cost is printed"
expect 0 "$LINKV" pick --db p.db --check
grep -Eq '^over 1 shapes .* lose [0-9.]+ % \(median; goal 2\), [0-9.]+ %' out || fail "no regret is printed"
grep -Eq '^attention +float32 +1×16×[0-9×]+ +1 +scalar_row ' out || fail "T = 16 is not checked"
grep -q 'note: at 1 of 1 shapes all others .* count as no loss, without a race' err || fail "no loss without a race is not told"
expect 4 "$LINKV" pick --db p.db --where "seq_len = 8" --check
expect 4 "$LINKV" pick --db p.db --where "kernel = 'scalar_row'" --check
grep -q 'note: at 1 of 1 shapes nothing but the pick qualified' err || fail "a pick without a rival is not told"
! grep -q 'lose' out || fail "what was not raced is counted"

# A pick that the rows call the fastest and that is not: races tell. At another shape
# nothing is raced: the median is half-way.
sed 's/head_dim:.*/head_dim: [4, 6]/' c.yaml >d.yaml
expect 0 "$LINKV" sweep d.yaml --db d.db --quiet
query d.db "UPDATE repetition SET time_ns = 1000.0 + repetition;
  UPDATE repetition SET time_ns = 700.0 + repetition WHERE point IN (SELECT id FROM point WHERE kernel = 'scalar_per_step');
  UPDATE repetition SET time_ns = 9.0 * time_ns WHERE point IN (SELECT id FROM point WHERE kernel = 'scalar_row' AND head_dim = 6)"
expect 0 "$LINKV" pick --db d.db --check
python3 - <<'END'
import re
planted, other, summary = open("out").read().splitlines()[-3:]
cells = planted.split()
assert cells[4] == "scalar_per_step" and "scalar_row" in cells[5:], planted
lost = float(cells[-2])
assert lost > 20 and " 0.0 " in other, (planted, other)
median, most = map(float, re.findall(r"([0-9.]+) % \(", summary))
assert most == lost and abs(median - lost / 2) < 0.11, summary
END
# Tile sizes tell candidates of one kernel apart.
sed 's/kernel:.*/kernel: [scalar_tile]\n  tile_q: [8, 16]/' c.yaml >t.yaml
expect 0 "$LINKV" sweep t.yaml --db t.db --quiet
query t.db "UPDATE repetition SET time_ns = 1000.0 + repetition;
  UPDATE repetition SET time_ns = 9000.0 + repetition WHERE point IN (SELECT id FROM point WHERE tile_q = 16)"
expect 0 "$LINKV" pick --db t.db --check
grep -Eq ' scalar_tile 8×[0-9]+ ' out || fail "the tiles are not told"
echo "picks qualify, and hold where they were measured"
