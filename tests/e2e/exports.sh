#!/usr/bin/env bash
# What other programs read: strict, and without a time of a row that is not good.
. "$(dirname "$0")/common.sh"
cd "$work"
cat >c.yaml <<'END'
name: exports
repetitions: 3
min_time: 0.001
axes:
  kernel: [scalar_row, scalar_stream_merge]
  regime: [positive]
  seq_len: [8, 16]
  head_dim: [4]
END
expect 0 "$LINKV" sweep c.yaml --db f.db --quiet --label "a \"quoted\", 50% <label> & | é_\\ 'x'"
cp f.db good.db
# Rows of every other status, each timed, so that a time that slips through is seen.
for status in wrong untrusted ill_conditioned skipped timeout crashed out_of_memory ok; do
  query f.db "
    INSERT INTO point (key, kernel, stage, regime, seed, batch, seq_len, heads, head_dim, threads, label, machine)
      SELECT 'by hand: $status', 'hand_$status', stage, regime, seed, batch, seq_len, heads, head_dim, threads, label, machine
      FROM point LIMIT 1;
    INSERT INTO repetition (point, repetition, status, reason, time_ns, cpu_ns, iterations, max_rel_err)
      SELECT id, 1, '$status', 'a <reason> & a ' || char(1, 10) || '\"quote\"', 123.0, 123.0, 1, 9e999
      FROM point WHERE key = 'by hand: $status'"
done
# Rounds of a race have no processor time; that is 0 for compare.py, which computes with it.
cp good.db uncounted.db
query uncounted.db "UPDATE repetition SET cpu_ns = NULL"
expect 0 "$LINKV" export --db uncounted.db --format gbench --output uncounted.gbench
[ "$(grep -c '"cpu_time": 0[.]0,' uncounted.gbench)" -eq 16 ] || fail "a processor time that is not known is not 0"
for format in sql gbench bencher github junit latex json; do
  expect 0 "$LINKV" export --db f.db --format $format --output "rows.$format"
  expect 0 "$LINKV" export --db f.db --format $format
  cmp -s out "rows.$format" || fail "--output differs from standard output for $format"
  case $format in gbench | bencher | github | junit)
    grep -q 'note: 8 of 12 rows are not ok' err || fail "$format does not tell what it leaves out" ;;
  esac
  expect 0 "$LINKV" export --db good.db --format $format --output "good.$format"
done
! command -v xmllint >/dev/null || xmllint --noout rows.junit || fail "JUnit is no XML"
sqlite3 back.db <rows.sql
[ "$(query back.db 'SELECT count(*) FROM result WHERE max_rel_err = 9e999')" -eq 8 ] || fail "SQL loses infinities"
query back.db 'UPDATE result SET max_rel_err = NULL WHERE max_rel_err = 9e999'

python3 - <<'END'
import json, sqlite3, xml.etree.ElementTree as tree
def strict(path):
    def refuse(name): raise ValueError(name)
    return json.load(open(path), parse_constant=refuse)
rows = strict("rows.json")
good = [r for r in rows if r["status"] == "ok" and r["verdict"] == "ok"]
assert len(rows) == 12 and len(good) == 4
names = ["{kernel}/{stage}/{regime}/seed:{seed}/B:{batch}/T:{seq_len}/H:{heads}/d:{head_dim}".format(**r)
         + (f"/k:{r['tile_k']}" if r["tile_k"] else "") + f"/p:{r['threads']}" for r in good]

# SQL: the same rows, but for the infinities that were looked at already.
back = sqlite3.connect("back.db")
back.row_factory = sqlite3.Row
for was, now in zip(rows, back.execute("SELECT * FROM result"), strict=True):
    assert was == dict(now), {k: (was[k], now[k]) for k in was if was[k] != now[k]}

# Google Benchmark: repetitions and their median, of good rows alone.
gbench = strict("rows.gbench")
wanted = "date host_name executable num_cpus mhz_per_cpu cpu_scaling_enabled caches load_avg library_build_type".split()
assert not set(wanted) - set(gbench["context"]) and gbench["context"]["num_cpus"] >= 1
assert len(gbench["context"]["left_out"]) == 8 and len(gbench["benchmarks"]) == 4 * (3 + 1)
for name, r in zip(names, good):
    runs = [b for b in gbench["benchmarks"] if b["name"] == name]
    middle, = [b for b in gbench["benchmarks"] if b["name"] == name + "_median"]
    assert [b["repetition_index"] for b in runs] == [0, 1, 2]
    assert all(b["run_type"] == "iteration" and b["iterations"] > 0 and b["cpu_time"] > 0 for b in runs)
    assert sorted(b["real_time"] for b in runs)[1] == middle["real_time"] == r["time_ns"]
    assert middle["run_type"] == "aggregate" and middle["aggregate_name"] == "median"
    for b in runs + [middle]:
        assert b["run_name"] == name and b["time_unit"] == "ns" and b["repetitions"] == 3 and b["threads"] == 1

# Bencher.
bencher = strict("rows.bencher")
assert len(bencher) == 12
for name, measures in bencher.items():
    if name in names:
        r = good[names.index(name)]
        assert measures["failure"] == {"value": 0}
        assert measures["latency"] == {"value": r["time_ns"], "lower_value": r["time_ns_low"], "upper_value": r["time_ns_high"]}
        assert measures["relative-error"]["value"] == r["max_rel_err"]
    else:
        assert measures == {"failure": {"value": 1}}, measures

