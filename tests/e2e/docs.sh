#!/usr/bin/env bash
# Every command of README.md and docs/ runs as printed, in order, page by page.
. "$(dirname "$0")/common.sh"
mkdir "$work/tree"
cd "$work/tree"
for entry in tests docs kernels plots scripts; do ln -s "$SOURCE/$entry" $entry; done
# Every point of the configs, twice and briefly: their times are not looked at.
mkdir configs
for config in "$SOURCE"/configs/*.yaml; do
  sed 's/^repetitions: .*/repetitions: 2/; s/^min_time: .*/min_time: 0.002/' "$config" >configs/"${config##*/}"
done
# Figures land in plots/out: a folder of our own, with the sources in it.
rm plots && mkdir plots && ln -s "$SOURCE"/plots/*.gp plots/
mkdir build && ln -s "$BUILD" build/release
PATH=$(dirname "$LINKV"):$PATH
python3 - "$SOURCE" >"$work/blocks" <<'END'
import glob, re, sys
root = sys.argv[1]
for page in [root + "/README.md"] + sorted(glob.glob(root + "/docs/*.md")):
    text = open(page).read()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M)
    blocks += [re.sub(r"^    ", "", b, flags=re.M)
               for b in re.findall(r"(?:^    (?:linkv|cc|scripts/|cmake|objdump) .*\n(?:^    .*\n)*)", text, re.M)]
    for block in blocks:
        # The two commands of the README are what runs this test; races take many minutes,
        # and PyTorch; a race of commits builds them.
        if re.search("quickstart.sh|compare_torch|ab_commits|old/liblinkv|results/(peak|latency|goals).db", block): continue
        # The test selftest.bugs, with a seed less.
        block = block.replace("linkv selftest --seeds 1\n", "")
        # Races that others disturb may tell nothing.
        block = re.sub(r"(linkv pick .* --check .*)", r"\1 || [ $? -eq 4 ]", block)
        block = re.sub(r"(linkv sweep configs/(?:peak|latency|goals).yaml)", r"\1 --dry-run", block)
        print(f"echo '-- {page[len(root) + 1:]}'\n{block}")
END
grep -q 'linkv sweep' "$work/blocks" || fail "no command was found"
bash -eux -o pipefail "$work/blocks" >"$work/log" 2>&1 </dev/null || {
  tail -n 25 "$work/log"
  fail "a command of the documentation does not run"
}
# Every config of docs/ is one; the YAML of ci.md is for servers (recipes.sh).
python3 - "$SOURCE" <<'END'
import glob, re, sys
count = 0
for page in sorted(set(glob.glob(sys.argv[1] + "/docs/*.md")) - {sys.argv[1] + "/docs/ci.md"}):
    for block in re.findall(r"^```yaml\n(.*?)^```", open(page).read(), re.S | re.M):
        count += 1
        open(f"config{count}.yaml", "w").write(block)
END
for config in config*.yaml; do expect 0 "$LINKV" sweep "$config" --dry-run; done
echo "$(grep -c '^+' "$work/log") commands of the documentation run"
