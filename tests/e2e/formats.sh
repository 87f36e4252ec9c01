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
store = sys.argv[1] + "/harness/store/"
definition = open(store + "fields.def").read().replace('#include "judged.def"', open(store + "judged.def").read())
fields = re.findall(r"^FIELD\((\w+),", definition, re.M)
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
    for gauge in ("r_det", "r_stat"):
        assert 0 < row[gauge + "_median"] <= row[gauge + "_p999"] <= row[gauge + "_max"], row
    assert row["rows_ok"] == row["seq_len"] and row["rows_wrong"] == row["rows_untrusted"] == 0
    counts = dict(bin.split(":") for bin in row["ulp_histogram"].split())
    assert sum(map(int, counts.values())) == row["seq_len"] * row["head_dim"], counts
    assert row["denominators"] == row["seq_len"] * (row["seq_len"] + 1) // 2
    assert row["unresolved_k"] == 0 and row["nonfinite"] == 0 and row["nonfinite_map"] is None
    assert abs(row["nmse"] - row["rms_rel_err"] ** 2) <= 1e-12 * row["nmse"]
    assert 0 < row["softmax_entropy"] and 0 < row["largest_weight"] <= 1
    assert 0 < row["oracle_own_share"] < 0.01 and row["worst_r_denominator"] > 0
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
wanted = "name algorithm isa operand_type output_type accum_type factor_type family summary source available why_not".split()
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
same = [f for f in a if f not in ("label", "command", "recorded_at") and not f.startswith(("time", "gflops", "share", "peak", "half", "disc", "dist", "crowd"))]
for f in same: assert a[f] == b[f], (f, a[f], b[f])
END

# Fields of one's own choice.
expect 0 "$LINKV" export --db f.db --format csv --columns seq_len,kernel
[ "$(head -n 1 out)" = seq_len,kernel ] || { cat out; fail "--columns names other columns"; }
[ "$(sed -n 2p out)" = 8,scalar_row ] || { cat out; fail "--columns gives other values"; }
expect 0 "$LINKV" export --db f.db --format csv --columns all
cmp -s out rows.csv || fail "--columns all is not every field"
expect 0 "$LINKV" export --db f.db --format table --columns status,r_stat_median
grep -Eq '^ok +0\.' out || { cat out; fail "--columns in a table"; }
refused "no field 'speed'" "$LINKV" export --db f.db --columns kernel,speed
refused "no field ''" "$LINKV" export --db f.db --columns kernel,
refused "'kernel' is named twice" "$LINKV" export --db f.db --columns kernel,kernel

# A filter that nothing passes.
expect 4 "$LINKV" export --db f.db --where "seq_len > 99"
refused "^linkv export: --where 'seq_len >': it ends too early, .*; an SQL expression is wanted, such as" \
  "$LINKV" export --db f.db --where "seq_len >"
refused "ends too early, or a quote" "$LINKV" export --db f.db --where "kernel = 'a"
refused "ends too early, .* parenthesis" "$LINKV" export --db f.db --where "seq_len = 3)"
refused "there is no field 'seqlen' .*; there are kernel, algorithm, .* max_rel_err and more" \
  "$LINKV" export --db f.db --where "seqlen > 3"
refused "there is no field 'scalar_row' \(a text stands in quotes\)" "$LINKV" export --db f.db --where "kernel = scalar_row"
refused "there is no function 'foo'" "$LINKV" export --db f.db --where "foo(seq_len)"
refused "asked of each row alone" "$LINKV" export --db f.db --where "max(seq_len) > 3"
refused "'and' makes no sense where it stands" "$LINKV" export --db f.db --where "seq_len is and 3"
refused "more than one|makes no sense" "$LINKV" export --db f.db --where "1; 2"
refused "--columns: there is no field 'foo'; there are kernel, " "$LINKV" export --db f.db --columns kernel,foo
refused "SQL" "$LINKV" export --db f.db --where "1); DROP TABLE point; --"
[ "$(query f.db 'SELECT count(*) FROM point')" -eq 4 ] || fail "a filter changed the database"
echo "every format holds every field"
