#!/bin/sh
# consumer.sh BUILD_DIR: installs the kernel library of a build folder into a folder that is
# then moved, and builds and runs tests/e2e/consumer against it, through the CMake package
# and through pkg-config. One of its programs follows wisdom that linkv pick writes here.
set -eu
build=${1:?"usage: consumer.sh BUILD_DIR"}
source=$(cd "$(dirname "$0")/consumer" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
cc=$(cached CMAKE_C_COMPILER)
sanitize=$(cached LINKV_SANITIZE)
flags=${sanitize:+-fsanitize=$sanitize}

cmake --install "$build" --prefix "$work/staged" --component kernels > "$work/install.log"
mv "$work/staged" "$work/prefix"
pc=$(find "$work/prefix" -name linkv.pc)
test -n "$pc" || { echo "consumer.sh: linkv.pc was not installed" >&2; exit 1; }
LD_LIBRARY_PATH=$(dirname "$pc")/..${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH

# A sweep of one kernel: which one is picked is known.
cat > "$work/c.yaml" <<'END'
name: consumer
repetitions: 2
min_time: 0.001
axes:
  kernel: [scalar_stream_online]
  regime: [positive]
  seq_len: [16, 64]
  head_dim: [8]
END
linkv=$build/bin/linkv
"$linkv" sweep "$work/c.yaml" --db "$work/c.db" --quiet > "$work/sweep.log"
"$linkv" pick --db "$work/c.db" --wisdom "$work/wisdom.json" --emit-c "$work/picks.h"

if ! { cmake -S "$source" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" \
    -DCMAKE_C_COMPILER="$cc" -DCMAKE_C_FLAGS="$flags -Wall -Wextra -Werror" -DPICKS="$work" &&
  cmake --build "$work/build"; } > "$work/cmake.log" 2>&1; then
  cat "$work/cmake.log" >&2
  exit 1
fi
"$work/build/consumer"
"$work/build/dispatch" "$work/wisdom.json" scalar_stream_online

PKG_CONFIG_PATH=$(dirname "$pc")${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
# Each word of the flags is an argument of its own.
# shellcheck disable=SC2046,SC2086
"$cc" -std=gnu17 $flags "$source/main.c" $(pkg-config --cflags --libs linkv) -lm \
  -o "$work/consumer"
"$work/consumer"

# The header of picks is C++ too, and is all that a program has to include.
printf '#include "picks.h"\nint main() { return !lkv_use_wisdom(&linkv_picks, nullptr, 0); }\n' > "$work/picks.cc"
# shellcheck disable=SC2046,SC2086
"$(cached CMAKE_CXX_COMPILER)" -std=c++17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$work" \
  $(pkg-config --cflags linkv) "$work/picks.cc"
echo "consumer.sh: the installed package builds and runs through CMake and pkg-config"
