#!/usr/bin/env bash
# Includes run one way: cli -> report, decide, sweep -> verify, measure, store -> oracle, stats, io ->
# base -> kernels/include; the oracle and stats see neither kernels nor io. And programs load
# no library that they can do without.
set -euo pipefail
cd "${SOURCE:?}"
python3 - <<'END'
import glob, os, re, sys
allowed = {
    "base": [], "stats": ["base"], "oracle": ["base"], "io": ["base", "linkv"],
    "store": ["base", "stats", "linkv"], "verify": ["base", "oracle", "stats", "io", "linkv"],
    "measure": ["base", "stats", "io", "linkv"],
    "sweep": ["base", "stats", "oracle", "io", "store", "verify", "measure", "linkv"],
    "report": ["base", "stats", "store", "linkv"],
    "decide": ["base", "stats", "store", "linkv"],
    "cli": ["base", "stats", "oracle", "io", "store", "verify", "measure", "sweep", "report", "decide", "linkv"],
    "worker": ["base", "cli", "linkv"],
}
home, bad = {}, []
for path in glob.glob("harness/*/*.h") + glob.glob("harness/*/*.def"):
    name = os.path.basename(path)
    if name in home: bad.append(f"{path} and {home[name]}/{name} share a name")
    home[name] = path.split("/")[1]
for path in glob.glob("harness/*/*"):
    module = path.split("/")[1]
    if not path.endswith((".c", ".h", ".cc")): continue
    for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', open(path).read(), re.M):
        if ".." in name: bad.append(f"{path} includes {name}")
        target = "linkv" if name.startswith("linkv/") else home.get(name)
        if target in (None, module) : continue
        if target not in allowed[module]: bad.append(f"{path} ({module}) includes {name} ({target})")
for path in glob.glob("kernels/**/*.[ch]", recursive=True):
    text = open(path).read()
    for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.M):
        if name in home: bad.append(f"{path} includes {name} of the harness")
    if path != "kernels/driver.c" and re.search(r"#\s*pragma\s+omp|<omp.h>", text): bad.append(f"{path} uses OpenMP")
print("\n".join(bad) or "includes run one way")
sys.exit(bool(bad))
END
needed=$(readelf -d "${BUILD:?}/bin/linkv-worker")
! grep -E 'NEEDED.*(sqlite|zip|cyaml|blas)' <<<"$needed" ||
  { echo "FAILED: linkv-worker loads what a repetition does not need" >&2; exit 1; }
! readelf -d "$BUILD/bin/linkv" | grep -E 'NEEDED.*blas' ||
  { echo "FAILED: linkv loads OpenBLAS, which starts threads, for any command" >&2; exit 1; }
