#!/usr/bin/env bash
# The jobs of docs/ci.md, run as their servers would on branches that plant something, two builds each:
#   SOURCE=. tests/slow/recipes.sh [github|gitlab] [same|slower|wrong|broken|shallow|added ...]
# Two kernels at one length, of one of which scalar_row is changed. KEEP=FOLDER keeps what the jobs leave.
set -euo pipefail
source=$(realpath "${SOURCE:-.}")
servers=(github gitlab) cases=(same slower wrong broken shallow added)
case "${1:-}" in github | gitlab) servers=("$1"); shift ;; esac
[ $# -eq 0 ] || cases=("$@")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset LINKV # which ab_commits.sh would take
export GIT_CONFIG_GLOBAL=$work/gitconfig GIT_CONFIG_NOSYSTEM=1
git config --global user.name author
git config --global user.email author@localhost
git config --global init.defaultBranch main
git config --global advice.detachedHead false
git config --global uploadpack.allowAnySHA1InWant true
sed 's/--budget 1200/--budget 40/' "$source/docs/ci.md" >"$work/ci.md"

config() { sed -Ei "s/^( *kernel:).*/\1 [$1]/; s/^( *seq_len:).*/\1 [128]/" configs/ab.yaml; }

# The kernel does this after its work.
after_row() {
  python3 - "$1" <<'END'
import re, sys
path = "kernels/scalar/row.c"
text = open(path).read()
body = """#include <time.h>
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
static lkv_status changed(const lkv_problem *problem, const lkv_operands *operands, void *workspace, lkv_output y) {
  const double start = now();
  const lkv_status status = row_attention(problem, operands, workspace, y);
  const double end = now();
  (void)start, (void)end;
  %s
  return status;
}
const lkv_kernel lkv""" % sys.argv[1]
text = text.replace("const lkv_kernel lkv", body).replace(".attention = row_attention", ".attention = changed")
open(path, "w").write(text)
END
}

plant() {
  case $1 in
    same | shallow) echo >>README.md ;;
    slower) after_row 'while (now() < end + 0.1 * (end - start)) continue;' ;;
    wrong) after_row '((float *)y.data)[0] += 1;' ;;
    broken) git revert --no-edit main >/dev/null ;;
    added) config 'scalar_row, scalar_added'
      sed -i 's/^LKV_KERNEL(scalar_row, .*/&\nLKV_KERNEL(scalar_added, scalar\/added.c, "")/' kernels/kernels.def
      sed 's/scalar_row/scalar_added/' kernels/scalar/row.c >kernels/scalar/added.c ;;
    *) echo "no case '$1'" >&2; exit 2 ;;
  esac
}

for case in "${cases[@]}"; do
  rm -rf "$work/author"
  git clone -q "$source" "$work/author"
  (
    cd "$work/author"
    git checkout -q -B main
    config 'scalar_row, avx2_row'
    git commit -qam base
    [ "$case" != broken ] || { echo '#error does not build' >>kernels/scalar/row.c; git commit -qam 'does not build'; }
    git checkout -q -b feature/planted
    plant "$case"
    git add -A
    git commit -q --allow-empty -m "$case"
    git checkout -q -B merged main
    git merge -q --no-ff -m merged feature/planted
  )
  for server in "${servers[@]}"; do
    job=$work/$server-$case depth=(--depth=2) head=merged
    [ "$server" = github ] || { depth=(); head=feature/planted; }
    [ "$case" != shallow ] || depth=(--depth=1)
    git init -q "$job"
    (
      cd "$job"
      git fetch -q --no-tags "${depth[@]}" "file://$work/author" "$head"
      git checkout -q --force FETCH_HEAD
      base=$(git -C "$work/author" merge-base main feature/planted)
      code=0
      CI_MERGE_REQUEST_DIFF_BASE_SHA=$base python3 "$source/tests/e2e/recipe.py" "$work/ci.md" "$server" \
        >job.out 2>job.err || code=$?
      echo "== $case on $server: $(tail -n 1 job.out), the job $([ $code -eq 0 ] && echo passes || echo fails)" \
        "after $SECONDS s; $(find artifacts -type f -printf "%f " 2>/dev/null)"
      grep -E '^::|points in both| (slower|wrong|same)|only in|[.]sh: ' job.out job.err | cut -c1-200 || true
      [ -z "${KEEP:-}" ] || { mkdir -p "$KEEP/$server-$case"; cp -r job.* summary.* artifacts "$KEEP/$server-$case" 2>/dev/null || true; }
    )
    rm -rf "$job"
  done
done
