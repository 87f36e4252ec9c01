#!/usr/bin/env python3
"""Writes the .inc files beside it: what SciPy, statsmodels and NumPy make of small samples;
of tied ranks, where SciPy has the normal alone, what counting all choices makes.

    python3 -m venv v && v/bin/pip install scipy statsmodels
    v/bin/python tests/unit/stats/data/make_reference.py
"""
import pathlib
from fractions import Fraction

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests

draw = np.random.default_rng(20261123)
head = (f"/* Written by make_reference.py: SciPy {scipy.__version__}, statsmodels {statsmodels.__version__}, "
        f"NumPy {np.__version__}. */\n")


def put(name, fields, rows):
    """One array of structs: a field is 'double x', or 'double x[]' for a list."""
    longest, out = {}, []
    for i, field in enumerate(fields):
        if field.endswith("[]"):
            longest[i] = max(len(row[i]) for row in rows)
    out.append("static const struct {")
    for i, field in enumerate(fields):
        out.append(f"  {field[:-2]}[{longest[i]}];" if i in longest else f"  {field};")
    out.append("} known[] = {")
    for row in rows:
        cells = []
        for value in row:
            if isinstance(value, (list, np.ndarray)):
                cells.append("{" + ", ".join(number(v) for v in value) + "}")
            else:
                cells.append(number(value))
        out.append("  {" + ", ".join(cells) + "},")
    out.append("};\n")
    pathlib.Path(__file__).with_name(f"{name}.inc").write_text(head + "\n".join(out))


def number(value):
    return str(int(value)) if isinstance(value, (int, np.integer)) else repr(float(value))


def rounded(values, digits=3):
    return np.round(values, digits)


# Samples as times are: skewed, some with ties, some shifted.
def times(n, scale=1.0, digits=6):
    return rounded(scale * draw.lognormal(0, 0.3, n), digits)


def interval_of(estimates, p_at, level):
    """The estimates between which a test does not reject, by asking it in each gap."""
    estimates = np.sort(estimates)
    kept = [i for i in range(len(estimates) - 1)
            if estimates[i] < estimates[i + 1]
            and p_at((estimates[i] + estimates[i + 1]) / 2) > (1 - level) * (1 + 1e-12)]
    return estimates[kept[0]], estimates[kept[-1] + 1]


def exact_p(weights, seen):
    """Two-sided, of whole weights by sum."""
    below = sum(w for s, w in weights.items() if s <= seen)
    above = sum(w for s, w in weights.items() if s >= seen)
    return min(1.0, float(Fraction(2 * min(below, above), sum(weights.values()))))


def tied_mann_whitney(x, y):
    """Counts choices of len(x) ranks by their sum."""
    ranks = [round(2 * r) for r in stats.rankdata(np.concatenate([x, y]))]
    weights = [{0: 1}] + [{} for _ in x]
    for r in ranks:
        for k in range(len(x), 0, -1):
            for s, w in weights[k - 1].items():
                weights[k][s + r] = weights[k].get(s + r, 0) + w
    return exact_p(weights[len(x)], sum(ranks[:len(x)]))


def tied_wilcoxon(d):
    """Counts choices of signs by the sum of the positive ranks."""
    ranks = [round(2 * r) for r in stats.rankdata(abs(d))]
    weights = {0: 1}
    for r in ranks:
        taken = dict(weights)
        for s, w in weights.items():
            taken[s + r] = taken.get(s + r, 0) + w
        weights = taken
    return exact_p(weights, sum(r for r, v in zip(ranks, d) if v > 0))


rows = []
for n, m, scale, digits in [(1, 1, 1, 6), (1, 5, 1, 6), (3, 3, 3, 6), (5, 5, 1.1, 6), (8, 6, 1.3, 6),
                            (12, 15, 1.05, 6), (20, 20, 1.2, 6), (40, 40, 1.1, 6), (9, 11, 1.2, 1),
                            (20, 20, 1.1, 1), (41, 12, 1.2, 6), (64, 64, 1.1, 6), (3, 4, 1, 0)]:
    x, y = times(n, scale, digits), times(m, 1, digits)
    tied = len(set(np.concatenate([x, y]))) < n + m
    method = "exact" if not tied and max(n, m) <= 64 else "asymptotic"
    found = stats.mannwhitneyu(x, y, alternative="two-sided", method=method)
    p = tied_mann_whitney(x, y) if tied and max(n, m) <= 64 else found.pvalue
    rows.append([n, x, m, y, found.statistic, p])
more = np.random.default_rng(70)
x, y = rounded(more.lognormal(0.1, 0.3, 70), 1), rounded(more.lognormal(0, 0.3, 66), 1)
found = stats.mannwhitneyu(x, y, alternative="two-sided", method="asymptotic")
rows.append([70, x, 66, y, found.statistic, found.pvalue])
rows.append([70, [1.0] * 70, 1, [2.0], 0.0, 2 / 71])  # the normal alone makes 2e-16 of it
for x, y in [([2.0] * 4, [1.0] * 4), ([1.0, 1.0, 2.0, 2.0, 3.0], [2.0, 3.0, 3.0, 4.0])]:
    every = stats.PermutationMethod(n_resamples=np.inf)
    found = stats.mannwhitneyu(x, y, alternative="two-sided", method=every)
    rows.append([len(x), x, len(y), y, found.statistic, found.pvalue])
put("mann_whitney", ["size_t n", "double x[]", "size_t m", "double y[]", "double u", "double p"], rows)

