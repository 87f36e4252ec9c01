#!/usr/bin/env bash
# Plots of a real sweep: well-formed SVG and PDF, every kernel in them, units on the axes.
. "$(dirname "$0")/common.sh"
cd "$work"
printf 'name: p\nrepetitions: 2\nmin_time: 0.001\naxes:\n  kernel: ["*"]\n  seq_len: [8..64]\n  head_dim: [8]\n' >c.yaml
expect 0 "$LINKV" sweep c.yaml --db p.db --quiet
expect 0 "$LINKV" plot --db p.db --output figures
python3 - "$LINKV" <<'END'
import glob, json, subprocess, sys, xml.dom.minidom
names = [k["name"] for k in json.loads(subprocess.check_output([sys.argv[1], "kernels", "--format", "json"]))]
for kind in ("time", "memory", "error", "tradeoff"):
    svgs = glob.glob(f"figures/{kind}_*.svg")
    assert len(svgs) == 1, (kind, svgs)
    text = xml.dom.minidom.parse(svgs[0]).toxml()
    for name in names: assert name in text, (kind, name)
    pdf = open(svgs[0][:-3] + "pdf", "rb").read()
    assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")
END
expect 4 "$LINKV" plot --db p.db --output figures --where "seq_len = 8" --kind time
echo "plots are whole"
