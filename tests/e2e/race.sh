#!/usr/bin/env bash
# Races end with the right word and exit status; a factor of ten is no matter of noise.
. "$(dirname "$0")/common.sh"
cd "$work"
slow=$BUILD/tests/plugins/slow_kernels.so
race=(race --seq-len 32 --head-dim 32 --min-time 0.02 --seconds 1 --turn 0.001)
expect 1 "$LINKV" "${race[@]}" --kernel scalar_row --against scalar_per_step
grep -q '^{"verdict":"slower","ratio":[0-9]' out || { cat out; fail "ten times the time is not slower"; }
grep -q '"same_output":false' out || fail "other sums have the same bits"
expect 0 "$LINKV" "${race[@]}" --kernel scalar_per_step --against scalar_row
grep -q '"verdict":"faster"' out || { cat out; fail "a tenth of the time is not faster"; }
# Extra work leaves the bits alone.
code=0
"$LINKV" "${race[@]}" --plugin "$slow" --kernel slow_0 --against slow_20 >out || code=$?
[ $code -eq 1 ] || [ $code -eq 5 ] || { cat out; fail "20 % more work exits with $code"; }
grep -q '"same_output":true.*"status":"ok"' out || { cat out; fail "extra work changes the bits"; }
# A margin that all ratios are within: the same.
expect 0 "$LINKV" "${race[@]}" --kernel scalar_row --against scalar_row --margin 1000
grep -q '"verdict":"same"' out || { cat out; fail "a kernel differs from itself by more than a factor of 1000"; }
# What crashes is unsure.
faulty=$BUILD/tests/plugins/faulty_kernels.so
expect 5 "$LINKV" "${race[@]}" --plugin "$faulty" --kernel scalar_row --against faulty_segfault
grep -q '"verdict":"unsure".*"status":"crashed".*SIGSEGV' out || { cat out; fail "a crash is not told"; }
refused "no kernel 'nobody'" "$LINKV" "${race[@]}" --kernel scalar_row --against nobody
refused "against is missing" "$LINKV" "${race[@]}" --kernel scalar_row
echo "races end with the right word"
