#!/usr/bin/env bash
# The jobs of docs/ci.md, run as their servers would: every option, file and target in them is one, and what a person is
# shown. A stand-in for cmake takes a plug-in for the kernels of a commit; tests/slow/recipes.sh builds them.
. "$(dirname "$0")/common.sh"
cd "$work"
mkdir tree bin
cp -rL "$SOURCE/scripts" "$SOURCE/configs" "$SOURCE/CMakePresets.json" tree/
# Rounds that a test has time for.
sed -i -E 's/^min_time:.*/min_time: 0.01/; s/^( *kernel:).*/\1 [planted]/; s/^( *seq_len:).*/\1 [48]/' tree/configs/ab.yaml
sed 's/--max-slowdown 3% --budget 1200/--max-slowdown 300% --budget 0.5/' "$SOURCE/docs/ci.md" >ci.md
[ "$(grep -c -- '--max-slowdown 300% --budget 0.5 ' ci.md)" -eq 2 ] || fail "the margins and budgets of docs/ci.md are others"

# Packages are there; presets, options and targets are asked for, builds are files that the commit names.
cat >tree/scripts/install_deps.sh <<'END'
#!/usr/bin/env bash
for word; do grep -q -- "^  $word) " "$SOURCE/scripts/install_deps.sh" || exit 2; done
END
cat >bin/cmake <<'END'
#!/usr/bin/env bash
set -euo pipefail
while [ $# -gt 0 ]; do
  case $1 in
    --preset) "$CMAKE" --list-presets | grep -q "\"$2\""; build=build/$2; shift ;;
    --build | -B) build=$2; shift ;;
    --target) target=$2; shift ;;
    -S | -G) shift ;;
    -DLINKV_*=*) option=${1#-D}; grep -q "^${option%%=*}:" "$BUILD/CMakeCache.txt" ;;
    -DCMAKE_BUILD_TYPE=* | -DBUILD_SHARED_LIBS=*) ;;
    *) echo "cmake: what is $1?" >&2; exit 2 ;;
  esac
  shift
done
mkdir -p "$build/bin" "$build/kernels"
[ -n "${target:-}" ] || exit 0
ninja -C "$BUILD" -t query "$target" >/dev/null
case $target in
  linkv) ln -sf "$RACER" "$build/bin/linkv" ;;
  linkv_kernels) cp "$BUILD/tests/plugins/$(cat "$build/../library").so" "$build/kernels/liblinkv.so" ;;
esac
END
chmod +x bin/cmake
CMAKE=$(command -v cmake) RACER=$LINKV
export CMAKE RACER SOURCE BUILD
export -n LINKV # which ab_commits.sh would take
PATH=$work/bin:$PATH
for python in /usr/bin/python3 python3; do "$python" -c 'import yaml' 2>/dev/null && break; done
"$python" -c 'import yaml' || fail "no YAML for Python: python3-yaml"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
git=(git -c user.name=author -c user.email=author@localhost -c init.defaultBranch=main)

# commits BASE HEAD [KERNEL]: two commits in ./job, of the plug-ins of these names, the first `feature/50%`.
commits() {
  rm -rf job
  cp -r tree job
  cd job
  sed -i "s/planted/${3:-planted}/" configs/ab.yaml
  printf '/build/\n/ab.*\n/artifacts/\n/step.*\n/summary.*\n' >.gitignore
  "${git[@]}" init -q
  for library in "$1" "$2"; do
    echo "$library" >library
    "${git[@]}" add -A
    "${git[@]}" commit -q --allow-empty -m "$library"
  done
  "${git[@]}" branch 'feature/50%' HEAD~
  cd ..
}

# shows SERVER EXIT STATE: its job on ./job exits with EXIT and STATE, passes or fails.
shows() {
  local state=passes
  rm -rf job/ab.db job/artifacts job/summary.* job/build
  (cd job && CI_MERGE_REQUEST_DIFF_BASE_SHA=$("${git[@]}" rev-parse -q --verify HEAD~ || echo 0123abcd) \
    "$python" "$SOURCE/tests/e2e/recipe.py" ../ci.md "$1") >out 2>err || state=fails
  [ "$(tail -n 1 out) $state" = "exit $2 $3" ] || { cat out err; fail "$1: $(tail -n 1 out), $state, not $2, $3"; }
  # Every annotation is one.
  ! grep '::' out | grep -Evq '^::(notice|warning|error) title=linkv::[^:]' || { cat out; fail "no annotation"; }
  ! grep -Eq '%($|[^02])' <(grep '^::' out) || { cat out; fail "a bare % in an annotation"; }
}

