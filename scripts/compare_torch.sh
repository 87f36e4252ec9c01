#!/usr/bin/env bash
# Times this operator in PyTorch and in linkv side by side on one thread, and prints ratios.
#   scripts/compare_torch.sh [--seq-len 64 256 1024 4096] [--head-dim 64] [--kernel GLOB ...]
#                            [--rounds 5] [--format table|json]
# LINKV names the linkv command (default build/release/bin/linkv), PYTHON a Python that has
# PyTorch and NumPy. Exit status 2: one of the two is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

linkv=${LINKV:-build/release/bin/linkv}
if ! command -v "$linkv" >/dev/null; then
  echo "No $linkv. Build it: cmake --preset release && cmake --build --preset release" >&2
  exit 2
fi

for python in "${PYTHON:-}" python3 /usr/bin/python3; do
  if [ -n "$python" ] && "$python" -c 'import torch, numpy' 2>/dev/null; then
    exec "$python" scripts/compare_torch.py --linkv "$linkv" "$@"
  fi
done
cat >&2 <<'END'
No Python here has PyTorch and NumPy. Install one of these, then run this again:
  apt-get install python3-torch python3-numpy        (Debian 12: PyTorch 1.13)
  python3 -m venv venv && venv/bin/pip install numpy torch --index-url \
    https://download.pytorch.org/whl/cpu --extra-index-url https://pypi.org/simple
  PYTHON=venv/bin/python scripts/compare_torch.sh
END
exit 2
