#!/usr/bin/env bash
# Comparisons of known times, errors and memory: what is said, and every exit status.
. "$(dirname "$0")/common.sh"
cd "$work"
cat >c.yaml <<'END'
name: compare
repetitions: 2
min_time: 0.001
axes:
  kernel: [scalar_row]
  regime: [positive]
  seq_len: [4, 8, 16]
  head_dim: [4]
END
expect 0 "$LINKV" sweep c.yaml --db m.db --quiet --label base
# remake LABEL RUN SQL: rows of LABEL with the judgement of base's, twelve repetitions of RUN of the time that SQL gives
# for repetition n; T is seq_len.
remake() {
  query m.db "
    DELETE FROM repetition WHERE point IN (SELECT id FROM point WHERE label = '$1' AND key LIKE 'made%');
    DELETE FROM point WHERE label = '$1' AND key LIKE 'made%';
    INSERT OR IGNORE INTO run (id, label) VALUES ($2, '$1');
    INSERT INTO point (key, kernel, algorithm, isa, operand_type, accum_type, stage, regime, seed, batch, seq_len, heads,
        head_dim, threads, label, machine)
      SELECT 'made $1 ' || seq_len, kernel, algorithm, isa, operand_type, accum_type, stage, regime, seed, batch,
        seq_len, heads, head_dim, threads, '$1', machine FROM point WHERE label = 'base' AND key NOT LIKE 'made%';
    WITH RECURSIVE round(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM round WHERE n < 12)
      INSERT INTO repetition (point, repetition, run, status, verdict, time_ns, peak_flops, max_rel_err, rms_rel_err,
          workspace_bytes, peak_bytes)
        SELECT p.id, n, $2, 'ok', 'ok', $3, 1e10, 1e-7, 1e-8, 4096, 1000000
        FROM point p, round WHERE label = '$1' AND key LIKE 'made%'"
}
set_all() { query m.db "UPDATE repetition SET $2 WHERE point IN (SELECT id FROM point WHERE label = '$1' AND seq_len = 8)"; }
fine="1000 * seq_len + n * 7 % 5"
remake old 101 "$fine"
remake new 102 "$fine + 1"
compare=("$LINKV" compare --db m.db)

expect 0 "${compare[@]}" old new
grep -q '^3 points in both: 3 same, 0 faster, 0 slower, 0 unsure, 0 not timed; 0 only in base, 0 only in head$' out ||
  { cat out; fail "the same times are not the same"; }
grep -q 'geometric mean of 3 points' out || fail "no mean"

# Slower at one point: exit 1; the way back is faster, exit 0; without the gate, 0.
remake new 102 "($fine) * (1 + 0.1 * (seq_len = 8))"
expect 1 "${compare[@]}" old new
grep -Eq 'T:8/.* 1[.]100 .*slower' out || { cat out; fail "10 % is not found"; }
grep -q '2 same, 0 faster, 1 slower.*; 1 slower: fails$' out || { cat out; fail "others are not the same"; }
expect 0 "${compare[@]}" new old
grep -q '1 faster, 0 slower' out || fail "the way back is not faster"
expect 0 "${compare[@]}" old new --fail-on wrong,error,memory
expect 0 "${compare[@]}" old new --max-slowdown 12%
expect 0 "${compare[@]}" old new --max-slowdown 11 --noise 11%
grep -q '3 same' out || fail "up to the margin is not the same"

# Wide times are unsure: 5, and no matter without the gate.
remake new 102 "($fine) * (1 + 0.05 * (n % 3 - 1))"
expect 5 "${compare[@]}" old new
grep -q '3 unsure' out || { cat out; fail "wide times are sure"; }
expect 0 "${compare[@]}" old new --fail-on wrong
# Rounds of one run are pairs: what is wide over the rounds, but the same in each, is told.
remake left 103 "1000 * seq_len * (1 + 0.3 * (n % 3))"
remake right 103 "1060 * seq_len * (1 + 0.3 * (n % 3)) + n"
expect 1 "${compare[@]}" left right
grep -q '3 slower' out || { cat out; fail "pairs are not told"; }
expect 1 "${compare[@]}" left right --format json
grep -q '"paired": true' out || fail "rounds of one run are no pairs"
# What the machine makes of equal kernels, as a self-test left it, is not found.
query m.db "INSERT INTO noise (machine, kernel, stage, batch, seq_len, heads, head_dim, threads, call_ns, seconds, level,
  rounds, floor) SELECT machine, 'scalar_row', 'attention', 1, 8, 1, 4, 1, 8000, 1, 0.99, 12, 0.2 FROM point LIMIT 1"
