#!/usr/bin/env bash
# What a sweep tells while it runs: a block on a terminal, plain lines, JSON lines, nothing.
. "$(dirname "$0")/common.sh"
cd "$work"
cat >c.yaml <<'EOF'
name: progress
repetitions: 2
min_time: 0.02
axes:
  kernel: [scalar_row, scalar_tile, scalar_per_step]
  seq_len: [8, 16]
  head_dim: [4]
EOF

expect 0 "$LINKV" sweep c.yaml --db q.db --quiet
[ ! -s err ] || fail "--quiet is not"
refused 'quiet and --json-progress' "$LINKV" sweep c.yaml --quiet --json-progress

expect 0 "$LINKV" sweep c.yaml --db j.db --json-progress
python3 - err <<'EOF'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
common = {"event", "done", "total", "failed", "skipped", "left_s"}
assert all(common <= set(e) for e in events)
first, last, between = events[0], events[-1], events[1:-1]
assert first["event"] == "start" and first["points"] * 2 == first["total"] and first["done"] == 0
assert last["event"] == "end" and last["interrupted"] is False
assert last["done"] == last["total"] == len(between)
for e in between:
    assert e["event"] == "repetition" and e["status"] == "ok" and e["time_ns"] > 0 and e["repetition"] in (1, 2)
    assert e["seq_len"] in (8, 16) and e["kernel"].startswith("scalar_") and e["reason"] is None
    assert e["half_width"] is None and e["discarded"] >= 0  # two repetitions: no interval
assert [e["done"] for e in between] == list(range(1, len(between) + 1))
EOF

# On a terminal of 50 columns: the bytes it is sent, with Ctrl-C in the middle or not; of 120
# where a repetition takes long.
cat >terminal.py <<'EOF'
import fcntl, os, pty, re, struct, sys, termios, time
how, command = sys.argv[1], sys.argv[2:]
columns = 120 if how == "long" else 50
pid, fd = pty.fork()
if pid == 0:
    time.sleep(0.2)
    os.execv(command[0], command)
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
sent, told = b"", False
while True:
    try:
        got = os.read(fd, 65536)
    except OSError:
        break
    if not got: break
    sent += got
    if how == "interrupt" and not told and sent.count(b"done") > 2:
        os.write(fd, b"\x03")
        told = True
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
text = sent.decode()
lines = re.split(r"\r\n|\x1b\[\d*A|\r", re.sub(r"\x1b\[(\d+m|J)", "", text))
block = [l for l in lines if l.startswith(("#", ".", "now ", "last ", "     "))]
assert any("done" in l and "left" in l for l in block), text
assert any(l.startswith(("now  scalar_", "now  faulty_loop")) for l in block), text
assert how == "long" or any(l.startswith("last ok scalar_") for l in block), text
assert all(len(l.replace("^C", "")) < columns for l in block), block
if how == "long":  # drawn again while the repetition runs; a busy machine may miss some seconds
    seconds = [int(s) for l in block for s in re.findall(r"^now .* for (\d+) s$", l)]
    assert seconds == sorted(seconds) and len(set(seconds)) >= 2, (seconds, block)
# The last thing done to the block is to take it away; then come whole lines.
tail = text[text.rindex("\x1b[J") + 3:]
assert not any(w in tail for w in ("now  ", "last ", "###")), repr(tail)
assert tail.endswith("\n"), repr(tail)
assert ("goes on: " in tail) == told, repr(tail)
colour = "\x1b[32m" in text
print(code, "coloured" if colour else "plain", "interrupted" if told else "complete")
EOF
run() { python3 terminal.py "$@"; }
[ "$(run whole "$LINKV" sweep c.yaml --db t.db)" = "0 coloured complete" ] || fail "the block on a terminal is not right"
[ "$(NO_COLOR=1 run whole "$LINKV" sweep c.yaml --db n.db)" = "0 plain complete" ] || fail "NO_COLOR is not honoured"
[ "$(run interrupt "$LINKV" sweep c.yaml --db i.db)" = "4 coloured interrupted" ] || fail "Ctrl-C does not leave the terminal clean"
sed -i 's/^repetitions: 2/timeout: 10/' c.yaml
[ "$(run long "$LINKV" sweep c.yaml --db l.db --plugin "$BUILD/tests/plugins/faulty_kernels.so" --set kernel=faulty_loop --set seq_len=8)" = "4 plain complete" ] || fail "the block stands still while a repetition runs"
echo "progress: quiet, JSON, a terminal, a long repetition, and interrupted"
