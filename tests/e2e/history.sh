#!/usr/bin/env bash
# A history of known times: its step, where it is, and what is said of it.
. "$(dirname "$0")/common.sh"
cd "$work"
cat >c.yaml <<'END'
name: history
repetitions: 2
min_time: 0.001
axes:
  kernel: [scalar_row]
  regime: [positive]
  seq_len: [4, 8]
  head_dim: [4]
END
expect 0 "$LINKV" sweep c.yaml --db h.db --quiet
expect 4 "$LINKV" history --db h.db
grep -q "no point has 12 rows" err || fail "a short history is not refused"
# 30 nights of T = 4, a step up by 10 % at the 21st; T = 8 is quiet.
query h.db "
  DELETE FROM repetition WHERE point IN (SELECT id FROM point);
  WITH RECURSIVE night(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM night WHERE n < 30)
    INSERT INTO point (key, kernel, algorithm, isa, operand_type, accum_type, stage, regime, seed, batch, seq_len,
        heads, head_dim, threads, label, \"commit\", machine)
      SELECT 'night ' || n || ' ' || seq_len, kernel, algorithm, isa, operand_type, accum_type, stage, regime, seed,
        batch, seq_len, heads, head_dim, threads, 'night ' || n, printf('c%03d', n), machine FROM point, night
      WHERE key NOT LIKE 'night%';
  INSERT INTO repetition (point, repetition, recorded_at, status, verdict, time_ns)
    SELECT id, 1, '2026-01-' || substr(\"commit\", 3) || 'T00:00:00.000Z', 'ok', 'ok',
      (1000 + (substr(\"commit\", 2) * 7 % 11)) * (1 + 0.1 * (seq_len = 4 AND \"commit\" >= 'c021'))
    FROM point WHERE key LIKE 'night%'"
expect 1 "$LINKV" history --db h.db --plot h.svg
grep -Eq 'scalar_row attention positive B1 T4 H1 d4 p1 seed 1 .* 21 of 30 +night 20@c020 +night 21@c021 +1.0[01] µs +1.1[01] µs +[+](9|10)\.[0-9] .*regression' out ||
  { cat out; fail "the step is not found where it is"; }
grep -q '^2 points with a history, 1 with a new regression' out || fail "the quiet point is not quiet"
grep -q '</svg>' h.svg || fail "no figure"
grep -Eq '>[+](9|10)\.[0-9] % from night 21@c021<' h.svg || fail "the step of the figure has no commit"
# An axis has a few tics, in the unit of what it shows.
grep -q 'time (µs)' h.svg || fail "the figure's axis has no unit"
[ "$(grep -Ec '>0\.[0-9]+<|>1\.[0-9]+<' h.svg)" -le 8 ] || fail "tics crowd"
query h.db "UPDATE repetition SET time_ns = time_ns * 1e6"
expect 1 "$LINKV" history --db h.db --plot h.svg --min-step 2%
grep -q 'time (s)' h.svg || fail "the figure's unit does not fit"
query h.db "UPDATE repetition SET time_ns = time_ns / 1e6"
expect 1 "$LINKV" history --db h.db --format json
python3 - <<'END'
import json
def refuse(name): raise ValueError(name)
h = json.load(open("out"), parse_constant=refuse)
stepping, quiet = h["points"]
assert stepping["seq_len"] == 4 and quiet["seq_len"] == 8 and not quiet["steps"] and h["regressions"] == 1
step, = stepping["steps"]
assert step["row"] == 21 and step["regression"] and 0.09 < step["step"] < 0.11 and step["p_value"] <= 0.002
assert step["last_before"]["commit"] == "c020" and step["first_after"]["commit"] == "c021"
END
# A label that is no UTF-8 costs no step.
query h.db "UPDATE point SET label = CAST(x'ff' AS TEXT) WHERE label = 'night 21'"
expect 1 "$LINKV" history --db h.db --format json
[ "$(grep -c '"first_after": ' out)" -eq 1 ] || { cat out; fail "a step is lost in JSON"; }
expect 1 "$LINKV" history --db h.db --plot h.svg
python3 -c 'import xml.dom.minidom as x; x.parse("h.svg")' || fail "the figure is no XML"
expect 1 "$LINKV" history --db h.db --format md
grep -q '^| :--- ' out || fail "no Markdown"
# Old, or small, it is no news; a step to faster is none either.
expect 0 "$LINKV" history --db h.db --newest 9
grep -q '21 of 30' out || fail "an old step is not shown"
expect 0 "$LINKV" history --db h.db --min-step 20
expect 0 "$LINKV" history --db h.db --where "seq_len = 8"
query h.db "UPDATE repetition SET time_ns = 2e6 / time_ns"
expect 0 "$LINKV" history --db h.db
grep -Eq '21 of 30 .* -(9|10)\.[0-9] ' out || fail "a step to faster is not found"
expect 4 "$LINKV" history --db h.db --where "seq_len = 9"
refused "db FILE is needed" "$LINKV" history
refused "unexpected word 'h.db'; a database is named by --db" "$LINKV" history h.db
refused "--plot 'h.pdf' is not FILE.svg" "$LINKV" history --db h.db --plot h.pdf
for step in 0 -1 x 2%% % nan; do
  refused "--min-step '$step' is not a percentage greater than 0, such as 2%" "$LINKV" history --db h.db --min-step "$step"
done
expect 2 "$LINKV" history --db h.db --plot /no/such/folder/h.svg
echo "histories step where they do"
