#!/usr/bin/env bash
# Builds linkv and runs its tests.
#   scripts/test.sh [PRESET] [ctest options...]     default preset: release
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
[ $# -gt 0 ] && shift
cmake --preset "$preset"
cmake --build --preset "$preset"
# One test more than cores: some wait, for a timeout or for a lock.
ctest --preset "$preset" -j "$(($(nproc) + 1))" "$@"
