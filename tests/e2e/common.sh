# Shared by the end-to-end tests, which run the real binary: source it with
#   LINKV=path/to/linkv, SOURCE=the source tree, BUILD=the build tree in the environment.
# shellcheck shell=bash
set -euo pipefail
: "${LINKV:?}" "${SOURCE:?}" "${BUILD:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache # not the user's

fail() { echo "FAILED: $*" >&2; exit 1; }

# expect CODE COMMAND...: runs it; standard output and error go to $work/out and $work/err.
expect() {
  local want=$1 got=0
  shift
  "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
  [ "$got" -eq "$want" ] || {
    cat "$work/out" "$work/err" >&2
    fail "'$*' exits with $got, not $want"
  }
}

# refused WORDS COMMAND...: exit status 2, nothing on standard output, and one line on
# standard error that matches WORDS, an extended regular expression.
refused() {
  local words=$1
  shift
  expect 2 "$@"
  [ ! -s "$work/out" ] || { cat "$work/out" >&2; fail "'$*' is refused but prints results"; }
  [ "$(wc -l <"$work/err")" -eq 1 ] || { cat "$work/err" >&2; fail "'$*' says not one line"; }
  grep -Eq -- "$words" "$work/err" || { cat "$work/err" >&2; fail "'$*' does not say '$words'"; }
}

# query DB SQL: the answer.
query() { sqlite3 -batch "$1" "$2"; }
