#!/usr/bin/env bash
# Bad input: one clear line, exit status 2, nothing written.
. "$(dirname "$0")/common.sh"
cd "$work"
golden=$SOURCE/tests/golden/single_head_n8_d4.npz

# Commands and options
refused "unknown command 'swoop'" "$LINKV" swoop
for command in kernels run verify time sweep export plot machine; do
  expect 0 "$LINKV" $command --help
  [ "$(sed -n '/^options:/,$p' out | awk 'length > 90' | wc -l)" -eq 0 ] || { cat out; fail "$command --help is wider than 90 columns"; }
  grep -q "usage: linkv $command" out || fail "$command --help does not show its usage"
  refused "unknown option '--nonsense'.*--help" "$LINKV" $command --nonsense
done
refused "a value is missing after '--kernel'" "$LINKV" time --kernel
refused "no kernel 'nope'; 'linkv kernels' lists" "$LINKV" time --kernel nope
refused "no regime 'gausian'; there are gaussian" "$LINKV" time --kernel scalar_row --regime gausian
for value in 0 -1 1.5 abc 99999999999999999999 ''; do
  refused "--seq-len '$value' is not a whole number" "$LINKV" time --kernel scalar_row --seq-len "$value"
done
refused "--stage 'blok' is not one of attention block" "$LINKV" time --kernel scalar_row --stage blok
for value in nan 0 -1 1e300 soon; do
  refused "--min-time '$value' is not a number of seconds over 0, up to 1000000" \
    "$LINKV" time --kernel scalar_row --min-time "$value"
done
refused "--turn 1 is longer than a round, --min-time 0.4" \
  "$LINKV" race --kernel scalar_row --against scalar_per_step --turn 1
refused "unexpected word 'scalar_row'" "$LINKV" time scalar_row
refused "--kernel is empty; give it K" "$LINKV" time --kernel ''
refused "--threads '4097' is not a whole number from 1 to 4096" "$LINKV" time --kernel scalar_row --threads 4097
refused "--error 1: a chance is below 1" "$LINKV" race --kernel scalar_row --against scalar_per_step --error 1
refused "--seeds goes without --laws" "$LINKV" verify --laws --seeds 1
refused "--rows goes without --laws" "$LINKV" verify --laws --rows all
expect 0 "$LINKV" race --help
[ "$(grep -Ec -- 'default 0.(4|05)' out)" -eq 1 ] || fail "a round's time has two defaults"

# Case files
run() { "$LINKV" run --kernel scalar_row --output y.npz "$@"; }
refused "none.npz: " run --input none.npz
printf 'not a zip' >junk.npz
refused "junk.npz: " run --input junk.npz
: >empty.npz
refused "empty.npz: " run --input empty.npz
head -c 3000 "$golden" >cut.npz
refused "cut.npz: " run --input cut.npz
refused "--tile-q: scalar_row has no such tile size; leave it out" run --input "$golden" --tile-q 3
refused "$SOURCE: " run --input "$SOURCE"
refused "no/such: |no/such" "$LINKV" run --kernel scalar_row --input "$golden" --output no/such/y.npz
[ -z "$(find . -name 'y.npz*')" ] || fail "an output was written"