# github-action-benchmark: names differ, values are numbers.
github = {e["name"]: e for e in strict("rows.github")}
assert len(github) == len(strict("rows.github")) == 12 + 4 * 2
for name, r in zip(names, good):
    assert github[name]["value"] == r["time_ns"] and github[name]["unit"] == "ns"
    assert github[name + " failure"]["value"] == 0
bad = [e for n, e in github.items() if n.endswith(" failure") and e["value"] == 1]
assert len(bad) == 8 and all("reason" in e["extra"] or "not judged" in e["extra"] for e in bad)
assert not any(n.startswith("hand_") and not n.endswith(" failure") for n in github)

# JUnit: a pass is a good row, and nothing else is.
suite = tree.parse("rows.junit").getroot().find("testsuite")
verdicts = {}
for case in suite.iter("testcase"):
    kind = [child.tag for child in case] or ["passed"]
    assert len(kind) == 1 and ("time" in case.attrib) == (kind == ["passed"])
    verdicts.setdefault(kind[0], set()).add(case.get("classname"))
hand = lambda *names: {"hand_" + n for n in names}
assert verdicts == {"passed": {"scalar_row", "scalar_stream_merge"}, "failure": hand("wrong", "untrusted"),
                    "error": hand("timeout", "crashed", "out_of_memory"),
                    "skipped": hand("skipped", "ill_conditioned", "ok")}, verdicts
assert [suite.get(n) for n in ("tests", "failures", "errors", "skipped")] == ["12", "2", "3", "3"]
assert '<reason> & a' in suite.find(".//failure").get("message")
assert all(c[0].text.startswith(c[0].get("message") + "\nlinkv ") for c in suite if len(c) and "linkv" in c[0].text), "no command"
assert all(c[0].get("message") in c[0].text for c in suite if len(c)), "what a server shows is no reason"
assert set(tree.parse("rows.junit").getroot().attrib) == {"name", "tests", "failures", "errors"}

# LaTeX: as many cells in every row, no bare special character.
lines = open("good.latex").read().splitlines()
rows_of = [l for l in lines if l.endswith(r"\\")]
assert len(rows_of) == 5 and len({l.replace(r"\&", "").count("&") for l in rows_of}) == 1
assert lines[0].startswith("% ") and r"50\% $<$label$>$ \& $|$ é\_\textbackslash{}" in lines[0]
assert lines[1].startswith(r"\begin{tabular}{l") and lines[-2:] == [r"\bottomrule", r"\end{tabular}"]
END

# Google Benchmark's own reader, where it is installed. Of SciPy, which it wants, two functions do.
compare=/usr/share/benchmark/compare.py
if [ -e $compare ] && /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
  mkdir -p scipy
  : >scipy/__init__.py
  cat >scipy/stats.py <<'END'
import math
from types import SimpleNamespace
from numpy import array
def mean(c): return math.exp(sum(math.log(x) for x in c) / len(c)) if all(c) else 0
def gmean(rows): return array([mean(c) for c in zip(*rows)])
def mannwhitneyu(a, b, alternative): return SimpleNamespace(pvalue=0.5 if len(a) and len(b) else None)
END
  sed -E 's/"real_time": ([0-9.]+)/"real_time": 9\1/' good.gbench >slower.gbench
  PYTHONPATH=$work expect 0 /usr/bin/python3 $compare --no-color benchmarks good.gbench slower.gbench
  [ "$(grep -c '^scalar_.*/p:1 ' out)" -eq 12 ] || fail "compare.py does not list 12 repetitions"
  [ "$(grep -c '^scalar_.*_pvalue .*U Test, Repetitions: 3 vs 3' out)" -eq 4 ] || fail "compare.py makes no test"
  grep -q '^OVERALL_GEOMEAN' out || fail "compare.py gives no mean"
  PYTHONPATH=$work expect 0 /usr/bin/python3 $compare --no-color benchmarks uncounted.gbench good.gbench
  PYTHONPATH=$work expect 0 /usr/bin/python3 $compare --no-color benchmarks rows.gbench rows.gbench
  ! grep -q hand_ out || fail "compare.py is given the time of a row that is not good"
fi
if command -v pdflatex >/dev/null; then
  { printf '%s\n' '\documentclass{article}\usepackage{booktabs}\begin{document}\tiny'; grep -v '^%' rows.latex
    sed -n '1s/^% //p' good.latex; printf '%s\n' '\end{document}'; } >page.tex
  expect 0 pdflatex -interaction=nonstopmode -halt-on-error page.tex
fi

expect 0 "$LINKV" export --db f.db --format sql --columns kernel,time_ns
grep -q '^CREATE TABLE result ("kernel" TEXT, "time_ns" REAL);$' out || fail "--columns does not choose SQL's"
refused "columns of --format gbench cannot be chosen" "$LINKV" export --db f.db --format gbench --columns kernel

# Two rows that would be one benchmark; rows of which a gate gets none.
query good.db "INSERT INTO point (key, kernel, stage, regime, seed, batch, seq_len, heads, head_dim, tile_k, threads, label, machine)
    SELECT 'older', kernel, stage, regime, seed, batch, seq_len, heads, head_dim, tile_k, threads, label, machine FROM point LIMIT 1;
  INSERT INTO repetition (point, repetition, status, time_ns) SELECT id, 1, 'ok', 1 FROM point WHERE key = 'older'"
for format in gbench bencher github junit; do
  refused "two rows are the benchmark 'scalar_.*--every-build" "$LINKV" export --db good.db --every-build --format $format
  expect 4 "$LINKV" export --db f.db --where "kernel = 'hand_wrong'" --format $format
done
echo "every format is strict, and gives no time that was not judged"