expect 5 "${compare[@]}" left right --format json
grep -q '"floor": 0.20*' out || fail "the floor is not told"
query m.db "DELETE FROM noise"
query m.db "UPDATE repetition SET run = 102 WHERE run = 103 AND point IN (SELECT id FROM point WHERE label = 'right')"
expect 5 "${compare[@]}" left right

# Errors and memory, a factor; what was judged and is not any more.
remake new 102 "$fine"
for change in "max_rel_err = 2.1e-7:error" "rms_rel_err = 3e-8:error" "max_rel_err = NULL:error" \
  "workspace_bytes = 5000:memory" "peak_bytes = 3000000:memory" "status = 'wrong', verdict = 'wrong':wrong" \
  "status = 'untrusted':wrong" "status = 'crashed':failed" "status = 'ill_conditioned':failed"; do
  remake new 102 "$fine"
  set_all new "${change%:*}"
  expect 1 "${compare[@]}" old new
  grep -q "; 1 ${change#*:}: fails" out || { cat out; fail "${change%:*} is not found"; }
  expect 1 "${compare[@]}" old new --fail-on "${change#*:}"
  expect 0 "${compare[@]}" old new --fail-on slower,missing
done
remake new 102 "$fine"
set_all new "status = 'wrong', reason = '3 of 8 rows are WRONG, 50% off' || char(10) || '$(printf 'é%.0s' {1..200})'"
expect 1 "${compare[@]}" old new --format github --report json=why.json --report junit=why.xml
grep -Eq '^::error title=linkv::.*: not timed; wrong: 3 of 8 rows are WRONG, 50%25 off%0Aé+$' out || { cat out; fail "why it is wrong is not told"; }
python3 -c 'import json; assert len(json.load(open("why.json"))["points"]) == 3' || fail "a reason that is cut is no JSON"
remake new 102 "$fine"
set_all new "max_rel_err = 1.9e-7, workspace_bytes = 4400, peak_bytes = 2100000"
expect 0 "${compare[@]}" old new
expect 1 "${compare[@]}" old new --max-error-growth 1.5
expect 1 "${compare[@]}" old new --max-memory-growth 1.05
# Wrong before and wrong now is no news, but no pass either.
set_all new "status = 'wrong'"
set_all old "status = 'wrong'"
expect 0 "${compare[@]}" old new
grep -q 'wrong as before' out || fail "what is wrong as before is not told"
remake old 101 "$fine"

# One side only.
remake new 102 "$fine"
query m.db "UPDATE point SET seq_len = 32 WHERE label = 'new' AND seq_len = 8 AND key LIKE 'made%'"
expect 0 "${compare[@]}" old new
[ "$(grep -Ec 'T:8/.*only in base|T:32/.*only in head' out)" -eq 2 ] || { cat out; fail "what one side has is not listed"; }
expect 1 "${compare[@]}" old new --fail-on missing
query m.db "UPDATE point SET seq_len = 10 * seq_len WHERE label = 'new' AND key LIKE 'made%'"
expect 4 "${compare[@]}" old new
grep -q 'no point in common' err || fail "nothing in common is not told"
remake new 102 "$fine"
query m.db "UPDATE repetition SET time_ns = NULL WHERE run = 102"
expect 4 "${compare[@]}" old new
expect 0 "${compare[@]}" old new --fail-on wrong,failed,error

# Times that one point lacks are no pass where times count.
remake new 102 "$fine"
set_all new "time_ns = NULL"
expect 5 "${compare[@]}" old new
for said in '2 same.* 1 not timed' 'T:8/.*not timed +head not timed'; do
  grep -Eq "$said" out || { cat out; fail "what is not timed is not told"; }
done
expect 0 "${compare[@]}" old new --fail-on wrong,failed,error,memory
remake new 102 "$fine"
set_all new "peak_flops = NULL"
expect 0 "${compare[@]}" old new
expect 5 "${compare[@]}" old new --cross-machine
grep -Eq 'T:8/.*head without a share of peak' out || { cat out; fail "what has no share is not told"; }

# Exports, databases, formats.
remake new 102 "($fine) * (1 + 0.1 * (seq_len = 8))"
for format in json jsonl; do
  expect 0 "$LINKV" export --db m.db --where "label = 'old'" --format $format --output old.$format
  expect 0 "$LINKV" export --db m.db --where "label = 'new'" --format $format --output new.$format
done
expect 1 "$LINKV" compare old.json new.jsonl
grep -q '2 same, 0 faster, 1 slower' out || { cat out; fail "exports compare otherwise"; }
expect 1 "$LINKV" compare old.jsonl new --db m.db
expect 1 "$LINKV" compare --db m.db old new --format md
grep -q '^| :--- ' out || fail "no Markdown"
expect 1 "$LINKV" compare --db m.db old new --format github
[ "$(grep -c '^::error title=linkv::scalar_row/.*slower, ratio 1.1' out)" -eq 1 ] || { cat out; fail "no annotation"; }
expect 1 "$LINKV" compare --db m.db old new --format junit --report md=new.md --report github=new.txt
cp out new.xml
for report in md:new.md github:new.txt; do
  expect 1 "$LINKV" compare --db m.db old new --format "${report%:*}"
  cmp -s out "${report#*:}" || fail "--report ${report%:*} is not what --format prints"