# Configs
config() { printf 'name: t\naxes:\n  kernel: [%s]\n  seq_len: [%s]\n  head_dim: [4]\n%s\n' "$@" >c.yaml; }
sweep() { "$LINKV" sweep c.yaml --db t.db; }
sweep_well() { # whatever c.yaml says
  config scalar_row 8 ''
  sweep_with "$@"
}
sweep_with() { "$LINKV" sweep c.yaml --db t.db "$@"; }
config '"*"' 8 'where: "seq_len <"'
refused 'c.yaml:[0-9]+: where: .*SQL expression' sweep
config '"*"' 8 'where: "seq_ln < 3"'
refused "c.yaml:[0-9]+: where: there is no field 'seq_ln' .*; there are kernel, .*, default_tiles$" sweep
refused "--filter 'time_ns > 1': there is no field 'time_ns' .*, default_tiles$" sweep_well --filter "time_ns > 1"
config '"*"' 8 'where: "seq_len > 100"'
refused 'c.yaml:[0-9]+: where: leaves no point' sweep
config '"*"' 8 'repetition: 3'
refused 'c.yaml:6: repetition: unknown key' sweep
config '"*"' '8, twelve' ''
refused "c.yaml:4: axes.seq_len\[1\]: 'twelve' is not a whole number" sweep
config '"*"' '64..32' ''
refused "c.yaml:4: axes.seq_len\[0\]: '64..32'" sweep
config 'none_*' 8 ''
refused "'none_\*' matches no kernel" sweep
config '"*"' 8 'repetitions: 0'
refused "c.yaml:6: repetitions: '0' is not a whole number" sweep
for value in 2 0% -1% 101% abc% nan%; do
  config '"*"' 8 "precision: $value"
  refused "c.yaml:6: precision: '$value' is not a percentage such as 1%" sweep
  refused "--precision '$value' is not a percentage such as 1%" sweep_well --precision "$value"
done
for value in 0 -1 65 many 1.5; do
  config '"*"' 8 "max_repetitions: $value"
  refused "c.yaml:6: max_repetitions: '$value' is not a whole number" sweep
done
for value in 0s -5m 10d soon nan; do
  refused "--budget '$value' is not a time such as 90s, 10m or 1h" sweep_well --budget "$value"
done
printf 'name: t\naxes: [\n' >c.yaml
refused 'c.yaml:[0-9]+: not YAML' sweep
: >c.yaml
refused 'c.yaml: empty' sweep
refused 'a config is missing' "$LINKV" sweep
refused 'nowhere.yaml: No such file or directory; give a config' "$LINKV" sweep nowhere.yaml
[ ! -e t.db ] || fail "a refused sweep made a database"

# Databases
config '"scalar_row"' 8 ''
refused 'none.db: no such database' "$LINKV" export --db none.db
[ ! -e none.db ] || fail "export made a database"
refused 'junk.npz: ' "$LINKV" export --db junk.npz
refused 'junk.npz: ' "$LINKV" sweep c.yaml --db junk.npz
sqlite3 other.db 'CREATE TABLE t (x)'
refused "other.db: a database, but not linkv's" "$LINKV" export --db other.db
refused "other.db: a database, but not linkv's" "$LINKV" sweep c.yaml --db other.db
refused "no/dir.db: " "$LINKV" sweep c.yaml --db no/dir.db

# Exports
mkdir folder
echo '[]' >none.json
refused "folder: is a directory; give an export" "$LINKV" compare folder folder
refused "none.json: no row; give an export" "$LINKV" compare none.json none.json

# Plug-ins
refused "none.so': No such file or directory; name a shared object" "$LINKV" kernels --plugin ./none.so
refused "junk.npz" "$LINKV" kernels --plugin ./junk.npz
for plugin in "$BUILD"/tests/plugins/broken_*.so; do
  for command in kernels 'time --kernel scalar_row' 'sweep c.yaml --db t.db' \
    "verify --input $golden" "run --kernel scalar_row --input $golden --output y.npz"; do
    # shellcheck disable=SC2086
    refused "$(basename "$plugin")" "$LINKV" $command --plugin "$plugin"
  done
done
if [ -e t.db ] || [ -e y.npz ]; then fail "a refused plug-in left a file"; fi
# What cannot be printed is told.
for words in --help --version kernels; do
  got=0
  "$LINKV" $words >/dev/full 2>said || got=$?
  grep -q "No space left on device" said || fail "'$words' onto a full disk is not told"
  [ "$got" -eq 2 ] || fail "'$words' onto a full disk exits with $got"
done
echo "every refusal is one line and leaves nothing behind"
