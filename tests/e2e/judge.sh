#!/usr/bin/env bash
# `linkv judge`: outputs of the notebook's classes are not wrong; spoilt ones are, and said
# where; what cannot be decided is no pass.
. "$(dirname "$0")/common.sh"
golden=$SOURCE/tests/golden

for file in "$golden"/*.npz; do
  for array in Y_naive Y_linear_mem Y_flash Y_flash_f64acc; do
    expect 0 "$LINKV" judge "$file" --output "$file" --array $array --explain
    grep -q "^verdict  *ok" "$work/out" || { cat "$work/out"; fail "no verdict"; }
  done
  expect 0 "$LINKV" judge "$file" --output "$file" --array Y_float64
done

# One element spoilt, in y.npz; all inputs NaN, in nan.npz.
case=$golden/positive_b2_t24_h3_d8.npz
expect 0 "$LINKV" run --kernel scalar_row --input "$case" --output "$work/good.npz"
python3 - "$work" "$case" <<'END'
import struct, sys, zipfile
work, case = sys.argv[1:]
def edit(source, to, name, change):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(to, "w") as new:
        for member in old.namelist():
            data = bytearray(old.read(member))
            if member == name + ".npy": change(data)
            new.writestr(member, bytes(data))
def nudge(data):
    at = len(data) - 4 * (24 * 24 - (5 * 24 + 8 + 3))  # b=1, t=5, h=1, c=3
    struct.pack_into("<f", data, at, 1.01 * struct.unpack_from("<f", data, at)[0])
def poison(data):
    start = len(data) - 4 * 2 * 24 * 24
    for i in range(2 * 24 * 24): struct.pack_into("<f", data, start + 4 * i, float("nan"))
edit(f"{work}/good.npz", f"{work}/y.npz", "Y", nudge)
edit(case, f"{work}/nan.npz", "X", poison)
edit(f"{work}/good.npz", f"{work}/allnan.npz", "Y", poison)
END
expect 0 "$LINKV" judge "$case" --output "$work/good.npz"
expect 3 "$LINKV" judge "$case" --output "$work/y.npz" --explain
grep -q "1 of 144 rows are WRONG" "$work/out" || { cat "$work/out"; fail "how many rows is not said"; }
grep -q "b=1 h=1 t=5 c=3 *WRONG" "$work/out" || { cat "$work/out"; fail "where it is wrong is not said"; }
expect 3 "$LINKV" judge "$case" --output "$work/allnan.npz" --explain
grep -q "^not finite *1152 NaN: b=0 h=0: 192 at t=0,1,2,3,... c=0,1,2,3,...;" "$work/out" ||
  { cat "$work/out"; fail "where it is not finite is not said"; }
expect 3 "$LINKV" judge "$work/nan.npz" --output "$work/good.npz"
expect 5 "$LINKV" judge "$work/nan.npz" --output "$work/allnan.npz"
expect 3 "$LINKV" judge "$case" --output "$work/y.npz" --explain --format json
python3 - "$work/out" <<'END'
import json, sys
v = json.load(open(sys.argv[1]))
assert v["verdict"] == "wrong" and v["r_stat_max"] > 1 and v["decided_share"] == 1, v
assert v["rows_wrong"] + v["rows_wrong_statistical"] == 1 and v["rows_ok"] == 143, v
assert v["worst_r_element"].startswith("y[b=1, t=5, h=1, c=3] = "), v
assert v["worst_r_bound"] > 0 and v["r_stat_median"] < v["r_stat_p999"] < 1, v
worst = v["worst"][0]
assert (worst["batch"], worst["token"], worst["head"], worst["column"]) == (1, 5, 1, 3), worst
assert worst["judgement"].startswith("WRONG") and worst["denominator"] > 0, worst
END

refused "no array 'Y'; name the output with --array, one of .*'W_Q'" "$LINKV" judge "$case" --output "$case"
python3 - "$case" "$work/nameless.npz" <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as old, zipfile.ZipFile(sys.argv[2], "w") as new:
    new.writestr(".npy", old.read(old.namelist()[0]))
END
refused "no array 'Y'; name the output with --array, one of ''$" "$LINKV" judge "$case" --output "$work/nameless.npz" --array Y
# A sample of the rows, and that it is one.
long=$golden/positive_b1_t96_h2_d32.npz
expect 0 "$LINKV" judge "$long" --output "$long" --array Y_flash --rows sampled
grep -qE "^rows  *[0-9]+, a sample of 192: [0-9]+ OK" "$work/out" || { cat "$work/out"; fail "a sample is not said"; }
expect 0 "$LINKV" verify --input "$long" --kernel scalar_row --rows sampled
grep -qE "a sample of [0-9]+ of 192 rows was judged" "$work/out" || { cat "$work/out"; fail "verify does not say so"; }
expect 0 "$LINKV" verify --input "$long" --kernel scalar_row --rows sampled --reference Y_float64
expect 0 "$LINKV" judge "$long" --output "$long" --array Y_flash
grep -q "^rows  *192: 192 OK" "$work/out" || { cat "$work/out"; fail "not all rows are judged"; }

# The block stage in two: operands projected elsewhere, here by NumPy in float32, beside the
# output, which is the attention over them by a kernel; then one of them spoilt.
numpy=
for candidate in python3 /usr/bin/python3; do
  if [ -z "$numpy" ] && "$candidate" -c "import numpy" 2>/dev/null; then numpy=$candidate; fi
done
if [ -n "$numpy" ]; then
  "$numpy" - "$work" "$case" <<'END'
import sys, numpy
work, case = sys.argv[1:]
c = dict(numpy.load(case))
x, heads = c["X"], int(c["num_heads"])
names = ("Q", "QK", "KK", "VK", "QV", "KV", "VV")
made = {n: (x @ c["W_" + n]).astype(numpy.float32).reshape(*x.shape[:2], heads, -1) for n in names}
numpy.savez(f"{work}/attention.npz", eps=c.get("eps", numpy.float64(1e-6)), **made)
END
  expect 0 "$LINKV" run --kernel scalar_row --input "$work/attention.npz" --output "$work/over.npz"
  "$numpy" - "$work" <<'END'
import sys, numpy
work = sys.argv[1]
made = dict(numpy.load(f"{work}/attention.npz")); made.pop("eps")
y = numpy.load(f"{work}/over.npz")["Y"]
y = y.reshape(*y.shape[:2], -1)
numpy.savez(f"{work}/two.npz", Y=y, **made)
made["KV"][1, 7, 2, 3] *= 1.001
numpy.savez(f"{work}/spoilt.npz", Y=y, **made)
y[0, 5, 1] *= 1.01
numpy.savez(f"{work}/partly.npz", Y=y, Q=made["Q"])
END
  expect 0 "$LINKV" judge "$case" --output "$work/two.npz"
  grep -q "^projections  *ok" "$work/out" || { cat "$work/out"; fail "projections are not judged"; }
  grep -q "^isolated  *ok" "$work/out" || { cat "$work/out"; fail "the attention is not judged by itself"; }
  expect 3 "$LINKV" judge "$case" --output "$work/spoilt.npz"
  grep -q "^verdict  *wrong" "$work/out" || { cat "$work/out"; fail "the verdict is not the stages'"; }
  grep -q "KV\[31, 19\] = .*, X W is" "$work/out" || { cat "$work/out"; fail "the projection is not named"; }
  expect 3 "$LINKV" judge "$case" --output "$work/spoilt.npz" --format json
  grep -q '"projections": "wrong"' "$work/out" || { cat "$work/out"; fail "JSON lacks the projections"; }
  refused "no array 'QK' beside the other projected operands" "$LINKV" judge "$case" --output "$work/partly.npz"
fi

# Denominators of V that float64 makes 0 at row 2: the oracle goes on in double-double.
python3 - "$work" <<'END'
import struct, sys, zipfile
def npy(shape, values):
    text = "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }" % (shape,)
    text += " " * (-(len(text) + 11) % 64) + "\n"
    head = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()
    return head + struct.pack(f"<{len(values)}f", *values)
rows = {o: [1, 1, 1] for o in ("Q", "QK", "KK", "VK", "QV")}
rows.update(KV=[2.0**70, 1, -2.0**70], VV=[3, 5, 3], Y=[3, 3, 5])
with zipfile.ZipFile(f"{sys.argv[1]}/again.npz", "w") as z:
    for name, values in rows.items(): z.writestr(name + ".npy", npy((3, 1), values))
END
expect 5 "$LINKV" judge "$work/again.npz" --output "$work/again.npz" --explain
grep -q "^rows again  *1 in double-double" "$work/out" || { cat "$work/out"; fail "what was computed again is not said"; }
grep -q "t=2 .*ILL-CONDITIONED  *5 .*double-double" "$work/out" || { cat "$work/out"; fail "which row was is not said"; }

refused "array 'W_Q' is \\(24, 24\\); the case's output is \\(2, 24, 24\\)" \
  "$LINKV" judge "$case" --output "$case" --array W_Q
refused "--output is missing" "$LINKV" judge "$case"
refused "0 case files are named" "$LINKV" judge --output "$case"
echo "outputs made elsewhere are judged"
