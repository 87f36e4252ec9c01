"""Times this operator in PyTorch and in linkv, side by side, and prints ratios.

Three forms in PyTorch, one head, causal, float32, on one thread:

  definitional  every prefix state, effective key and value in memory, as the notebook
                writes it: O(T^2 d^2)
  pairs         reassociated, T x T matrices: O(T^2 d) time, O(T^2) memory
  blocks        reassociated, a block of queries at a time against all keys before it,
                with prefix states: O(T^2 d) time, O(block T) memory

Each round times every contender once, in turns, so that drift of the machine hits all
alike; a contender's time is the median over rounds. scripts/compare_torch.sh runs this.
"""
import argparse
import fnmatch
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import numpy
import torch

NAMES = ("Q", "QK", "KK", "VK", "QV", "KV", "VV")
EPS = 1e-6


def definitional(Q, QK, KK, VK, QV, KV, VV):
    def effective(query, key, value):
        states = torch.einsum("tk,tv->tkv", key, value).cumsum(0)
        numerator = torch.einsum("ik,tkv->tiv", query, states)
        return numerator / ((key.cumsum(0) @ query.T)[..., None] + EPS)

    logits = torch.einsum("tk,tik->ti", Q, effective(QK, KK, VK))
    later = torch.ones(len(Q), len(Q), dtype=torch.bool).triu(1)
    weight = torch.softmax(logits.masked_fill(later, -torch.inf), 1)
    return torch.einsum("ti,tiv->tv", weight, effective(QV, KV, VV))


def pairs(Q, QK, KK, VK, QV, KV, VV):
    r = (Q @ VK.T).tril() @ KK
    logits = (r @ QK.T) / (KK.cumsum(0) @ QK.T + EPS)
    later = torch.ones(len(Q), len(Q), dtype=torch.bool).triu(1)
    weight = torch.softmax(logits.masked_fill(later, -torch.inf), 1)
    g = (weight / (KV.cumsum(0) @ QV.T + EPS)) @ QV
    return (g @ KV.T).tril() @ VV


def blocks(Q, QK, KK, VK, QV, KV, VV, block):
    y = torch.empty_like(Q)
    z_k, z_v = KK.cumsum(0), KV.cumsum(0)
    s_k = s_v = torch.zeros(Q.shape[1], Q.shape[1], dtype=Q.dtype)
    for first in range(0, len(Q), block):
        end = min(first + block, len(Q))
        now = slice(first, end)
        r = Q[now] @ s_k.T + (Q[now] @ VK[now].T).tril() @ KK[now]
        logits = (r @ QK[:end].T).div_(z_k[now] @ QK[:end].T + EPS)
        later = torch.ones(end - first, end - first, dtype=torch.bool).triu(1)
        logits[:, first:].masked_fill_(later, -torch.inf)
        weight = torch.softmax(logits, 1).div_(z_v[now] @ QV[:end].T + EPS)
        g = weight @ QV[:end]
        y[now] = g @ s_v + (g @ KV[now].T).tril() @ VV[now]
        s_k = s_k + KK[now].T @ VK[now]
        s_v = s_v + KV[now].T @ VV[now]
    return y


def make_inputs(seq_len, head_dim, dtype):
    """Positive features and keys, values and Q of both signs: well conditioned."""
    generator = torch.Generator().manual_seed(1)
    inputs = []
    for name in NAMES:
        x = torch.rand(seq_len, head_dim, generator=generator, dtype=torch.float64)
        signed = name in ("Q", "VK", "VV")
        inputs.append((2 * x - 1 if signed else x + 0.05).to(dtype))
    return inputs


def relative_error(y, reference):
    return ((y.double() - reference).abs().max() / reference.abs().max()).item()


def time_call(call, min_time):
    """Seconds a call, over as many calls as fill min_time."""
    count, start = 0, time.perf_counter()
    while True:
        call()
        count += 1
        took = time.perf_counter() - start
        if took >= min_time:
            return took / count


class Torch:
    def __init__(self, name, form, inputs):
        self.name, self.form, self.inputs = name, form, inputs

    def time(self, min_time):
        return time_call(lambda: self.form(*self.inputs), min_time)


class Linkv:
    def __init__(self, linkv, name, seq_len, head_dim):
        self.name = name
        self.command = [
            linkv, "time", "--kernel", name, "--seq-len", str(seq_len), "--head-dim",
            str(head_dim), "--regime", "positive", "--repetitions", "1", "--format", "json",
        ]

    def time(self, min_time):
        command = self.command + ["--min-time", str(min_time)]
        row = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)[0]
        if row["status"] != "ok":
            sys.exit(f"{self.name}: {row['status']}: {row['reason']}")
        return row["time_ns"] * 1e-9


