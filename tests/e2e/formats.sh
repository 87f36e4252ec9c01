#!/usr/bin/env bash
# Machine formats hold every field, by name and in order, and parse.
. "$(dirname "$0")/common.sh"
cd "$work"
cat >c.yaml <<'END'
name: formats
repetitions: 2
min_time: 0.001
axes:
  kernel: [scalar_row, scalar_stream_merge]
  regime: [positive]
  seq_len: [8, 16]
  head_dim: [4]
END
expect 0 "$LINKV" sweep c.yaml --db f.db --quiet --label "a \"quoted\", label | é"
for format in csv json jsonl md table; do
  expect 0 "$LINKV" export --db f.db --format $format --output "rows.$format"
  expect 0 "$LINKV" export --db f.db --format $format
  cmp -s out "rows.$format" || fail "--output differs from standard output for $format"
done
expect 0 "$LINKV" kernels --format json
mv out kernels.json
expect 0 "$LINKV" machine --format json --seconds 0.05
mv out machine.json
expect 0 "$LINKV" time --kernel scalar_row --seq-len 8 --head-dim 4 --repetitions 2 --min-time 0.001 --regime positive --format json
mv out time.json
expect 0 "$LINKV" time --kernel scalar_row --seq-len 8 --head-dim 4 --repetitions 1 --min-time 0.001 --format json
mv out once.json

python3 - "$SOURCE" <<'END'
import csv, json, re, sys
fields = re.findall(r"^FIELD\((\w+),", open(sys.argv[1] + "/harness/store/fields.def").read(), re.M)
def strict(text):
    def refuse(name): raise ValueError(name)
    return json.loads(text, parse_constant=refuse)
rows = strict(open("rows.json").read())
lines = [strict(line) for line in open("rows.jsonl")]
table = list(csv.DictReader(open("rows.csv", newline="")))
assert len(rows) == 4 and rows == lines, len(rows)
for row in rows + strict(open("time.json").read()):
    assert list(row) == fields, list(row)
    assert row["status"] == "ok" and row["verdict"] == "ok", row
    assert row["time_ns"] > 0 and row["time_ns_low"] <= row["time_ns"] <= row["time_ns_high"]
    assert 0 < row["r_det_max"] <= row["r_stat_max"] <= 1 and row["decided_share"] == 1
    assert row["tile_q"] is None
    assert (row["tile_k"] is None) == (row["kernel"] == "scalar_row")
    assert 0 < row["share_of_peak"] <= row["share_of_peak_useful"] < 1
    assert row["max_rel_err"] < 1e-5
    assert row["peak_bytes"] is None or abs(row["peak_bytes"] - row["workspace_bytes"]) < 65536
once = strict(open("once.json").read())[0]
assert once["time_ns"] > 0 and once["time_ns_low"] is None and once["time_ns_high"] is None
assert [list(r) for r in table] == [fields] * 4
for a, b in zip(rows, table):
    for name in fields:
        if a[name] is None: assert b[name] == "", (name, b[name])
        elif isinstance(a[name], str): assert b[name] == a[name], name
        else: assert float(b[name]) == a[name], name
assert all(r["label"] == 'a "quoted", label | é' for r in rows)
kernels = strict(open("kernels.json").read())
wanted = "name algorithm isa operand_type accum_type summary source available why_not".split()
assert all(list(k) == wanted for k in kernels)
defs = re.findall(r"^LKV_KERNEL\((\w+),", open(sys.argv[1] + "/kernels/kernels.def").read(), re.M)
assert [k["name"] for k in kernels] == defs
assert all((k["why_not"] is None) == k["available"] for k in kernels)
machine = strict(open("machine.json").read())
assert machine["ceilings"]["fma"] and machine["id"]
END

# `command` measures its row again.
command=$(python3 -c 'import json; print(json.load(open("rows.json"))[0]["command"])')
PATH=$(dirname "$LINKV"):$PATH expect 0 bash -c "$command --format json"
python3 - <<'END'
import json
a, b = json.load(open("rows.json"))[0], json.load(open("out"))[0]
same = [f for f in a if f not in ("label", "command") and not f.startswith(("time", "gflops", "share", "peak"))]
for f in same: assert a[f] == b[f], (f, a[f], b[f])
END

# A filter that nothing passes.
expect 4 "$LINKV" export --db f.db --where "seq_len > 99"
refused "bad SQL|SQL expression" "$LINKV" export --db f.db --where "seq_len >"
refused "SQL" "$LINKV" export --db f.db --where "1); DROP TABLE point; --"
[ "$(query f.db 'SELECT count(*) FROM point')" -eq 4 ] || fail "a filter changed the database"
echo "every format holds every field"
