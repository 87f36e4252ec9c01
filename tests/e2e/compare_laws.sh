#!/usr/bin/env bash
# What must hold of any comparison: the sides changed, slower is faster; both in another unit, or rows in another
# order, nothing changes; and nothing is told that so few repetitions cannot tell. Random rows from fixed seeds.
. "$(dirname "$0")/common.sh"
cd "$work"
python3 - "$LINKV" <<'END'
import json, math, random, subprocess, sys

linkv, rng = sys.argv[1], random.Random(6)
turned = {"slower": "faster", "faster": "slower", "only in base": "only in head", "only in head": "only in base"}


def row(i, times, status):
    return dict(kernel=f"k{i % 3}", stage="attention", regime="gaussian", seed=1, batch=1, seq_len=i, heads=1,
                head_dim=64, threads=1, status=status, verdict=status, machine="m", label="l", max_rel_err=1e-6,
                crowded=rng.choice([0, 0, 0, len(times)]), time_ns=sorted(times)[len(times) // 2],
                times_ns=" ".join(map(repr, times)))


def times_of(row):
    return [float(t) for t in row["times_ns"].split()]


def compare(base, head, *words):
    for name, rows in ("base", base), ("head", head):
        with open(f"{name}.jsonl", "w") as out:
            out.writelines(json.dumps(r) + "\n" for r in rows)
    return subprocess.run([linkv, "compare", "base.jsonl", "head.jsonl", *words], capture_output=True, text=True)


def points(answer):
    return {p["name"]: p for p in json.loads(answer.stdout)["points"]}


def near(a, b):
    return a == b or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)


def check(holds, *facts):
    if not holds:
        sys.exit(f"FAILED: {facts}")


for trial in range(10):
    base, head = [], []
    for i in range(12):
        time, count = 10 ** rng.uniform(2, 7), rng.choice([1, 2, 3, 4, 5, 6, 8, 12, 50, 70])
        noise = rng.choice([0, 1e-3, 0.05])  # without noise all times are tied
        times = [time * (1 + noise * rng.gauss(0, 1)) for _ in range(count)]
        factor, others = rng.choice([1, 1, 1.02, 1.1, 0.9, 2]), rng.choice([1, 3, 4, 5, 8, 50, 70])
        status = rng.choice(["ok"] * 8 + ["wrong", "crashed"])
        base.append(row(i, times, status))
        if rng.random() < 0.9:
            head.append(row(i, [factor * rng.choice(times) for _ in range(others)], rng.choice([status, "ok"])))
    margin = "--max-slowdown", rng.choice(["0", "3%", "1000"])
    plain = compare(base, head, *margin, "--format", "json")
    forth, back = points(plain), points(compare(head, base, *margin, "--format", "json"))
    scaled = [[dict(r, times_ns=" ".join(repr(8 * t) for t in times_of(r))) for r in side] for side in (base, head)]
    other_unit = points(compare(*scaled, *margin, "--format", "json"))
    check(forth.keys() == back.keys() == other_unit.keys(), trial, "points")
    for name, p in forth.items():
        q, s = back[name], other_unit[name]
        check(q["verdict"] == turned.get(p["verdict"], p["verdict"]) and s["verdict"] == p["verdict"], trial, p, q, s)
        check(near(p["p_value"], q["p_value"]) and near(p["p_value"], s["p_value"]), trial, p, q, s)
        if p["ratio"]:
            check(near(p["ratio"]["estimate"] * q["ratio"]["estimate"], 1), trial, p, q)
        if p["verdict"] in ("slower", "faster"):
            n, m = p["base_repetitions"], p["head_repetitions"]
            check(2 / math.comb(n + m, n) <= p["p_value"] * (1 + 1e-9) <= 0.02 * (1 + 1e-9), trial, p)
    form = "--format", rng.choice(["table", "md", "json", "junit", "github"])
    first = compare(base, head, *margin, *form)
    rng.shuffle(base), rng.shuffle(head)
    second = compare(base, head, *margin, *form)
    check((first.returncode, first.stdout) == (second.returncode, second.stdout), trial, "order of rows")
END
echo "comparisons keep their laws"
