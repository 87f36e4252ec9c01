#!/usr/bin/env bash
# Every golden case through `linkv run` with every kernel: Y within float32 rounding (8 bits, where
# operands are bfloat16) of PyTorch's float64 where that is well conditioned; the oracle everywhere.
. "$(dirname "$0")/common.sh"
compare=$BUILD/tests/compare_npz
plugin=()
[ ! -e "$BUILD/tests/plugins/emulated.so" ] || plugin=(--plugin "$BUILD/tests/plugins/emulated.so")
mapfile -t kernels < <("$LINKV" kernels "${plugin[@]}" --format json | python3 -c '
import json, sys
print("\n".join(k["name"] for k in json.load(sys.stdin) if k["available"]))')
[ ${#kernels[@]} -ge 7 ] || fail "only ${#kernels[@]} kernels"

for file in "$SOURCE"/tests/golden/*.npz; do
  for kernel in "${kernels[@]}"; do
    expect 0 "$LINKV" run "${plugin[@]}" --kernel "$kernel" --input "$file" --output "$work/y.npz"
    case $kernel/$(basename "$file") in
      *_bf16/positive_* | *_bf16/bfloat16_*) "$compare" "$work/y.npz" Y "$file" Y_float64 1e-2 ;;
      *_bf16/*) ;; # too ill-conditioned for operands of 8 bits: judged below
      */positive_* | */bfloat16_*) "$compare" "$work/y.npz" Y "$file" Y_float64 2e-6 ;;
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
  code=0
  "$LINKV" verify "${plugin[@]}" --input "$file" --kernel '*_bf16' >"$work/out" || code=$?
  [ "$code" -eq 0 ] || [ "$code" -eq 5 ] || { cat "$work/out"; fail "bfloat16 exits with $code"; }
done

# A NaN in the inputs: what cannot be compared is said, and is no pass.
python3 - "$SOURCE/tests/golden/positive_b2_t24_h3_d8.npz" "$work" <<'END'
import struct, sys, zipfile
source = zipfile.ZipFile(sys.argv[1])
for name, token in (("late", 12), ("first", 0)):
    with zipfile.ZipFile(f"{sys.argv[2]}/{name}.npz", "w") as out:
        for member in source.namelist():
            data = bytearray(source.read(member))
            if member == "X.npy":
                start = len(data) - 2 * 24 * 24 * 4
                for batch in range(2):
                    struct.pack_into("<f", data, start + 4 * 24 * (24 * batch + token), float("nan"))
            out.writestr(member, bytes(data))
END
expect 0 "$LINKV" verify --input "$work/late.npz" --kernel scalar_row
grep -q "576 of 1152 elements not compared" "$work/out" || { cat "$work/out"; fail "a NaN goes unsaid"; }
expect 5 "$LINKV" verify --input "$work/first.npz" --kernel scalar_row
refused "array 'W_Q': float32 \\(24, 24\\) is not of the output's shape" \
  "$LINKV" verify --input "$SOURCE/tests/golden/positive_b2_t24_h3_d8.npz" --reference W_Q
refused "is input and output" "$LINKV" run --kernel scalar_row --input "$work/late.npz" --output "$work/late.npz"
echo "${#kernels[@]} kernels agree with PyTorch on the golden cases"