# Markdown that is a table, and a blank line, and what it comes to.
summary() {
  awk -F'|' -v want="$1" '/^[|]/ { rows++; cells = cells ? cells : NF; bad = bad || NF != cells; next }
    rows && !blank { blank = $0 == ""; bad = bad || !blank }
    $0 ~ want { found = 1 }
    END { exit !(rows >= 3 && !bad && found) }' job/summary.*.md || { cat job/summary.*; fail "the summary does not show '$1'"; }
}

# JUnit as Jenkins and GitLab take it: known attributes, and what a person is told as text: "KIND WORDS" of the only case.
junit() {
  python3 - "$1" "$2" <<'END' || { cat job/artifacts/ab.xml; fail "JUnit does not show a case that is $1"; }
import sys, xml.etree.ElementTree as xml
suites = xml.parse("job/artifacts/ab.xml").getroot()
suite, = suites
case, = suite
assert (suites.tag, suite.tag, case.tag) == ("testsuites", "testsuite", "testcase")
assert set(suites.attrib) <= {"name", "time", "tests", "failures", "errors"}
assert {"name", "tests", "failures", "errors"} <= set(suite.attrib) <= {"name", "tests", "failures", "errors", "skipped"}
assert set(case.attrib) == {"name", "classname"}
assert [child.tag for child in case] == ([sys.argv[1]] if sys.argv[1] != "passed" else [])
assert all(sys.argv[2] in child.text and child.text == child.get("message") for child in case)
END
}

commits planted_0 planted_0
shows github 0 passes
grep -q '^::notice title=linkv::1 point in both: 1 same' out || { cat out; fail "no counts"; }
summary '1 same'
[ -s job/artifacts/ab.db ] || fail "no artifact"
shows gitlab 0 passes
junit passed ''
cp job/ab.db same.db
grep -q '1 point in both: 1 same' out || fail "the log has no table"
[ -s job/artifacts/ab.db ] || fail "no artifact"

commits planted_0 planted_900
shows github 1 fails
grep -q '^::error title=linkv::planted/.*: slower, ratio ' out || { cat out; fail "no error is shown"; }
summary '1 slower: fails'
[ -s job/artifacts/ab.db ] || fail "no artifact of what failed"
shows gitlab 1 fails
junit failure slower

commits faulty_kernels faulty_kernels faulty_zeros
shows github 3 fails
shows gitlab 3 fails
junit skipped wrong

# Neither the same nor anything else.
cp ci.md sure.md
sed -i 's/--max-slowdown 300%/--max-slowdown 0 --noise 1000%/' ci.md
commits planted_0 planted_0
shows github 0 passes
grep -q '^::warning title=linkv::planted/.*: unsure' out || { cat out; fail "no warning is shown"; }
summary '1 unsure'
shows gitlab 5 passes
junit skipped unsure
mv sure.md ci.md

commits nothing planted_0
shows github 2 fails
grep -q "^::error title=linkv::'HEAD^' does not build$" out || { cat out; fail "what does not build is not told"; }
shows gitlab 2 fails
grep -q "does not build$" err || fail "what does not build is not told"
[ ! -e job/artifacts/ab.db ] || fail "an artifact of nothing"
expect 2 env GITHUB_ACTIONS=true job/scripts/ab_commits.sh 'feature/50%' HEAD
grep -q "^::error title=linkv::'feature/50%25' does not build$" out || { cat out; fail "a name is not escaped"; }

mv job whole
git clone -q --depth 1 "file://$work/whole" job
shows github 2 fails
grep -q "^::error title=linkv::'HEAD^' is no commit here; of a shallow clone fetch more" out || { cat out; fail "no remedy"; }
shows gitlab 2 fails
grep -q "'0123abcd' is no commit here" err || fail "no remedy"

# The option that the page names by itself, and its last command: on the reference in place of what a server measured.
option=$(sed -n 's/^.\(--fail-on [a-z,]*\). leaves time out.*/\1/p' ci.md)
# shellcheck disable=SC2086 # words
expect 0 "$RACER" compare base head --db same.db ${option:?}
command=$(sed -n 's|^linkv \(compare tests/reference.*\) build/reference.db|\1 tests/reference/reference.jsonl|p' ci.md)
cd "$SOURCE"
# shellcheck disable=SC2086
expect 0 "$RACER" ${command:?}
echo "the jobs of docs/ci.md do what it says"
