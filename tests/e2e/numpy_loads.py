"""Loads with NumPy what unit.io.npz_write wrote: numpy_loads.py PATH

Exits 0 where every array is right, 1 where one is not, 77 (skip) without NumPy.
"""
import sys

try:
    import numpy as np
except ImportError:
    sys.exit(77)

expected = {
    "Y": np.arange(24, dtype="<f4").reshape(2, 3, 4) / np.float32(8),
    "wide": np.array([1e-300, -np.inf, np.nan]),
    "count": np.array(-(2**63), dtype="<i8"),
    "deep": -np.arange(4, dtype="<f4").reshape(1, 2, 1, 1, 1, 1, 1, 2),
    "empty": np.zeros((0, 5)),
    "d\u00e9j\u00e0": np.array(0.1),
}


def main(path):
    with np.load(path, allow_pickle=False) as file:
        wrong = [] if sorted(file.files) == sorted(expected) else [sorted(file.files)]
        for name, want in expected.items():
            if name not in file.files:
                continue
            got = file[name]
            same = got.dtype == want.dtype and got.shape == want.shape
            if not same or not np.array_equal(got, want, equal_nan=True):
                wrong.append((name, got.dtype, got.shape, got))
    for what in wrong:
        print(path, "differs:", what, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
