#!/usr/bin/env bash
# Every golden case through `linkv run` with every kernel: Y within float32 rounding of
# PyTorch's float64 where that is well conditioned; the oracle everywhere.
. "$(dirname "$0")/common.sh"
compare=$BUILD/tests/compare_npz
mapfile -t kernels < <("$LINKV" kernels --format json | python3 -c '
import json, sys
for kernel in json.load(sys.stdin):
    if kernel["available"]: print(kernel["name"])')
[ ${#kernels[@]} -ge 7 ] || fail "only ${#kernels[@]} kernels"

for file in "$SOURCE"/tests/golden/*.npz; do
  for kernel in "${kernels[@]}"; do
    expect 0 "$LINKV" run --kernel "$kernel" --input "$file" --output "$work/y.npz"
    case $(basename "$file") in
      positive_* | bfloat16_*) "$compare" "$work/y.npz" Y "$file" Y_float64 2e-6 ;;
      *) "$compare" "$work/y.npz" Y "$file" Y_float64 1e-3 ;;
    esac
  done
  expect 0 "$LINKV" verify --input "$file" --reference Y_float64 --kernel scalar_row --format json
  python3 - "$work/out" <<'END'
import json, sys
rows = json.load(open(sys.argv[1]))
oracle = next(r for r in rows if r["kernel"] == "oracle")
assert oracle["max_err_of_largest"] <= 1e-9, oracle
assert oracle["max_rel_err"] <= 1e-9, oracle
assert oracle["nonfinite"] == 0, oracle
END
done
echo "${#kernels[@]} kernels agree with PyTorch on the golden cases"
