#!/usr/bin/env bash
# Format, shell and static checks. Needs a configured build/release (scripts/test.sh makes it).
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t sources < <(git ls-files '*.c' '*.h' '*.cc' '*.def' | grep -v '\.def$')
clang-format --dry-run -Werror "${sources[@]}"

mapfile -t scripts < <(git ls-files '*.sh' .ci/run)
shellcheck -x -P SCRIPTDIR "${scripts[@]}"

mapfile -t units < <(git ls-files 'kernels/*.c' 'harness/*.c')
printf '%s\n' "${units[@]}" |
  xargs -P "$(nproc)" -n 8 clang-tidy -p build/release --quiet --warnings-as-errors='*' 2>/dev/null
echo "lint: ${#sources[@]} sources, ${#scripts[@]} scripts: fine"