def available_kernels(linkv, globs):
    listed = subprocess.run(
        [linkv, "kernels", "--format", "json"], check=True, capture_output=True
    ).stdout
    return [
        k["name"]
        for k in json.loads(listed)
        if k["available"]
        and k["operand_type"] == "float32"
        and any(fnmatch.fnmatchcase(k["name"], g) for g in globs)
    ]


def check_agreement(linkv, kernels, seq_len=96, head_dim=32):
    """Every contender computes the same operator, or the ratios mean nothing."""
    reference = definitional(*make_inputs(seq_len, head_dim, torch.float64))
    inputs = make_inputs(seq_len, head_dim, torch.float32)
    errors = {
        "torch definitional": relative_error(definitional(*inputs), reference),
        "torch pairs": relative_error(pairs(*inputs), reference),
        "torch blocks": relative_error(blocks(*inputs, block=40), reference),
    }
    with tempfile.TemporaryDirectory() as folder:
        case, out = os.path.join(folder, "case.npz"), os.path.join(folder, "y.npz")
        arrays = {n: x[None, :, None, :].numpy() for n, x in zip(NAMES, inputs)}
        numpy.savez(case, eps=EPS, **arrays)
        for name in kernels:
            subprocess.run(
                [linkv, "run", "--kernel", name, "--input", case, "--output", out],
                check=True, capture_output=True,
            )
            y = torch.from_numpy(numpy.load(out)["Y"].reshape(seq_len, head_dim))
            errors[name] = relative_error(y, reference)
    wrong = {name: e for name, e in errors.items() if not e <= 1e-2}
    if wrong:
        sys.exit(f"these do not compute the operator: {wrong}")
    return errors


def contenders(args, kernels, seq_len):
    inputs = make_inputs(seq_len, args.head_dim, torch.float32)
    # The best block for this shape, so that the form is shown at its best.
    trial = {
        b: time_call(lambda: blocks(*inputs, block=b), args.min_time)
        for b in args.block
        if b <= max(seq_len, min(args.block))
    }
    best = min(trial, key=trial.get)
    found = [Torch(f"torch blocks of {best}", lambda *x: blocks(*x, block=best), inputs)]
    found.append(Torch("torch pairs", pairs, inputs))
    if seq_len <= args.definitional_max:
        found.append(Torch("torch definitional", definitional, inputs))
    return found + [Linkv(args.linkv, k, seq_len, args.head_dim) for k in kernels]


def measure(args, kernels, seq_len):
    """Median seconds of each contender, the blocks of queries first."""
    racing = contenders(args, kernels, seq_len)
    times = {c.name: [] for c in racing}
    for _ in range(args.rounds):
        for c in racing:
            times[c.name].append(c.time(args.min_time))
    return {name: statistics.median(t) for name, t in times.items()}


def print_table(seq_len, head_dim, times):
    base_name, base = next(iter(times.items()))
    print(f"\nT = {seq_len}, d = {head_dim}: one head, one thread")
    print(f"  {'':22}{'time':>12}{'Gflop/s':>10}{'against ' + base_name:>30}")
    for name, seconds in sorted(times.items(), key=lambda item: item[1]):
        rate = 4 * head_dim * seq_len**2 / seconds * 1e-9
        ratio = base / seconds
        word = f"{ratio:.2f} x faster" if ratio >= 1 else f"{1 / ratio:.2f} x slower"
        word = "" if name == base_name else word
        print(f"  {name:22}{seconds * 1e6:9.1f} µs{rate:10.1f}{word:>30}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--linkv", required=True, help="the linkv command")
    parser.add_argument("--seq-len", type=int, nargs="+", default=[64, 256, 1024, 4096])
    parser.add_argument("--head-dim", type=int, default=64)
    parser.add_argument("--kernel", nargs="+", default=["avx*", "blas_*"], metavar="GLOB")
    parser.add_argument("--block", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--definitional-max", type=int, default=256, metavar="T")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--min-time", type=float, default=0.1, help="seconds a turn")
    parser.add_argument("--format", choices=["table", "json"], default="table")
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    kernels = available_kernels(args.linkv, args.kernel)
    if not kernels:
        sys.exit("no kernel of that name runs here")
    errors = check_agreement(args.linkv, kernels)
    if args.format == "table":
        print(f"PyTorch {torch.__version__}, one thread; {args.rounds} rounds in turns")
        print("largest error against the definition in float64, T = 96, d = 32:")
        for name, error in errors.items():
            print(f"  {name:22}{error:9.1e}")
    results = []
    for seq_len in args.seq_len:
        times = measure(args, kernels, seq_len)
        results.append({"seq_len": seq_len, "head_dim": args.head_dim, "seconds": times})
        if args.format == "table":
            print_table(seq_len, args.head_dim, times)
            sys.stdout.flush()
    if args.format == "json":
        facts = {"torch": torch.__version__, "errors": errors, "results": results}
        print(json.dumps(facts, indent=2))


if __name__ == "__main__":
    main()
