#!/usr/bin/env bash
# The README's how-to, followed to the letter: one file, one line, and the kernel is in the
# list, the tests, a sweep and a plot.
. "$(dirname "$0")/common.sh"
mkdir "$work/tree"
(cd "$SOURCE" && tar -cf - --exclude=./build --exclude=./.git --exclude=./results --exclude=./plots/out .) |
  tar -xf - -C "$work/tree"
cd "$work/tree"
# The blocks of README.md that follow "<!-- howto: file PATH -->" and "<!-- howto: line PATH -->".
python3 - <<'END'
import re
text = open("README.md").read()
blocks = re.findall(r"<!-- howto: (file|line) (\S+) -->\n```\w*\n(.*?)```", text, re.S)
assert sorted(b[0] for b in blocks) == ["file", "line"], [b[:2] for b in blocks]
for kind, path, body in blocks:
    with open(path, "w" if kind == "file" else "a") as out: out.write(body)
END
name=$(tail -n 1 kernels/kernels.def | sed -n 's/^LKV_KERNEL(\([a-z0-9_]*\),.*/\1/p')
if [ -z "$name" ] || grep -q "($name," "$SOURCE/kernels/kernels.def"; then fail "the how-to adds no line to kernels.def"; fi
cc=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$BUILD/CMakeCache.txt")
# Bodies as written, lightly optimised: the build is most of this test.
cmake -G Ninja -B build -DCMAKE_C_COMPILER="$cc" -DCMAKE_BUILD_TYPE=None \
  -DCMAKE_C_FLAGS="-O1 -DLKV_PLAIN" >/dev/null
cmake --build build --target linkv unit_kernels_accuracy unit_kernels_edges >/dev/null
build/bin/linkv kernels | grep -q "^$name " || fail "'linkv kernels' misses $name"
ctest --test-dir build -R "kernel\.$name\." >"$work/log" 2>&1 || { cat "$work/log"; fail "the tests fail for $name"; }
grep -q "100% tests passed, 0 tests failed out of 3" "$work/log" || { cat "$work/log"; fail "CTest lacks tests of $name"; }
printf 'name: h\nrepetitions: 2\nmin_time: 0.001\naxes:\n  kernel: ["*"]\n  seq_len: [8..32]\n  head_dim: [8]\nexclude: [{kernel: "*_bf16"}]\n' >c.yaml
build/bin/linkv sweep c.yaml --db h.db --quiet >/dev/null
build/bin/linkv plot --db h.db --output p --kind time --format svg >/dev/null
grep -q "$name" p/time_*.svg || fail "the plot misses $name"
echo "$name: one file, one line"