done
cp new.xml out
python3 - <<'END'
import xml.etree.ElementTree as xml
s, = xml.parse("out").getroot()
assert s.get("tests") == "3" and s.get("failures") == "1" and len(s.findall("testcase/failure")) == 1, s.attrib
END
expect 1 "$LINKV" compare --db m.db old new --format json
python3 - <<'END'
import json
def refuse(name): raise ValueError(name)
d = json.load(open("out"), parse_constant=refuse)
slow, = (p for p in d["points"] if p["verdict"] == "slower")
assert slow["faults"] == ["slower"] and 1.09 < slow["ratio"]["estimate"] < 1.11 and not slow["paired"]
assert d["both"] == 3 and d["fails"] and d["exit"] == 1 and d["mean"]["estimate"] > 1
END

# A point whose names are no UTF-8, or are cut within a character, is in the JSON as it is in the table.
python3 - <<'END'
lines = open("old.jsonl").read().splitlines()
open("odd.jsonl", "w").write("\n".join(l.replace('"positive"', '"' + "\u00e9" * 40 + '"') for l in lines) + "\n")
END
expect 0 "$LINKV" compare odd.jsonl odd.jsonl --format json
[ "$(grep -c '"name": ' out)" -eq 3 ] || { cat out; fail "a point is lost in JSON"; }

# Machines: refused, or shares of peaks: twice the time where the peak is half is the same.
remake new 102 "2 * ($fine)"
query m.db "UPDATE point SET machine = 'elsewhere' WHERE label = 'new'; UPDATE repetition SET peak_flops = 5e9 WHERE run = 102"
refused "machines [0-9a-f]+ and elsewhere" "${compare[@]}" old new
expect 0 "${compare[@]}" old new --cross-machine
grep -q '3 same' out || { cat out; fail "shares of peaks are not the same"; }
grep -q 'own measured peak' out || fail "it does not say that it compares shares"

# Hundreds that fail: an exit status that were their number would be 0 at 256, and 44 at 300.
for count in 256 300; do
  query m.db "
    DELETE FROM repetition; DELETE FROM point WHERE key LIKE 'many%';
    WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < $count)
      INSERT INTO point (key, kernel, stage, regime, seed, batch, seq_len, heads, head_dim, threads, label, machine)
        SELECT 'many ' || l || n, 'k', 'attention', 'positive', 1, 1, n, 1, 4, 1, l, 'm'
        FROM t, (SELECT 'old' l UNION SELECT 'new');
    WITH RECURSIVE round(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM round WHERE n < 12)
      INSERT INTO repetition (point, repetition, status, time_ns) SELECT id, n, 'ok', (1000 + n) * (1 + (label = 'new'))
        FROM point, round WHERE key LIKE 'many%'"
  expect 1 "${compare[@]}" old new
  grep -q "; $count slower: fails" out || { tail -2 out; fail "not all of $count are slower"; }
  query m.db "UPDATE repetition SET time_ns = NULL, status = 'wrong' WHERE point IN (SELECT id FROM point WHERE label = 'new')"
  expect 1 "${compare[@]}" old new
  grep -q "; $count wrong: fails" out || fail "not all of $count are wrong"
done

refused "BASE and HEAD" "$LINKV" compare m.db
refused "nowhere: No such file.*--db" "$LINKV" compare nowhere m.db
refused "no row of label 'nobody'; there are .*'old'" "${compare[@]}" old nobody
refused "no 'slow'; there are slower" "${compare[@]}" old new --fail-on wrong,slow
refused "report 'xml=r' is no FORMAT=FILE; formats are table, md" "${compare[@]}" old new --report xml=r
refused "report 'md=' is no FORMAT=FILE" "${compare[@]}" old new --report md=
refused "report none/r.md: cannot be written: No such file.*writable directory" "${compare[@]}" old new --report md=none/r.md
refused "max-slowdown 'much' is no percentage" "${compare[@]}" old new --max-slowdown much
refused "factor of growth is at least 1" "${compare[@]}" old new --max-error-growth 0.5
refused "has .* twice" "$LINKV" compare old.json m.db --cross-machine
echo '{"kernel": "k", "status": "ok", "times_ns": "12 x"}' >bad.json
refused "bad.json: row 1: times_ns" "$LINKV" compare bad.json bad.json
head -c 100 old.json >cut.json
refused "cut.json" "$LINKV" compare cut.json old.json
echo "comparisons say what is so"
