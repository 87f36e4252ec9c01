#!/usr/bin/env bash
# Builds the kernels of two commits and races them: scripts/ab_commits.sh BASE HEAD [CONFIG] [options of linkv ab]
# LINKV names the linkv that races; default build/release/bin/linkv. Exit status: that of linkv ab.
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: $0 BASE HEAD [CONFIG.yaml] [options of linkv ab]" >&2; exit 2; }
cd "$(dirname "$0")/.."
commits=("$1" "$2")
config=${3:-configs/ab.yaml}
shift $(($# < 3 ? $# : 3))
linkv=${LINKV:-build/release/bin/linkv}
[ -x "$linkv" ] || { echo "$0: no $linkv; build it, or name one with LINKV" >&2; exit 2; }
work=$(mktemp -d)
clean() {
  for tree in "$work/0" "$work/1"; do
    [ ! -e "$tree" ] || git worktree remove --force "$tree"
  done
  rm -rf "$work"
}
trap clean EXIT
for side in 0 1; do
  hash[side]=$(git rev-parse --verify --quiet --short=12 "${commits[side]}^{commit}") ||
    { echo "$0: '${commits[side]}' is no commit" >&2; exit 2; }
  git worktree add --quiet --detach "$work/$side" "${commits[side]}" || exit 2
  # The kernels alone, as a shared library.
  { cmake -S "$work/$side" -B "$work/$side/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DLINKV_HARNESS=OFF \
      -DBUILD_SHARED_LIBS=ON && cmake --build "$work/$side/build" --target linkv_kernels; } >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log" >&2; echo "$0: ${commits[side]} does not build" >&2; exit 2; }
done
"$linkv" ab --base "$work/0/build/kernels/liblinkv.so" --base-commit "${hash[0]}" \
  --head "$work/1/build/kernels/liblinkv.so" --head-commit "${hash[1]}" "$config" "$@"