rows = []
for n, shift, digits in [(1, 0, 6), (4, 0.3, 6), (6, 0.5, 6), (10, 0, 6), (15, 0.1, 6), (30, 0.05, 6),
                         (50, 0.1, 6), (64, 0.02, 6), (65, 0.05, 6), (12, 0.1, 1), (40, 0.1, 1), (200, 0.02, 6)]:
    d = rounded(times(n, 1, digits) - times(n, 1, digits) + shift, digits)
    used = d[d != 0]
    tied = len(set(abs(used))) < len(used)
    method = "exact" if not tied and len(used) <= 64 else "asymptotic"
    found = stats.wilcoxon(used, correction=True, method=method, alternative="greater")
    p = stats.wilcoxon(used, correction=True, method=method).pvalue
    if tied and len(used) <= 64:
        p = tied_wilcoxon(used)
    rows.append([n, d, len(used), found.statistic, p])
for d in [[1.0] * 6, [1.0, -1.0, 2.0, 2.0, 3.0, 3.0, 3.0]]:
    d = np.array(d)
    every = stats.PermutationMethod(n_resamples=np.inf)
    rows.append([len(d), d, len(d), stats.wilcoxon(d, alternative="greater").statistic,
                 stats.wilcoxon(d, method=every).pvalue])
put("signed_rank", ["size_t n", "double d[]", "size_t used", "double sum", "double p"], rows)

rows = []
for n, m, level in [(4, 4, 0.9), (6, 8, 0.95), (10, 10, 0.95), (12, 9, 0.99), (20, 20, 0.95)]:
    x, y = times(n, 1.2), times(m)
    differences = (x[:, None] - y[None, :]).ravel()
    low, high = interval_of(differences, lambda s: stats.mannwhitneyu(x - s, y, method="exact").pvalue, level)
    rows.append([n, x, m, y, level, np.median(differences), low, high])
put("samples", ["size_t n", "double x[]", "size_t m", "double y[]", "double level", "double estimate",
                      "double low", "double high"], rows)

rows = []
for n, level in [(6, 0.9), (8, 0.95), (12, 0.99), (20, 0.95), (40, 0.99), (64, 0.95)]:
    d = rounded(draw.normal(0.05, 0.1, n) + draw.exponential(0.1, n), 6)
    means = np.array([(d[i] + d[j]) / 2 for i in range(n) for j in range(i, n)])
    low, high = interval_of(means, lambda s: stats.wilcoxon(d - s, method="exact").pvalue, level)
    rows.append([n, d, level, np.median(means), low, high])
put("pairs", ["size_t n", "double d[]", "double level", "double estimate", "double low", "double high"], rows)

rows = []
for p in [[0.04], [0.01, 0.04, 0.03, 0.005], [0.5, 0.6, 0.9], [0.02] * 5,
          list(rounded(draw.uniform(0, 1, 20) ** 4, 8))]:
    rows.append([len(p), p, multipletests(p, method="holm")[1]])
put("holm", ["size_t n", "double p[]", "double adjusted[]"], rows)

rows = []
for values in [[1.0], [1.0, 2.0], [3.0, 3.0, 3.0], [2.0, 2.0, 2.0, 9.0], list(times(5)), list(times(20))]:
    mad = stats.median_abs_deviation(values)
    scale = (mad / stats.norm.ppf(0.75) if mad > 0
             else np.sqrt(np.pi / 2) * np.mean(np.abs(np.array(values) - np.median(values))))
    rows.append([len(values), values, np.median(values), mad, scale])
put("spread", ["size_t n", "double values[]", "double median", "double mad", "double scale"], rows)

rows = []
for p in [0.5, 0.1, 0.05, 0.01, 1e-4, 1e-10]:
    for freedom in [1, 2, 3, 7, 29, 63, 1000]:
        rows.append([p, freedom, -stats.t.ppf(p / 2, freedom)])
put("student", ["double p", "double freedom", "double t"], rows)

rows = []
for n, level in [(2, 0.95), (5, 0.9), (30, 0.99)]:
    values = times(n, 1.1)
    logs = np.log(values)
    low, high = stats.t.interval(level, n - 1, logs.mean(), stats.sem(logs))
    rows.append([n, values, level, stats.gmean(values), np.exp(low), np.exp(high)])
put("geometric", ["size_t n", "double values[]", "double level", "double mean", "double low", "double high"],
    rows)


def philox_uniform(seed, stream, index):
    """random_uniform of random.h, from the definition of Philox4x32-10."""
    c = [index & 0xFFFFFFFF, index >> 32, stream, 0]
    k = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ k[1], a & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return (((c[1] << 32 | c[0]) >> 12) + 0.5) * 2.0**-52


# The draws are the library's; SciPy does the rest.
rows = []
for n, level, resamples, seed in [(1, 0.95, 10, 1), (5, 0.95, 500, 7), (12, 0.99, 1000, 2**40 + 3), (25, 0.9, 500, 3)]:
    values = times(n)
    medians = [np.median([values[int(philox_uniform(seed, r, i) * n)] for i in range(n)])
               for r in range(resamples)]
    low, high = np.percentile(medians, [50 * (1 - level), 50 * (1 + level)])
    rows.append([n, values, level, resamples, seed, np.median(values), low, high])
    if n > 1:
        theirs = stats.bootstrap((values,), np.median, confidence_level=level, n_resamples=100000,
                                 method="percentile", random_state=1).confidence_interval
        print(f"bootstrap of {n}: [{low:.4f}, {high:.4f}], scipy with draws of its own [{theirs.low:.4f}, "
              f"{theirs.high:.4f}]")
put("bootstrap", ["size_t n", "double values[]", "double level", "size_t resamples", "uint64_t seed",
                        "double median", "double low", "double high"], rows)
