#!/usr/bin/env bash
# Installs what linkv needs on Debian 12 or later (Ubuntu 22.04 or later).
#   scripts/install_deps.sh         to build, test and plot
#   scripts/install_deps.sh --ci    also what .ci/run lints with
# Without root it uses sudo. On other systems it names what is missing.
set -euo pipefail

packages=(
  build-essential cmake ninja-build pkg-config git ca-certificates
  libbenchmark-dev libsqlite3-dev libcyaml-dev libyaml-dev libjansson-dev libzip-dev
  libopenblas-dev libcmocka-dev libmpfr-dev        # C libraries
  libsimde-dev                         # AVX-512 in portable C, for tests
  gnuplot-nox fonts-dejavu-core        # plots
  sqlite3 python3 python3-numpy python3-yaml procps libbenchmark-tools # end-to-end tests
)
ci_packages=(clang clang-format clang-tidy libomp-dev libclang-rt-dev shellcheck)

case "${1:-}" in
  "") ;;
  --ci) packages+=("${ci_packages[@]}") ;;
  *) echo "usage: scripts/install_deps.sh [--ci]" >&2; exit 2 ;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  missing=()
  for tool in cc c++ cmake ninja pkg-config git gnuplot sqlite3 python3; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  for module in benchmark sqlite3 libcyaml yaml-0.1 jansson libzip openblas cmocka mpfr; do
    pkg-config --exists "$module" 2>/dev/null || missing+=("$module (pkg-config)")
  done
  [ -e /usr/include/simde/x86/avx512.h ] || [ -e /usr/local/include/simde/x86/avx512.h ] ||
    missing+=("SIMDe (headers)")
  [ ${#missing[@]} -eq 0 ] && { echo "Everything linkv needs is there."; exit 0; }
  echo "This system has no apt. Install these by other means:" >&2
  printf '  %s\n' "${missing[@]}" >&2
  exit 1
fi

installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

wanted=()
for package in "${packages[@]}"; do
  installed "$package" || wanted+=("$package")
done
if [ ${#wanted[@]} -eq 0 ]; then
  echo "Every package linkv needs is installed."
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "Neither root nor sudo. Have an administrator run:" >&2
    echo "  apt-get install ${wanted[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
echo "Installing: ${wanted[*]}"
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -q --no-install-recommends "${wanted[@]}"
