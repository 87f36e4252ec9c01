#!/usr/bin/env bash
# Kernels that misbehave cost their own rows, with a status and a reason; the rest is measured.
. "$(dirname "$0")/common.sh"
cd "$work"
# In a sanitizer's build: signals end the worker, as elsewhere.
export ASAN_OPTIONS=handle_segv=0:handle_abort=0
cat >c.yaml <<'END'
name: faults
repetitions: 2
min_time: 0.001
timeout: 2
axes:
  kernel: ["faulty_*", scalar_row]
  seq_len: [8]
  head_dim: [4]
END
expect 3 "$LINKV" sweep c.yaml --db f.db --quiet --plugin "$BUILD/tests/plugins/faulty_kernels.so"
expect 0 "$LINKV" export --db f.db --format json
python3 - <<'END'
import json
rows = {r["kernel"]: r for r in json.load(open("out"))}
wanted = {
    "scalar_row": ("ok", ""),
    "faulty_segfault": ("crashed", "SIGSEGV"),
    "faulty_abort": ("crashed", "SIGABRT"),
    "faulty_exit": ("crashed", "exited with code"),
    "faulty_loop": ("timeout", "2 s"),
    "faulty_nan": ("wrong", "not finite"),
    "faulty_fails": ("crashed", "failure"),
    "faulty_unsupported": ("skipped", "head_dim"),
    "faulty_memory": ("out_of_memory", "GiB"),
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
assert rows["faulty_nan"]["verdict"] == "wrong"
assert rows["faulty_nan"]["max_abs_err"] is None
assert rows["scalar_row"]["verdict"] == "ok"
assert 0 < rows["scalar_row"]["r_stat_max"] <= 1
assert rows["scalar_row"]["decided_share"] == 1
assert rows["faulty_zeros"]["r_stat_max"] > 1
END
expect 3 "$LINKV" sweep c.yaml --db f.db --quiet --plugin "$BUILD/tests/plugins/faulty_kernels.so"
grep -q " 0 repetitions measured now" out || fail "faulty points are measured again"
# --retry measures again what could not be measured: four kernels crash, one loops, one needs
# too much memory, one does not repeat itself.
expect 3 "$LINKV" sweep c.yaml --db f.db --quiet --retry --plugin "$BUILD/tests/plugins/faulty_kernels.so"
grep -Eq " 7 repetitions measured now" out || { cat out; fail "--retry does not measure again"; }
[ "$(query f.db 'SELECT count(*) FROM point')" -eq 12 ] || fail "--retry doubles points"
echo "faults cost their own rows"
