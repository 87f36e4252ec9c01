#!/usr/bin/env bash
# Builds the kernels of two commits and races them: scripts/ab_commits.sh BASE HEAD [CONFIG] [options of linkv ab]
# LINKV names the linkv that races; default build/release/bin/linkv. Exit status: that of linkv ab.
set -euo pipefail

# On GitHub as an annotation, too.
die() {
  echo "$0: $*" >&2
  [ -z "${GITHUB_ACTIONS:-}" ] || echo "::error title=linkv::${*//%/%25}"
  exit 2
}

[ $# -ge 2 ] || { echo "usage: $0 BASE HEAD [CONFIG.yaml] [options of linkv ab]" >&2; exit 2; }
cd "$(dirname "$0")/.."
commits=("$1" "$2")
config=${3:-configs/ab.yaml}
shift $(($# < 3 ? $# : 3))
linkv=${LINKV:-build/release/bin/linkv}
[ -x "$linkv" ] || die "no $linkv; build it, or name one with LINKV"
work=$(mktemp -d)
clean() {
  for tree in "$work/0" "$work/1"; do
    [ ! -e "$tree" ] || git worktree remove --force "$tree"
  done
  rm -rf "$work"
}
trap clean EXIT
# What ninja says of the first that failed, whatever ran beside it; or CMake's last words.
why() {
  awk '/^FAILED:/ { found = 1 } found && !/^\[/ && shown++ < 20' "$work/log" | grep . || tail -n 20 "$work/log"
}
for side in 0 1; do
  hash[side]=$(git rev-parse --verify --quiet --short=12 "${commits[side]}^{commit}") ||
    die "'${commits[side]}' is no commit here; of a shallow clone fetch more (fetch-depth of checkout, GIT_DEPTH)"
done
for side in 0 1; do
  git worktree add --quiet --detach "$work/$side" "${hash[side]}" || die "'${commits[side]}' cannot be checked out"
  # The kernels alone, as a shared library.
  { cmake -S "$work/$side" -B "$work/$side/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DLINKV_HARNESS=OFF \
      -DBUILD_SHARED_LIBS=ON && cmake --build "$work/$side/build" --target linkv_kernels; } >"$work/log" 2>&1 ||
    { why >&2; die "'${commits[side]}' does not build"; }
done
"$linkv" ab --base "$work/0/build/kernels/liblinkv.so" --base-commit "${hash[0]}" \
  --head "$work/1/build/kernels/liblinkv.so" --head-commit "${hash[1]}" "$config" "$@"
