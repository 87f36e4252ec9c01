#!/usr/bin/env bash
# Kernels that misbehave cost their own rows, with a status and a reason; the rest is measured.
. "$(dirname "$0")/common.sh"
cd "$work"
# In a sanitizer's build: signals end the worker, and malloc returns NULL, as elsewhere.
export ASAN_OPTIONS=handle_segv=0:handle_abort=0:allocator_may_return_null=1
cat >c.yaml <<END
name: faults
repetitions: 2
min_time: 0.001
timeout: 3
memory_limit: 64MiB # a sanitizer takes 40 of them
overrides: # these are to run out of memory, however busy the machine
  faulty_exhaust: {timeout: 60}
  faulty_leak: {timeout: 60}
  faulty_share: {timeout: 60}
  faulty_breed: {timeout: 60}
axes:
  kernel: ["faulty_*", scalar_row]
  seq_len: [8, 16, 24]
  head_dim: [4]
where: seq_len = 8 OR kernel = 'faulty_slow'
END
expect 0 "$LINKV" sweep c.yaml --db f.db --dry-run --format json --plugin "$BUILD/tests/plugins/faulty_kernels.so"
python3 - <<'END'
import json, sys
plan = {(p["kernel"], p["seq_len"]): p for p in json.load(open("out"))["plan"]}
assert plan["faulty_memory", 8]["skipped"] == "needs 64.0 TiB, limit 64.0 MiB"
assert not plan["faulty_memory", 8]["repetitions"]
assert plan["scalar_row", 8]["skipped"] is None and plan["scalar_row", 8]["repetitions"] == 2
assert plan["faulty_slow", 24]["skipped"] is None
END
expect 3 "$LINKV" sweep c.yaml --db f.db --quiet --plugin "$BUILD/tests/plugins/faulty_kernels.so"
expect 0 "$LINKV" export --db f.db --format json
python3 - <<'END'
import json, sys
limit = "limit 64.0 MiB"
everything = json.load(open("out"))
rows = {r["kernel"]: r for r in everything if r["seq_len"] == 8}
slow = {r["seq_len"]: r for r in everything if r["kernel"] == "faulty_slow"}
wanted = {
    "scalar_row": ("ok", ""),
    "faulty_segfault": ("crashed", "SIGSEGV"),
    "faulty_abort": ("crashed", "SIGABRT"),
    "faulty_exit": ("crashed", "exited with code"),
    "faulty_loop": ("timeout", "3 s"),
    "faulty_nan": ("wrong", "not finite"),
    "faulty_fails": ("crashed", "failure"),
    "faulty_unsupported": ("skipped", "head_dim"),
    "faulty_memory": ("skipped", limit),
    "faulty_divide": ("crashed", "SIGFPE (Floating point exception): in faulty_divide_here (faulty_kernels.so+0x"),
    "faulty_smash": ("crashed", "killed by SIG"),
    "faulty_overrun": ("crashed", "SIGSEGV (Segmentation fault): at faulty_kernels.so+0x"),
    "faulty_exhaust": ("out_of_memory", limit + "; killed"),
    "faulty_leak": ("out_of_memory", limit + "; "), # kernel faulty_leak: ..., killed, or ended by a sanitizer
    "faulty_share": ("out_of_memory", limit + "; killed"),
    "faulty_breed": ("out_of_memory", limit + "; killed"),
    "faulty_close": ("crashed", "exited with code 2"),
    "faulty_fork": ("ok", ""),
    "faulty_double": ("ok", ""),
    "faulty_slow": ("ok", ""),
    "faulty_unrepeatable": ("untrusted", "repeat"),
    "faulty_prints": ("ok", ""),
    "faulty_zeros": ("wrong", "rows are WRONG"),
}
assert set(rows) == set(wanted), set(rows) ^ set(wanted)
for name, (status, words) in wanted.items():
    r = rows[name]
    assert r["status"] == status, (name, r["status"], r["reason"])
    assert (words in (r["reason"] or "")) if words else r["reason"] is None, (name, r["reason"])
    assert (r["time_ns"] is not None) == (status in ("ok", "untrusted")), name
assert slow[16]["status"] == "timeout", slow[16]
assert slow[24]["status"] == "skipped" and "seq_len 16" in slow[24]["reason"], slow[24]
assert rows["faulty_nan"]["verdict"] == "wrong"
assert rows["faulty_nan"]["max_abs_err"] is None
assert rows["scalar_row"]["verdict"] == "ok"
assert 0 < rows["scalar_row"]["r_stat_max"] <= 1
assert rows["scalar_row"]["decided_share"] == 1
assert rows["faulty_zeros"]["r_stat_max"] > 1
END
expect 3 "$LINKV" sweep c.yaml --db f.db --quiet --plugin "$BUILD/tests/plugins/faulty_kernels.so"
grep -q " 0 repetitions measured now" out || fail "faulty points are measured again"
said=$(query f.db "SELECT said FROM repetition r JOIN point p ON p.id = r.point WHERE kernel = 'faulty_divide'")
[[ $said == "in faulty_divide_here ("* ]] || fail "what a worker said is not kept: '$said'"
! pgrep -f "linkv worker .*$work" || fail "a child outlives its worker"
# --retry measures again what could not be: eight kernels crash, four run out of memory, one
# and another's longer sequence out of time; one does not repeat itself, three are skipped.
expect 3 "$LINKV" sweep c.yaml --db f.db --quiet --retry --plugin "$BUILD/tests/plugins/faulty_kernels.so"
grep -Eq " 18 repetitions measured now" out || { cat out; fail "--retry does not measure again"; }
[ "$(query f.db 'SELECT count(*) FROM point')" -eq 25 ] || fail "--retry doubles points"
echo "faults cost their own rows"
